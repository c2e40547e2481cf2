import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { Clock } from '../../support/clock.ts'
import { registryServer } from '../../support/registry-server.ts'

const dayMs = 86_400_000
const path = '/api/v1/deployments/ab/outcomes'
const split = {
  model: 'fraud',
  variants: [
    { name: 'champion', uri: 'models:/fraud/1', weight: 1 },
    { name: 'challenger', uri: 'models:/fraud/2', weight: 1 },
  ],
}

/** Deployment `ab` of `fraud`, with versions 1 and 2. */
async function world() {
  const clock = new Clock()
  const server = await registryServer({ now: clock.now })
  const { call, createModel, createVersion, platform } = server
  await createModel('fraud')
  for (let i = 0; i < 2; i++) await createVersion('fraud')
  await call('PUT', '/api/v1/deployments/ab', split)
  let made = 0
  /** As a router makes it. */
  const requestId = (more: { atMs?: number; deployment?: number; rest?: string } = {}) => {
    const { atMs = clock.now(), deployment = 1, rest = '1-1-champion' } = more
    return `${atMs.toString(36)}-${(++made).toString(16).padStart(13, '0')}abc-${deployment}-${rest}`
  }
  const item = (request_id: string, value = 1, name = 'converted') => ({ request_id, name, value })
  return {
    ...server,
    platform,
    clock,
    requestId,
    item,
    tell: async (items: readonly object[]) => {
      const { status, json } = await call('POST', path, { items })
      expect(status).toBe(200)
      return json
    },
    of: (rest: string, values: readonly number[], name?: string) =>
      values.map((value) => item(requestId({ rest }), value, name)),
    stats: async () => (await call('GET', '/api/v1/deployments/ab/stats')).json,
    summary: async (query = '') => (await call('GET', `${path}${query}`)).json,
  }
}

const nothing = { taken: 0, late: 0, repeated: 0, unknown: 0, refused: 0 }

