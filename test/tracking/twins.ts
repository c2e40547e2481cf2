import fc from 'fast-check'
import { expect } from 'vitest'
import type { Platform } from '../../src/platform/context.ts'
import { readMetricSeries } from '../../src/tracking/run-data/metric-series.ts'
import { contextOf } from '../support/accounts.ts'
import { startedRun } from './started-run.ts'

/** Times and steps that meet, doubles that have neighbours, and what is at the ends. */
const steps = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.constantFrom(-1, '9223372036854775807', '-9223372036854775808', '9007199254740993'),
)
const times = fc.oneof(
  fc.integer({ min: 0, max: 30 }),
  fc.constantFrom(1_700_000_000_000, '9223372036854775807', '9007199254740993'),
)
const values = fc.constantFrom('NaN', 'Infinity', '-Infinity', 0, '-0.0', 0.1, 0.3, -1, 2, 1e-310)
const anyPoint = fc.tuple(steps, times, values)
export const batches = fc.array(fc.array(anyPoint, { minLength: 1, maxLength: 60 }), {
  minLength: 1,
  maxLength: 8,
})

export type AnyPoint = readonly [
  step: number | string,
  time: number | string,
  value: number | string,
]

const wire = (batch: readonly AnyPoint[]) =>
  batch.map(([step, timestamp, value]) => ({ key: 'm', step, timestamp, value }))

/** A run that gets points as they come, and its twin, to which they come in pieces that are rows. */
export async function twins(overrides: Partial<Platform> = {}) {
  const server = await startedRun({}, overrides)
  const { post, get, platform } = server
  const create = async () =>
    (await post('runs/create', { experiment_id: '0' })).json.run.info.run_id as string
  const log = async (run_id: string, batch: readonly AnyPoint[]) =>
    expect((await post('runs/log-batch', { run_id, metrics: wire(batch) })).json).toEqual({})
  const logTo = {
    run: log,
    twin: async (runId: string, batch: readonly AnyPoint[]) => {
      for (let at = 0; at < batch.length; at += 7) await log(runId, batch.slice(at, at + 7))
    },
  }
  const text = async (path: string, runId: string) =>
    (await get(path.replaceAll('RUN', runId))).text.replaceAll(runId, 'RUN')
  const latestIn = async (runId: string) =>
    /"metrics":\[[^\]]*\]/.exec(await text('runs/get?run_id=RUN', runId))?.[0]
  const pagesOf = async (runId: string, size: number) => {
    const pages: string[] = []
    for (let token = ''; pages.length < 1000; ) {
      const path = `metrics/get-history?run_id=${runId}&metric_key=m&max_results=${size}`
      const { json } = await get(`${path}&page_token=${token}`)
      pages.push(JSON.stringify(json.metrics))
      token = json.next_page_token ?? ''
      if (token === '') return pages
    }
    throw new Error('The pages do not end')
  }
  const series = (runId: string, x: 'step' | 'time') =>
    readMetricSeries(contextOf(platform), {
      ...{ runIds: [runId], keys: ['m'], x, bucketsMax: 1000 },
    })
  return { ...server, create, logTo, text, latestIn, pagesOf, series }
}

export const reads = [
  'metrics/get-history?run_id=RUN&metric_key=m',
  'metrics/get-history-bulk?run_id=RUN&metric_key=m&max_results=25000',
  'metrics/get-history-bulk?run_id=RUN&metric_key=m&max_results=11',
  'metrics/get-history-bulk-interval?run_ids=RUN&metric_key=m&max_results=7',
  'metrics/get-history-bulk-interval?run_ids=RUN&metric_key=m&start_step=3&end_step=20&max_results=50',
]
