import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { bucketOf, latencyBucketMax } from '../../src/router/latencies.ts'
import { mergeOldCounts } from '../../src/serving/counts/merge-old-counts.ts'
import { person } from '../support/accounts.ts'
import { appOf } from '../support/app.ts'
import { client } from '../support/client.ts'
import { Clock } from '../support/clock.ts'
import { registryServer } from '../support/registry-server.ts'

const path = '/api/v1/deployments/ab'
const split = {
  model: 'fraud',
  variants: [{ name: 'champion', uri: 'models:/fraud/1', weight: 1 }],
  shadows: [{ name: 'next', uri: 'models:/fraud/2' }],
}
const ten = {
  ...{ kind: 'variant', name: 'champion', version: 1, requests: 10, errors: 1, refused: 2 },
  latencies: { [bucketOf(10)]: 9, [bucketOf(200)]: 1 },
}
const mirrored = {
  ...{ kind: 'shadow', name: 'next', version: 2, requests: 4, errors: 1, refused: 0 },
  ...{ latencies: { [bucketOf(10)]: 4 }, skipped: 5, compared: 3, agreed: 2, difference_max: 0.5 },
}

/** Deployment `ab` of model `fraud` with two versions. */
async function world() {
  const clock = new Clock()
  const server = await registryServer({ now: clock.now })
  await server.createModel('fraud')
  for (let i = 0; i < 2; i++) await server.createVersion('fraud')
  const { call } = server
  const { id } = (await call('PUT', path, split)).json
  return {
    ...server,
    clock,
    report: (sequence: number, items: object[] = [ten], { as = call, ...more } = {}) =>
      as('POST', `${path}/counts`, { deployment: id, reporter: 'r1', sequence, items, ...more }),
    asAccount: (accountId: number) =>
      client(appOf(() => server.platform, person('ann', { isAdmin: true, accountId }))).call,
    stats: async (query = '') => (await call('GET', `${path}/stats${query}`)).json,
  }
}

test('what routers count is summed over a window, by variant, shadow and version', async () => {
  const { report, stats, clock } = await world()
  expect(await stats()).toMatchObject({ deployment: 'ab', revision: 1, variants: [], shadows: [] })
  expect((await report(1, [ten, mirrored])).json).toEqual({ counted: true })
  clock.pass(60_000)
  expect((await report(2, [{ ...ten, version: 2 }])).json).toEqual({ counted: true })
  const { variants, shadows } = await stats()
  const counts = { requests: 10, errors: 1, error_rate: 0.1, refused: 2 }
  expect(variants).toMatchObject([
    {
      ...{ name: 'champion', weight: 1, requests: 20, errors: 2, error_rate: 0.1, refused: 4 },
      versions: [
        { version: '1', ...counts },
        { version: '2', ...counts },
      ],
    },
  ])
  expect(variants[0].p50_ms).toBeCloseTo(10, 0)
  expect(variants[0].p99_ms).toBeGreaterThanOrEqual(200)
  expect(shadows).toMatchObject([
    {
      ...{ name: 'next', requests: 4, skipped: 5, compared: 3, agreed: 2, difference_max: 0.5 },
      agreement: 2 / 3,
    },
  ])
  expect((await stats('?window_seconds=30')).variants).toMatchObject([{ requests: 10 }])
})

