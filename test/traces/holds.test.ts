import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { collectGarbage, purgeUnneeded } from '../../src/registry/collect-garbage.ts'
import { traceId, traceServer } from '../support/trace-server.ts'

/** Traces 1 to 4; 2 was made in the run of a version under a hold, and 3 is linked with it. */
async function heldTraces() {
  const s = await traceServer()
  const run = await s.post('runs/create', { experiment_id: s.experiment })
  const run_id: string = run.json.run.info.run_id
  await s.post('registered-models/create', { name: 'm' })
  const version = { name: 'm', source: `runs:/${run_id}/m`, run_id }
  expect((await s.post('model-versions/create', version)).status).toBe(200)
  for (const trace of [1, 3, 4]) await s.info({}, trace)
  await s.info({ trace_metadata: { 'mlflow.sourceRun': run_id } }, 2)
  await s.post('traces/link-to-run', { run_id, trace_ids: [traceId(3)] })
  const hold = '/api/v1/models/m/versions/1/hold'
  expect((await s.call('PUT', hold, { reason: 'a lawsuit' })).status).toBe(200)
  return {
    ...s,
    run_id,
    lift: () => s.platform.db.all(sql`delete from version_holds`),
    remove: (more: object) =>
      s.post('traces/delete-traces', { experiment_id: s.experiment, ...more }),
    async left(): Promise<number[]> {
      const rows = await s.platform.db.all<{ trace_id: string }>(
        sql`select trace_id from traces order by trace_id`,
      )
      return rows.map(({ trace_id }) => Number.parseInt(trace_id.slice(3), 16))
    },
  }
}

test('a trace of a version under a hold cannot be deleted by its id, nor others with it', async () => {
  const s = await heldTraces()
  const request_ids = [traceId(1), traceId(3)]
  const { status, json } = await s.remove({ request_ids })
  expect([status, json.error_code]).toEqual([403, 'PERMISSION_DENIED'])
  expect(json.message).toContain(`'${traceId(3)}'`)
  expect(json.message).not.toContain("'m'")
  expect(json.message).not.toContain('collection')
  expect(await s.left()).toEqual([1, 2, 3, 4])
  expect((await s.remove({ request_ids: [traceId(1)] })).json).toEqual({ traces_deleted: 1 })
  await s.lift()
  expect((await s.remove({ request_ids: [traceId(3)] })).json).toEqual({ traces_deleted: 1 })
  expect(await s.left()).toEqual([2, 4])
  const { json: log } = await s.call('GET', '/api/v1/audit?action=traces.deleted')
  const of = (trace: number) => ({ experiment: s.experiment, count: 1, traces: [traceId(trace)] })
  expect(log.items.map(({ before }: { before: object }) => before)).toEqual([of(3), of(1)])
})

test('what is sent of a held trace again takes it from no version, and of others it does', async () => {
  const s = await heldTraces()
  const other = (await s.post('runs/create', { experiment_id: s.experiment })).json.run.info.run_id
  const told = { 'mlflow.sourceRun': other, 'mlflow.modelId': 'm-1', note: 'new' }
  const metadataOf = async (trace: number) =>
    (await s.call('GET', `/api/3.0/mlflow/traces/${traceId(trace)}`)).json.trace.trace_info
      .trace_metadata
  for (const trace of [1, 2]) await s.info({ trace_metadata: told }, trace)
  expect(await metadataOf(1)).toMatchObject(told)
  expect(await metadataOf(2)).toMatchObject({ ...told, 'mlflow.sourceRun': s.run_id })
  const ended = await s.patch(`traces/${traceId(2)}`, {
    ...{ timestamp_ms: 1_800_000_000_000, status: 'OK' },
    request_metadata: [
      { key: 'mlflow.sourceRun', value: other },
      { key: 'note', value: 'newer' },
    ],
  })
  expect(ended.status, ended.text).toBe(200)
  expect(await metadataOf(2)).toMatchObject({ 'mlflow.sourceRun': s.run_id, note: 'newer' })
  expect((await s.remove({ request_ids: [traceId(2)] })).status).toBe(403)
  await s.lift()
  await s.info({ trace_metadata: told }, 2)
  expect(await metadataOf(2)).toMatchObject(told)
})

test('a delete by time leaves what is under a hold, and deletes so many of the others', async () => {
  const s = await heldTraces()
  const upTo = { max_timestamp_millis: 4_000_000_000_000 }
  expect((await s.remove({ ...upTo, max_traces: 1 })).json).toEqual({ traces_deleted: 1 })
  expect(await s.left()).toEqual([2, 3, 4])
  expect((await s.remove(upTo)).json).toEqual({ traces_deleted: 1 })
  expect((await s.remove(upTo)).json.traces_deleted ?? 0).toBe(0)
  expect(await s.left()).toEqual([2, 3])
})

test('an experiment that is purged stays while a trace in it is under a hold', async () => {
  const s = await heldTraces()
  const other = (await s.post('experiments/create', { name: 'other' })).json.experiment_id
  const trace_location = { mlflow_experiment: { experiment_id: other } }
  await s.info({ trace_location }, 8)
  await s.info({ trace_location, trace_metadata: { 'mlflow.sourceRun': s.run_id } }, 9)
  expect((await s.post('experiments/delete', { experiment_id: other })).status).toBe(200)
  const later = () => Date.now() + 3_600_000
  const purge = async () => {
    const collector = { ...s.platform, now: later, dryRun: false, graceMs: 0 }
    return (await collectGarbage(collector, later())).purged?.experiments
  }
  expect(await purge()).toBe(0)
  expect(await s.left()).toEqual([1, 2, 3, 4, 9])
  expect((await s.post('experiments/restore', { experiment_id: other })).status).toBe(200)
  expect((await s.post('experiments/delete', { experiment_id: other })).status).toBe(200)
  await s.lift()
  expect(await purge()).toBe(1)
  expect(await s.left()).toEqual([1, 2, 3, 4])
})

test('a collection that protects a version keeps none of its traces', async () => {
  const s = await heldTraces()
  await s.call('PUT', '/api/v1/collections/c', { protect: true })
  const linked = { model: 'm', version: '1' }
  expect((await s.call('POST', '/api/v1/collections/c/links', linked)).status).toBe(201)
  await s.lift()
  const removed = await s.remove({ request_ids: [2, 3].map(traceId) })
  expect(removed.json).toEqual({ traces_deleted: 2 })
})

test('experiments whose traces are all under a hold take no place of others that are purged', async () => {
  const s = await heldTraces()
  const experiments: string[] = []
  for (const name of ['held', 'free']) {
    experiments.push((await s.post('experiments/create', { name })).json.experiment_id)
  }
  for (const [i, experiment_id] of experiments.entries()) {
    const trace_location = { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id } }
    await s.info({ trace_location }, 10 + i)
  }
  await s.post('traces/link-to-run', { run_id: s.run_id, trace_ids: [traceId(10)] })
  for (const experiment_id of experiments) await s.post('experiments/delete', { experiment_id })
  const purged = await purgeUnneeded(
    { ...s.platform, dryRun: false, graceMs: 0 },
    { beforeMs: Date.now() + 1000, most: 1 },
    [],
  )
  expect(purged.experiments).toBe(1)
  expect(await s.left()).toEqual([1, 2, 3, 4, 10])
})
