import { sql } from 'drizzle-orm'
import fc from 'fast-check'
import { beforeEach, expect, test } from 'vitest'
import { type SeededRun, seedRuns } from '../../search/seed.ts'
import { testServer } from '../../support/server.ts'

let server: Awaited<ReturnType<typeof testServer>>

beforeEach(async () => {
  server = await testServer()
})

type Search = {
  readonly order_by: readonly string[]
  readonly filter?: string
  readonly run_view_type?: string
  readonly max_results: number
}

/** Of more than ten experiments a search sorts all runs. */
const unknown = Array.from({ length: 10 }, (_, i) => `${999_990 + i}`)

/** Names of all pages. */
async function allPages(search: Search, experiment_ids: readonly string[]): Promise<string[]> {
  const names: string[] = []
  let page_token: string | undefined
  do {
    const body = { ...search, experiment_ids, page_token }
    const { status, json } = await server.post('runs/search', body)
    expect([search, status, json?.message]).toEqual([search, 200, undefined])
    const runs: { info: { run_name: string } }[] = json.runs ?? []
    expect(runs.length).toBeLessThanOrEqual(search.max_results)
    names.push(...runs.map(({ info }) => info.run_name))
    page_token = json.next_page_token
  } while (page_token !== undefined && names.length < 1000)
  return names
}

async function expectSorted(search: Search, experiments: readonly string[] = ['0']): Promise<void> {
  const walked = await allPages(search, experiments)
  const sorted = await allPages(search, [...experiments, ...unknown])
  expect([search, walked]).toEqual([search, sorted])
}

/** By their keys (`runs.id`). */
function rank(ids: readonly number[]): Promise<unknown> {
  return server.platform.db.all(sql`update runs set unranked_at_ms = null
    where id in (select value from json_each(${JSON.stringify(ids)}))`)
}

/** What is ranked differs from what should be: empty. */
function wronglyRanked(): Promise<unknown[]> {
  const is = sql`select experiment, key, is_nan, value, start_time_ms, run from ranked_metrics`
  const should = sql`select r.experiment, l.key, l.is_nan, l.value, r.start_time_ms, l.run
    from runs r join latest_metrics l on l.run = r.id where r.unranked_at_ms is null`
  return server.platform.db.all(sql`select * from (${is} except ${should})
    union all select * from (${should} except ${is})`)
}

const value = fc.constantFrom(
  ...[Number.NaN, Number.NaN, Number.MAX_VALUE, -Number.MAX_VALUE],
  ...[-5.5, 0, 0, 1, 1, 1, 2.25, 1e-300],
)
const run = fc.record({
  ...{ loss: fc.option(value), acc: fc.option(value) },
  startTimeMs: fc.constantFrom(0, 1, 2, 3),
  lr: fc.option(fc.constantFrom('a', 'b', '\u{1f600}', '\uffee')),
  ...{ experiment: fc.nat(3), endTimeMs: fc.option(fc.constantFrom(0, 1, 2, 1_700_000_000_000)) },
  ...{ isDeleted: fc.nat(4).map((n) => n === 0), isRanked: fc.nat(3).map((n) => n > 0) },
})
const search = fc.record({
  order_by: fc.constantFrom(
    ...[['metrics.loss'], ['metrics.loss DESC'], ['metric.loss ASC', 'metrics.acc DESC']],
    ...[
      ['metrics.loss DESC', 'params.lr'],
      ['metrics.acc DESC', 'start_time ASC'],
      ['metrics.loss', 'params.lr DESC', 'end_time DESC'],
    ],
    ...[['end_time'], ['end_time DESC'], ['attributes.end_time DESC', 'metrics.loss']],
    ...[
      ['attribute.end_time', 'params.lr'],
      ['end_time DESC', 'start_time'],
    ],
    ...[['metrics.none'], ['metrics.loss desc', 'end_time', 'run_id DESC']],
  ),
  filter: fc.constantFrom(
    ...['', '', 'metrics.loss < 1', 'metrics.loss >= 0 and metrics.loss != 1', 'metric.loss != 1'],
    ...["params.lr = 'a'", "params.lr != 'a' and metrics.loss > -9", 'metrics.acc = 1'],
    ...['end_time > 0', 'attributes.end_time <= 1 and metrics.loss = 1', "status = 'RUNNING'"],
    ...['metrics.loss > 1e400', 'metrics.loss < 1e400 and metrics.loss > 0', "tags.k = 'no'"],
  ),
  run_view_type: fc.constantFrom('ACTIVE_ONLY', 'ACTIVE_ONLY', 'DELETED_ONLY', 'ALL'),
  max_results: fc.constantFrom(1, 2, 3, 7, 100),
})

const ofExperiments = fc.shuffledSubarray(['0', '1', '2', '3', '999980'], { minLength: 1 })

type DrawnRun = typeof run extends fc.Arbitrary<infer T> ? T : never

const seedOf = ({ loss, acc, lr, ...given }: DrawnRun, i: number): SeededRun => ({
  name: `r${i}`,
  startTimeMs: given.startTimeMs,
  ...(given.endTimeMs !== null && { endTimeMs: given.endTimeMs }),
  // Ids in another order than the keys.
  runId: ((i * 7919 + 13) % 10007).toString(16).padStart(32, '0'),
  metrics: { ...(loss !== null && { loss }), ...(acc !== null && { acc }) },
  ...(lr !== null && { params: { lr } }),
  ...(given.isDeleted && { deleted: true as const }),
})

