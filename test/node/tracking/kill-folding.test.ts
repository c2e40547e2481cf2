import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { LibsqlFile } from '../../../src/platform/node/libsql/libsql-file.ts'
import { run, startServer, temporaryFolder } from '../../support/gatehouse-process.ts'
import { metrics, type Point, points } from '../../tracking/points.ts'

const lives = 4
const runsPerLife = 12

type Server = Awaited<ReturnType<typeof startServer>>

/** Of run `n`: some points that come together, and some that come alone. */
const together = (n: number) =>
  Array.from({ length: 300 + n }, (_, i): Point => [i, 1000 + i, i / 3 + n])
const alone = (n: number) =>
  Array.from({ length: 20 }, (_, i): Point => [400 + i, 2000 + i, -1 - i - n])

test('a process killed while it folds points loses none, and keeps none twice', async () => {
  const data = await temporaryFolder()
  const runs: string[] = []
  let server = await startServer(data)
  for (let life = 0; life < lives; life += 1) {
    for (let i = 0; i < runsPerLife; i += 1) runs.push(await endedRun(server, runs.length))
    // Late points of a run that may be folded already.
    await log(server, runs[life] ?? '', [[9000 + life, 9000 + life, life]])
    await server.stop('SIGKILL')
    await wakeFolding(data)
    const before = (await packsIn(data)).length
    server = await startServer(data)
    await expect
      .poll(async () => (await packsIn(data)).length, { interval: 1, timeout: 30_000 })
      .toBeGreaterThan(before)
    await server.stop('SIGKILL')
    await expectSound(data)
    server = await startServer(data)
    await expectWhole(server, runs, life + 1)
  }
  await server.stop()
  await wakeFolding(data)
  server = await startServer(data)
  await expect
    .poll(() => looseIn(data), { timeout: 30_000 })
    .toEqual({ chunks: 0, folded: runs.length })
  await expectWhole(server, runs, lives)
  await server.stop()
  const gc = await run(['gc', '--data', data, '--grace', '0s'])
  expect(gc.code, gc.err).toBe(0)
  server = await startServer(data)
  await expectWhole(server, runs, lives)
  await server.stop()
}, 240_000)

async function endedRun(server: Server, n: number): Promise<string> {
  const made = await server.post('runs/create', { experiment_id: '0', start_time: 1 })
  const runId: string = made.json.run.info.run_id
  await log(server, runId, together(n))
  for (let at = 0; at < 20; at += 5) await log(server, runId, alone(n).slice(at, at + 5))
  await server.post('runs/update', { run_id: runId, status: 'FINISHED', end_time: 2 })
  return runId
}

async function log({ post }: Server, run_id: string, some: readonly Point[]): Promise<void> {
  const { status, text } = await post('runs/log-batch', { run_id, metrics: metrics('m', some) })
  expect(status, text).toBe(200)
}

async function expectWhole({ get }: Server, runs: readonly string[], late: number): Promise<void> {
  for (const [n, runId] of runs.entries()) {
    const { json } = await get(`metrics/get-history?run_id=${runId}&metric_key=m`)
    const own: Point[] = n < late ? [[9000 + n, 9000 + n, n]] : []
    expect(points(json), `run ${n}`).toEqual([...together(n), ...alone(n), ...own])
  }
}

async function withDatabase<T>(data: string, use: (db: LibsqlFile) => Promise<T>): Promise<T> {
  const db = new LibsqlFile(join(data, 'gatehouse.db'))
  try {
    return await use(db)
  } finally {
    await db.close()
  }
}

/** The next process folds at once. */
function wakeFolding(data: string): Promise<unknown> {
  return withDatabase(data, (db) => db.all(sql`delete from metric_folding`))
}

function looseIn(data: string) {
  return withDatabase(data, (db) =>
    db.first(sql`select (select count(*) from metric_chunks) as chunks,
      (select count(distinct run) from folded_metrics) as folded`),
  )
}

async function packsIn(data: string): Promise<string[]> {
  const folder = join(data, 'artifacts', 'metrics')
  if (!existsSync(folder)) return []
  const names = await readdir(folder, { recursive: true })
  return names.map((name) => basename(name)).filter((name) => name.length === 32)
}

/** What rows name is there. */
async function expectSound(data: string): Promise<void> {
  await withDatabase(data, async (db) => {
    const named = await db.all<{ key: string }>(sql`select key from metric_packs`)
    expect(await packsIn(data)).toEqual(
      expect.arrayContaining(named.map(({ key }) => basename(key))),
    )
    expect(await db.all(sql`pragma integrity_check`)).toEqual([{ integrity_check: 'ok' }])
  })
}
