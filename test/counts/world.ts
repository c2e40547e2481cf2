import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { countedPlatform } from '#platform'
import { runBackgroundWork } from '../../src/background.ts'
import type { Platform } from '../../src/platform/context.ts'
import { foldMetrics } from '../../src/tracking/folding/fold-metrics.ts'
import { rankMetrics } from '../../src/tracking/ranking/rank-metrics.ts'
import { seedRuns } from '../search/seed.ts'
import { admin, adminPassword, authServer } from '../support/auth-server.ts'
import type { Client, Json, Reply } from '../support/client.ts'
import type { Counts } from '../support/counts.ts'
import { otlpOf } from '../support/trace-server.ts'

export type CountedWorld = Awaited<ReturnType<typeof countedWorld>>

type Growth = { readonly runs: number; readonly models: number; readonly versions: number }

const proxy = '/api/2.0/mlflow-artifacts/artifacts'
const megabyte = 'x'.repeat(2 ** 20)

/**
 * A server with access control, asked by a user with an access token: a run with a metric of 10,000
 * points and a file of 1 MB, and a model with a version of it. Whatever is counted is the same each
 * time, since ids come one after another and the clock stands.
 */
export async function countedWorld() {
  const { platform: fresh, counter } = await countedPlatform()
  let ids = 0
  const s = await authServer({
    ...fresh,
    randomId: () => `c${(++ids).toString(16).padStart(31, '0')}`,
    settings: {
      ...fresh.settings,
      auth: true,
      firstAdmin: { name: 'admin', password: adminPassword },
    },
  })
  await s.whoami(admin)
  const { bearer } = await s.token(await s.user('rita'))
  const rita = s.as(bearer)
  const made = await taken(rita.post('experiments/create', { name: 'e' }))
  const experimentId: string = made.experiment_id
  await restFolding(s.platform)
  const main = await startRun(rita, experimentId)
  for (let batch = 0; batch < 10; batch++) {
    const metrics = pointsOf(batch, ['history'])
    await taken(rita.post('runs/log-batch', { run_id: main.runId, metrics }))
  }
  await taken(rita.post('registered-models/create', { name: 'm' }))
  const single = await startRun(rita, experimentId)
  const source = { name: 'm', source: 's3://bucket/model', run_id: single.runId }
  await taken(rita.post('model-versions/create', source))
  const world = {
    rita,
    platform: s.platform,
    experimentId,
    ...main,
    /** A run of which one version was made. */
    single,
    /** A run that has logged nothing. */
    another: main,
    startAnother: async (): Promise<void> => {
      world.another = await startRun(rita, experimentId)
    },
    /** Another run with 10,000 points, which has ended, and is the next to be folded and ranked. */
    endAnother: async (keys: readonly string[], pointsOfCall: number): Promise<void> => {
      await world.startAnother()
      const { runId } = world.another
      for (let batch = 0; batch < 10; batch++) {
        const metrics = pointsOf(batch, keys)
        for (let at = 0; at < metrics.length; at += pointsOfCall) {
          const some = metrics.slice(at, at + pointsOfCall)
          await taken(rita.post('runs/log-batch', { run_id: runId, metrics: some }))
        }
      }
      await taken(
        rita.post('runs/update', {
          run_id: runId,
          status: 'FINISHED',
          end_time: 1_700_000_000_000,
        }),
      )
      await s.platform.db.all(sql`update metric_folding set next_at_ms = 0,
        next_run = (select id from runs where run_id = ${runId})`)
      await s.platform.db.all(sql`update metric_ranking set next_at_ms = 0,
        after_experiment = ${Number(experimentId)},
        after_run = (select id - 1 from runs where run_id = ${runId})`)
    },
    foldAndRank: async (): Promise<void> => {
      await foldMetrics(s.platform)
      await rankMetrics(s.platform)
    },
    /** Send a file of 1 MB, or read one. */
    file: async (method: 'PUT' | 'GET', path: string): Promise<void> => {
      const body = method === 'PUT' ? { body: megabyte } : {}
      const headers = { authorization: bearer }
      const res = await s.app.request(`${proxy}/${path}`, { method, headers, ...body })
      const { byteLength } = await res.arrayBuffer()
      if (method === 'GET') expect(byteLength).toBe(megabyte.length)
      expect(res.status).toBe(200)
    },
    /** Send a trace of 20 spans in one request. */
    trace: async (trace: number): Promise<void> => {
      const spans = Array.from({ length: 20 }, (_, i) => ({
        ...{ trace, id: trace * 100 + i, name: `step ${i % 5}`, type: 'TOOL' },
        ...(i === 0 ? {} : { parent: trace * 100 }),
        attributes: { 'mlflow.spanInputs': { question: `what is ${i}?` } },
      }))
      const res = await s.app.request('/v1/traces', {
        method: 'POST',
        headers: {
          authorization: bearer,
          'content-type': 'application/json',
          'x-mlflow-experiment-id': experimentId,
        },
        body: JSON.stringify(otlpOf(spans)),
      })
      expect(res.status).toBe(200)
    },
    register: (name: string): Promise<Json> =>
      taken(rita.post('model-versions/create', { name, source: main.root, run_id: main.runId })),
    /** So many more runs of the experiment, models, and versions of the first model. */
    async grow({ runs, models, versions }: Growth): Promise<void> {
      const seeded = Array.from({ length: runs }, (_, i) => runOf(i))
      const seededIds = await seedRuns(s.platform.db, Number(experimentId), seeded)
      // As the background does ten minutes after they have ended.
      await s.platform.db.all(sql`update runs set unranked_at_ms = null
        where id in (select value from json_each(${JSON.stringify(seededIds)}))`)
      for (let i = 0; i < models; i++) {
        const name = `other-${++ids}`
        await taken(rita.post('registered-models/create', { name }))
        await world.register(name)
      }
      for (let i = 0; i < versions; i++) await world.register('m')
      await world.settle()
    },
    /** Each job does a bounded part of its work at a time: often enough to leave nothing of what is counted here. */
    settle: async (): Promise<void> => {
      for (let round = 0; round < 5; round++) await runBackgroundWork(s.platform)
    },
    /** What some work costs. */
    async costOf(work: () => Promise<unknown>): Promise<Counts> {
      counter.take()
      await work()
      return counter.take()
    },
  }
  await world.file('PUT', `${main.folder}/model.pkl`)
  return world
}