test('what was counted is told by steps of a window, and by hours where it lies by hours', async () => {
  const { report, call, clock, platform } = await world()
  clock.pass(3_600_000 - (clock.now() % 3_600_000))
  const begin = clock.now()
  await report(1)
  clock.pass(70_000)
  await report(2, [ten, mirrored])
  const steps = async (query: string) => {
    const { status, json } = await call('GET', `${path}/stats?${query}`)
    return { status, ...json }
  }
  const { variants, shadows } = await steps('window_seconds=300&step_seconds=60')
  const of10 = { requests: 10, errors: 1, refused: 2 }
  expect(variants).toMatchObject([
    { steps: [{ at: begin, ...of10, p95_ms: expect.any(Number) }, { at: begin + 60_000 }] },
  ])
  expect(shadows).toMatchObject([{ steps: [{ at: begin + 60_000, requests: 4 }] }])
  expect((await steps('window_seconds=300')).variants[0]).not.toHaveProperty('steps')
  clock.pass(3_600_000)
  for (let i = 0; i < 3; i++) await mergeOldCounts(platform)
  const byHour = await steps('window_seconds=7200&step_seconds=3600')
  expect(byHour.variants).toMatchObject([{ steps: [{ at: begin, requests: 20 }] }])
  // What was folded into an hour that ends within the window was counted before it.
  expect((await steps('window_seconds=300&step_seconds=60')).variants).toEqual([])
  for (const wrong of [
    'window_seconds=300&step_seconds=25',
    'window_seconds=7200&step_seconds=60',
    'window_seconds=2592000&step_seconds=3600',
  ]) {
    expect((await steps(wrong)).status, wrong).toBe(400)
  }
})

test('a report that is repeated counts once, and so does one of two at once', async () => {
  const { report, stats } = await world()
  const both = await Promise.all([report(1), report(1)])
  expect(both.map(({ json }) => json.counted).sort()).toEqual([false, true])
  expect((await report(1)).json).toEqual({ counted: false })
  await report(2)
  expect((await report(1)).json).toEqual({ counted: false })
  expect((await stats()).variants).toMatchObject([{ requests: 20 }])
})

test('nobody reports under the id of another, nor for a deployment that was made again', async () => {
  const { report, stats, asAccount, call } = await world()
  await report(1, [ten], { as: asAccount(7) })
  const other = await report(2)
  expect([other.status, other.json.error_code]).toEqual([409, 'RESOURCE_CONFLICT'])
  expect((await stats()).variants).toMatchObject([{ requests: 10 }])
  await call('DELETE', path)
  await call('PUT', path, split)
  expect((await report(3, [ten], { as: asAccount(7) })).status).toBe(404)
  expect((await stats()).variants).toEqual([])
})

test('names and versions that are not there are left out, and the rest counts', async () => {
  const { report, stats } = await world()
  const strange = [
    { ...ten, name: 'next' },
    { ...ten, version: 3 },
    { ...mirrored, name: 'champion' },
  ]
  await report(1, [...strange, { ...ten, version: 0 }])
  const { variants, shadows } = await stats()
  expect([variants[0].versions, shadows]).toMatchObject([[{ requests: 10 }], []])
  expect(variants[0].versions[0]).not.toHaveProperty('version')
})

test('old counts are folded by hours once, also by two at a time, and forgotten after 30 days', async () => {
  const { report, stats, clock, platform } = await world()
  for (let i = 1; i <= 4; i++) {
    await report(i, [ten, mirrored])
    clock.pass(15_000)
  }
  const day = '?window_seconds=86400'
  const before = await stats(day)
  clock.pass(2 * 3_600_000)
  for (let i = 0; i < 2; i++)
    await Promise.all([mergeOldCounts(platform), mergeOldCounts(platform)])
  const { since: _, ...after } = await stats(day)
  expect(before).toMatchObject(after)
  const rows = await platform.db.all<{ n: number }>(
    sql`select count(*) as n from deployment_counts`,
  )
  expect(rows).toEqual([{ n: 2 }])
  clock.pass(31 * 86_400_000)
  await mergeOldCounts(platform)
  expect((await stats('?window_seconds=2592000')).variants).toEqual([])
})

test.each([
  ['a negative count', { requests: -1 }],
  ['a bucket that is none', { latencies: { [latencyBucketMax + 1]: 1 } }],
  ['a bucket with a name', { latencies: { __proto__x: 1 } }],
  ['an infinite difference', { difference_max: '1e999' }],
  ['another kind', { kind: 'deployment' }],
])('a report with %s is refused', async (_, more) => {
  const { report, stats } = await world()
  expect((await report(1, [{ ...ten, ...more }])).status).toBe(400)
  expect((await stats()).variants).toEqual([])
})
