import { sql } from 'drizzle-orm'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type SeededRun, seedRuns } from '../../search/seed.ts'
import { testServer } from '../../support/server.ts'

type Search = {
  readonly experiment_ids: readonly string[]
  readonly order_by: readonly string[]
  readonly filter: string
  readonly run_view_type: string
}
type Server = Awaited<ReturnType<typeof testServer>>

/** Ids of the runs of all pages. */
async function allPages(server: Server, search: Search, max_results: number): Promise<string[]> {
  const ids: string[] = []
  let page_token: string | undefined
  do {
    const body = { ...search, max_results, page_token }
    const { status, json } = await server.post('runs/search', body)
    expect([search, status, json?.message]).toEqual([search, 200, undefined])
    const runs: { info: { run_id: string } }[] = json.runs ?? []
    ids.push(...runs.map(({ info }) => info.run_id))
    page_token = json.next_page_token
  } while (page_token !== undefined && ids.length < 1000)
  return ids
}

/** So many runs a page are too many to merge: all are sorted. */
const sortedSize = 50_000

const run = fc.record({
  experiment: fc.nat(4),
  startTimeMs: fc.constantFrom(0, 1, 2, 3, 1_700_000_000_000),
  loss: fc.option(fc.constantFrom(Number.NaN, 0, 1, 1, -5.5)),
  lr: fc.option(fc.constantFrom('a', 'b')),
  isDeleted: fc.nat(4).map((n) => n === 0),
})
const search = fc.record({
  experiment_ids: fc.shuffledSubarray(['0', '1', '2', '3', '4', '999999'], { minLength: 1 }),
  order_by: fc.constantFrom<string[]>(
    ...[[], [], ['start_time'], ['attributes.start_time DESC'], ['Created ASC', 'run_id DESC']],
    ...[['run_name'], ['attributes.run_name DESC'], ['`Run Name`', 'metrics.loss DESC']],
    ...[
      ['start_time DESC', 'metrics.loss DESC'],
      ['attribute.created', 'params.lr', 'metrics.loss'],
      ['start_time', ...Array.from({ length: 19 }, (_, i) => `params.p${i} DESC`)],
    ],
  ),
  filter: fc.constantFrom(
    ...['', '', 'metrics.loss < 1', "params.lr = 'a'", "params.lr != 'a' and metrics.loss > -9"],
    ...['start_time > 1', "tags.k = 'no'", "run_name LIKE 'r1%'"],
  ),
  run_view_type: fc.constantFrom('ACTIVE_ONLY', 'ACTIVE_ONLY', 'DELETED_ONLY', 'ALL', 'ALL'),
})
type DrawnRun = typeof run extends fc.Arbitrary<infer T> ? T : never

const seedOf = ({ loss, lr, startTimeMs, isDeleted }: DrawnRun, i: number): SeededRun => ({
  ...{ name: i % 11 === 0 ? '' : `r${i % 7}`, startTimeMs },
  // Ids in another order than the keys.
  runId: ((i * 7919 + 13) % 10007).toString(16).padStart(32, '0'),
  metrics: loss === null ? {} : { loss },
  params: lr === null ? {} : { lr },
  ...(isDeleted && { deleted: true as const }),
})

test('by start time or name, pages of several experiments, or with deleted runs, are those of a sort of all their runs', async () => {
  const server = await testServer()
  const { db } = server.platform
  for (const name of ['a', 'b', 'c', 'd']) await server.post('experiments/create', { name })
  const all = fc.record({
    runs: fc.array(run, { minLength: 20, maxLength: 60 }),
    searches: fc.array(fc.tuple(search, fc.constantFrom(1, 2, 3, 7, 100)), {
      ...{ minLength: 4, maxLength: 4 },
    }),
  })
  await fc.assert(
    fc.asyncProperty(all, async ({ runs, searches }) => {
      await db.all(sql`delete from runs`)
      const seeds = runs.map((one, i) => ({ experiment: one.experiment, seed: seedOf(one, i) }))
      for (const experiment of [0, 1, 2, 3, 4]) {
        const own = seeds.filter((one) => one.experiment === experiment)
        await seedRuns(
          db,
          experiment,
          own.map(({ seed }) => seed),
        )
      }
      for (const [one, size] of searches) {
        const merged = await allPages(server, one, size)
        expect([one, merged]).toEqual([one, await allPages(server, one, sortedSize)])
        const newest = await allPages(server, { ...one, order_by: [] }, sortedSize)
        expect(merged.toSorted()).toEqual(newest.toSorted())
      }
    }),
    { numRuns: 25 },
  )
}, 120_000)