test('ordered by a metric or the end, pages are those of a sort of all runs, whichever of them are ranked', async () => {
  const { db } = server.platform
  for (const name of ['a', 'b', 'c']) await server.post('experiments/create', { name })
  const all = fc.record({
    runs: fc.array(run, { minLength: 40, maxLength: 80 }),
    searches: fc.array(fc.tuple(search, ofExperiments), { minLength: 6, maxLength: 6 }),
  })
  await fc.assert(
    fc.asyncProperty(all, async ({ runs, searches }) => {
      await db.all(sql`delete from runs`)
      expect(await db.all(sql`select 1 from ranked_metrics`)).toEqual([])
      const seeds = runs.map((one, i) => ({ ...one, seed: seedOf(one, i) }))
      for (const experiment of [0, 1, 2, 3]) {
        const own = seeds.filter((one) => one.experiment === experiment)
        const seeded = own.map(({ seed }) => seed)
        const ids = await seedRuns(db, experiment, seeded)
        await rank(ids.filter((_, i) => own[i]?.isRanked))
      }
      for (const [one, experiments] of searches) await expectSorted(one, experiments)
    }),
    { numRuns: 30 },
  )
}, 120_000)

test('what is logged to ranked runs, imported or deleted, leaves each in its place', async () => {
  const { db } = server.platform
  const ids: string[] = []
  for (let i = 0; i < 6; i += 1) {
    const { json } = await server.post('runs/create', { experiment_id: '0', run_name: `r${i}` })
    ids.push(json.run.info.run_id)
  }
  const log = (i: number, key: string, value: number | string, step: number) =>
    server.post('runs/log-metric', { run_id: ids[i], key, value, step, timestamp: 1 })
  const loss: Search = { order_by: ['metrics.loss'], max_results: 2 }
  for (let i = 0; i < 6; i += 1) await log(i, 'loss', i, 0)
  await rank([1, 2, 3, 4, 5])
  expect(await db.all(sql`select 1 from ranked_metrics`)).toHaveLength(5)
  expect(await allPages(loss, ['0'])).toEqual(['r0', 'r1', 'r2', 'r3', 'r4', 'r5'])
  await log(0, 'loss', 9, 1)
  await log(1, 'other', 1, 0)
  await log(2, 'loss', 'NaN', 1)
  await log(3, 'loss', 7, -1)
  await server.post('runs/log-parameter', { run_id: ids[4], key: 'p', value: 'x' })
  expect(await wronglyRanked()).toEqual([])
  expect(await db.all(sql`select run from ranked_metrics`)).toEqual([{ run: 5 }])
  expect(await allPages(loss, ['0'])).toEqual(['r1', 'r3', 'r4', 'r5', 'r0', 'r2'])
  await rank([1, 2, 3])
  expect(await wronglyRanked()).toEqual([])
  await server.post('runs/delete', { run_id: ids[4] })
  expect(await allPages(loss, ['0'])).toEqual(['r1', 'r3', 'r5', 'r0', 'r2'])
  await db.all(sql`delete from runs where id in (2, 5)`)
  expect(await wronglyRanked()).toEqual([])
  expect(await allPages(loss, ['0'])).toEqual(['r3', 'r5', 'r0', 'r2'])
})

test('a filter that leaves out thousands of runs finds those behind them', async () => {
  const { db } = server.platform
  const many = 21_000
  const numbers = sql`with recursive n (i) as (select 1 union all select i + 1 from n where i < ${many})`
  await db.batch({
    runs: sql`${numbers} insert into runs (id, run_id, experiment, name, user_id, status, start_time_ms,
        end_time_ms, artifact_uri, lifecycle_stage)
      select i, printf('%032x', i), 0, 'r' || i, iif(i > 20990, 'last', 'u'), 'FINISHED', i, i, '', 'active' from n`,
    metrics: sql`${numbers} insert into latest_metrics (run, key, value, is_nan, step, timestamp_ms)
      select i, m.key, iif(m.key = 'same', 1, i), 0, 1, 1 from n
      cross join (select 'loss' as key union all select 'same') m`,
  })
  await rank(Array.from({ length: many }, (_, i) => i + 1))
  // These are found at once, but come behind all those.
  await db.batch({
    runs: sql`insert into runs (run_id, experiment, name, user_id, status, start_time_ms, artifact_uri, lifecycle_stage)
      select run_id || 'x', experiment, name || 'x', user_id, status, 0, '', 'active' from runs where user_id = 'last'`,
    metrics: sql`insert into latest_metrics (run, key, value, is_nan, step, timestamp_ms)
      select id, 'loss', iif(id % 2, 1, -1) * 30000.0 + id, 0, 1, 1 from runs where start_time_ms = 0`,
  })
  const filter = "user_id = 'last'"
  for (const order_by of [
    ...[['metrics.loss'], ['metrics.loss DESC'], ['metrics.same']],
    ...[['end_time'], ['end_time DESC']],
  ]) {
    await expectSorted({ order_by, filter, max_results: 4 })
    await expectSorted({ order_by, filter, max_results: 100 })
    await expectSorted({ order_by, filter, max_results: 4 }, ['0', '999980'])
  }
  const first = await server.post('runs/search', {
    ...{ experiment_ids: ['0'], order_by: ['metrics.same DESC'], max_results: 2 },
  })
  expect(first.json.runs.map((one: { info: { run_name: string } }) => one.info.run_name)).toEqual([
    'r21000',
    'r20999',
  ])
}, 120_000)
