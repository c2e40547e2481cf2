import { expect } from 'vitest'
import type { Platform } from '../../src/platform/context.ts'
import { testServer } from '../support/server.ts'

/** A server with one run in experiment 0, and the calls that tests make on it. */
export async function startedRun(body: object = {}, overrides: Partial<Platform> = {}) {
  const server = await testServer(overrides)
  const created = await server.post('runs/create', { experiment_id: '0', ...body })
  expect(created.status, created.text).toBe(200)
  const runId = created.json.run.info.run_id as string
  return {
    ...server,
    runId,
    /** POST below `runs/` with the run's id. */
    log: (path: string, fields: object) =>
      server.post(`runs/${path}`, { run_id: runId, ...fields }),
    /** The run as runs/get answers it. */
    run: async (id = runId) => (await server.get(`runs/get?run_id=${id}`)).json.run,
    history: async (key: string, query = '') =>
      (await server.get(`metrics/get-history?run_id=${runId}&metric_key=${key}${query}`)).json,
  }
}

/** `[{key, value}]` as an object. */
export function asObject(pairs: readonly { key: string; value: unknown }[] | undefined) {
  return Object.fromEntries((pairs ?? []).map(({ key, value }) => [key, value]))
}