/** Runs are folded and ranked when a test says so. */
async function restFolding({ db, now }: Platform): Promise<void> {
  await db.all(
    sql`insert into metric_folding (id, next_run, next_at_ms) values (1, 0, ${now() + 3_600_000})`,
  )
  await db.all(sql`insert into metric_ranking (id, after_experiment, after_run, next_at_ms)
    values (1, -1, 0, ${now() + 600_000})`)
}

/** The answer's body. */
export async function taken(reply: Promise<Reply>): Promise<Json> {
  const { status, text, json } = await reply
  expect([status, status < 300 ? '' : text]).toEqual([status, ''])
  return json
}

async function startRun(client: Client, experimentId: string) {
  const { run } = await taken(
    client.post('runs/create', { experiment_id: experimentId, start_time: 1 }),
  )
  const root: string = run.info.artifact_uri
  return {
    runId: String(run.info.run_id),
    root,
    folder: root.replace('mlflow-artifacts:/', ''),
  }
}

/** A thousand points of these metrics, at steps that come after those of the batches before. */
export function pointsOf(batch: number, keys: readonly string[]) {
  const steps = 1000 / keys.length
  return Array.from({ length: 1000 }, (_, i) => ({
    key: keys[i % keys.length],
    value: i / 7,
    timestamp: 1_700_000_000_000 + batch,
    step: batch * steps + Math.floor(i / keys.length),
  }))
}

function runOf(i: number) {
  return {
    name: `run-${i}`,
    startTimeMs: 1_600_000_000_000 + i,
    metrics: { loss: i / 3, accuracy: (i % 10) / 10, f1: i, auc: i, epoch: 1 },
    params: { model: `m${i % 20}`, lr: '0.1', depth: '3', seed: `${i}`, data: 'd' },
    tags: { 'mlflow.user': 'rita', team: 'risk', kind: 'nightly', host: 'h1' },
  }
}