describe('outcomes', () => {
  test('are summed by variant, and variants are held against the first', async () => {
    const { tell, of, summary, stats } = await world()
    const ones = (count: number, of100: number) =>
      Array.from({ length: of100 }, (_, i) => (i < count ? 1 : 0))
    await tell(of('1-2-challenger', ones(25, 100)))
    await tell(of('1-1-champion', ones(15, 60)))
    await tell(of('1-1-champion', ones(0, 40)))
    await tell(of('1-1-champion', [1, 2, 4], 'spent'))
    await tell(of('1-0-champion', [7, 11], 'spent'))
    await tell(of('1-2-challenger', [3, 5, 5.5, 9, 13, 15], 'spent'))
    expect(await summary()).toMatchObject({
      outcomes: [
        { name: 'converted', variant: 'champion', versions: ['1'], count: 100, mean: 0.15 },
        { name: 'converted', variant: 'challenger', versions: ['2'], count: 100, mean: 0.25 },
        { name: 'spent', variant: 'champion', versions: ['0', '1'], count: 5, mean: 5 },
        { name: 'spent', variant: 'challenger', count: 6 },
      ],
      differences: [
        {
          name: 'converted',
          variant: 'challenger',
          against: 'champion',
          difference: expect.closeTo(0.1, 10),
          interval: { low: expect.closeTo(-0.0114411, 6), high: expect.closeTo(0.2090848, 6) },
          test: 'two-proportion z-test',
          p_value: expect.closeTo(0.0771, 4),
        },
        { name: 'spent', test: "Welch's t-test", p_value: expect.closeTo(0.23205547, 6) },
      ],
    })
    const { outcomes, differences } = await summary()
    expect(await stats()).toMatchObject({ outcomes, differences })
  })

  test('count once, whoever tells them again and beside whom', async () => {
    const { tell, requestId, item, summary } = await world()
    const [one, other] = [requestId(), requestId()]
    const [first, second] = await Promise.all([
      tell([item(one), item(one, 0)]),
      tell([item(one), item(one, 5, 'spent')]),
    ])
    expect(first.taken + second.taken).toBe(2)
    expect(first.repeated + second.repeated).toBe(2)
    // What else an id says does not make it another one.
    const varied = [one.replace('champion', 'challenger'), one.replace('-1-1-', '-1-2-')]
    expect(await tell([item(other), ...varied.map((id) => item(id))])).toEqual({
      ...nothing,
      taken: 1,
      repeated: 2,
      problems: [
        { index: 1, is: 'repeated' },
        { index: 2, is: 'repeated' },
      ],
    })
    const { outcomes } = await summary()
    expect(outcomes).toMatchObject([
      { name: 'converted', count: 2 },
      { name: 'spent', count: 1 },
    ])
  })

  test('of requests that nobody answered, or too long ago, are told apart and not counted', async () => {
    const { tell, requestId, item, summary, clock, call } = await world()
    const old = requestId()
    clock.pass(8 * dayMs)
    const unknown = [
      'no-id',
      requestId({ deployment: 2 }),
      requestId({ rest: '1-1-stranger' }),
      requestId({ rest: '1-99-champion' }),
      requestId({ atMs: clock.now() + 120_000 }),
    ]
    const all = [old, ...unknown].map((id) => item(id))
    const { problems, ...counts } = await tell([...all, item(requestId())])
    expect(counts).toEqual({ ...nothing, taken: 1, late: 1, unknown: 5 })
    expect(problems).toHaveLength(6)
    expect((await summary()).outcomes).toMatchObject([{ count: 1 }])
    // Deleted and made again it is another one.
    await call('DELETE', '/api/v1/deployments/ab')
    await call('PUT', '/api/v1/deployments/ab', split)
    expect(await tell([item(requestId())])).toMatchObject({ ...nothing, unknown: 1 })
    expect((await summary()).outcomes).toEqual([])
  })

  test('of a variant that is gone still count, and those since a moment alone where asked', async () => {
    const { tell, requestId, item, summary, clock, call } = await world()
    await tell([item(requestId({ rest: '1-2-challenger' }))])
    const [champion] = split.variants
    await call('PUT', '/api/v1/deployments/ab', { ...split, variants: [champion] })
    const late = requestId({ rest: '1-2-challenger' })
    clock.pass(dayMs)
    expect(await tell([item(late, 0)])).toMatchObject({ taken: 1 })
    expect((await summary()).outcomes).toMatchObject([{ variant: 'challenger', count: 2 }])
    expect((await summary(`?since=${clock.now()}`)).outcomes).toEqual([])
  })

  test('are bounded: in number, in names, and in time', async () => {
    const { tell, requestId, item, platform, clock } = await world()
    const named = Array.from({ length: 21 }, (_, i) => item(requestId(), 1, `n${i}`))
    expect(await tell(named)).toMatchObject({ taken: 20, refused: 1 })
    await platform.db.all(sql`update deployment_outcomes set count = 1000000 where name = 'n0'`)
    expect(await tell([item(requestId(), 1, 'n1')])).toMatchObject({ taken: 0, refused: 1 })
    const marks = async () =>
      await platform.db.all(sql<{ n: number }>`select count(*) as n from deployment_outcome_marks`)
    expect(await marks()).toEqual([{ n: 20 }])
    clock.pass(8 * dayMs)
    expect(await tell([item(requestId(), 1, 'n1')])).toMatchObject({ taken: 1 })
    expect(await marks()).toEqual([{ n: 1 }])
    clock.pass(36 * dayMs)
    expect(await tell([item(requestId(), 1, 'other')])).toMatchObject({ refused: 1 })
    // What is older than 35 days went with that, and made room.
    expect(await tell([item(requestId(), 1, 'other')])).toMatchObject({ taken: 1 })
  })

  test.each([
    ['no item', []],
    ['a value that is none', [{ request_id: 'r', name: 'n', value: 'yes' }]],
    ['a value too large to sum', [{ request_id: 'r', name: 'n', value: 1e13 }]],
    ['a name with a space', [{ request_id: 'r', name: 'a b', value: 1 }]],
    ['too many', Array(1001).fill({ request_id: 'r', name: 'n', value: 1 })],
  ])('with %s are refused', async (_, items) => {
    const { call } = await world()
    expect((await call('POST', path, { items })).status).toBe(400)
  })
})
