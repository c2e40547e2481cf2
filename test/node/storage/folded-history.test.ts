import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { sql } from 'drizzle-orm'
import { expect, test, vi } from 'vitest'
import { migrate } from '../../../src/db/migrate.ts'
import { migrations } from '../../../src/db/migrations.ts'
import { LibsqlFile } from '../../../src/platform/node/libsql/libsql-file.ts'
import { encodePoints } from '../../../src/tracking/history/chunk-codec.ts'
import { run, startServer, temporaryFolder } from '../../support/gatehouse-process.ts'
import { metrics, type Point, points } from '../../tracking/points.ts'

// Servers and the program start several times.
vi.setConfig({ testTimeout: 240_000 })

type Server = Awaited<ReturnType<typeof startServer>>

/** Points that meet in time, and one that JavaScript has no number for. */
const line = (from: number, to: number): Point[] =>
  Array.from({ length: to - from }, (_, i) => [
    ...[from + i, 1000 + Math.floor((from + i) / 3)],
    (from + i) % 10 === 9 ? 'NaN' : Math.sin(from + i),
  ]) as unknown as Point[]

async function historyOf(server: Server, runId: string, key: string) {
  const path = `metrics/get-history?run_id=${runId}&metric_key=${key}&max_results=25000`
  const { status, json, text } = await server.get(path)
  expect([status, text.includes('next_page_token')]).toEqual([200, false])
  return points(json)
}

/** Let a server that runs on `data` look at its runs again, and wait until all points are in packs. */
async function waitUntilFolded(data: string, segments: number): Promise<void> {
  const db = new LibsqlFile(join(data, 'gatehouse.db'))
  const kept = async () => {
    // Each time: a walk that was under way notes at its end that it rests for an hour.
    await db.all(sql`delete from metric_folding`)
    return db.first(sql`select
      (select count(*) from metrics) + (select count(*) from metric_chunks) as loose,
      (select count(*) from folded_metrics) as segments`)
  }
  await expect.poll(kept, { timeout: 120_000, interval: 500 }).toEqual({ loose: 0, segments })
  db.close()
}

const oldRun = 'a'.repeat(32)

/** A database as a release before `step` left it: with points that are a row each, and others that lie in one row. */
async function filledBefore(
  step: string,
  kept: { readonly rows: readonly Point[]; readonly chunk: readonly Point[] },
): Promise<string> {
  const data = await temporaryFolder()
  const db = new LibsqlFile(join(data, 'gatehouse.db'))
  const at = migrations.findIndex(({ name }) => name.includes(step))
  await migrate(db, migrations.slice(0, at))
  await db.batch({
    run: sql`insert into runs (id, run_id, experiment, name, user_id, status, lifecycle_stage,
        start_time_ms, end_time_ms, artifact_uri)
      values (1, ${oldRun}, 0, 'old', 'ann', 'FINISHED', 'active', 1, 2, 'mlflow-artifacts:/0/a')`,
    rows: kept.rows.map(
      ([at, time, value]) => sql`insert into metrics (run, key, timestamp_ms, step, value, is_nan)
        values (1, 'm', ${time}, ${at}, ${value === 'NaN' ? 0 : value}, ${value === 'NaN' ? 1 : 0})`,
    ),
    latest: sql`insert into latest_metrics (run, key, value, is_nan, step, timestamp_ms)
      values (1, 'm', 0, 1, 899, 1299)`,
    chunks: kept.chunk.length === 0 ? [] : [chunkStatement(kept.chunk)],
  })
  db.close()
  return data
}

function chunkStatement(points: readonly Point[]) {
  const kept = points.map(([step, timestampMs, value]) => ({
    ...{ step, timestampMs, value: Number(value) },
  }))
  const [first, last] = [kept.at(0), kept.at(-1)]
  return sql`insert into metric_chunks (run, key, first_ms, first_step, last_ms, last_step, body)
    values (1, 'm', ${first?.timestampMs}, ${first?.step}, ${last?.timestampMs}, ${last?.step},
      ${encodePoints(kept)})`
}

test.each([
  ['metric_chunks', line(0, 900), []],
  ['folded_metrics', line(0, 300), line(300, 900)],
])(
  'points that a release before %s has stored are folded, and read as they were',
  async (...of) => {
    const [step, rows, chunk] = of
    const data = await filledBefore(step, { rows, chunk })
    const server = await startServer(data)
    await waitUntilFolded(data, 1)
    expect(await historyOf(server, oldRun, 'm')).toEqual(line(0, 900))
    const { json } = await server.get(`runs/get?run_id=${oldRun}`)
    expect(points(json.run.data)).toEqual([[899, 1299, 'NaN']])
    await server.stop()
  },
)

/** A server with a version whose run has ended and is folded. */
async function foldedServer() {
  const data = await temporaryFolder()
  const server = await startServer(data)
  const created = await server.post('runs/create', { experiment_id: '0', start_time: Date.now() })
  const { run_id, artifact_uri } = created.json.run.info
  for (const key of ['loss', 'auc']) {
    for (let at = 0; at < 3000; at += 1000) {
      await server.post('runs/log-batch', { run_id, metrics: metrics(key, line(at, at + 1000)) })
    }
  }
  for (const [step, timestamp, value] of line(3000, 3020)) {
    await server.post('runs/log-metric', { run_id, key: 'auc', step, timestamp, value })
  }
  const proxy = `${server.url}/api/2.0/mlflow-artifacts/artifacts`
  const path = `${artifact_uri.replace('mlflow-artifacts:/', '')}/model/weights`
  await fetch(`${proxy}/${path}`, { method: 'PUT', body: 'weights' })
  await server.post('registered-models/create', { name: 'm' })
  await server.post('model-versions/create', { name: 'm', source: `${artifact_uri}/model`, run_id })
  await server.post('runs/update', { run_id, status: 'FINISHED', end_time: 2 })
  await waitUntilFolded(data, 1)
  return { data, server, runId: run_id as string }
}

/** As docs/operations.md has it: the database first, while the server runs, then the folder. */
async function backUp(data: string): Promise<string> {
  const copy = await temporaryFolder()
  const db = new DatabaseSync(join(data, 'gatehouse.db'))
  await backup(db, join(copy, 'gatehouse.db'))
  db.close()
  for (const name of ['artifacts', 'signing-key']) {
    await cp(join(data, name), join(copy, name), { recursive: true })
  }
  return copy
}

test('a backup of a server with folded runs has their points, and a promotion takes them along', async () => {
  const { data, server, runId } = await foldedServer()
  const copy = await backUp(data)
  await server.stop()
  const restored = await startServer(copy)
  expect(await historyOf(restored, runId, 'loss')).toEqual(line(0, 3000))
  expect(await historyOf(restored, runId, 'auc')).toEqual(line(0, 3020))

  const target = await startServer(await temporaryFolder())
  const env = { GATEHOUSE_SERVER: restored.url }
  const sent = await run(['promote', 'models:/m/1', '--to', target.url, '--json'], env)
  expect([sent.code, sent.err]).toEqual([0, expect.any(String)])
  const found = await target.get('experiments/get-by-name?experiment_name=promoted-m')
  const experiment_ids = [found.json.experiment.experiment_id]
  const { json } = await target.post('runs/search', { experiment_ids })
  const there = json.runs[0].info.run_id
  expect(await historyOf(target, there, 'loss')).toEqual(line(0, 3000))
  expect(await historyOf(target, there, 'auc')).toEqual(line(0, 3020))
  await Promise.all([restored.stop(), target.stop()])
})
