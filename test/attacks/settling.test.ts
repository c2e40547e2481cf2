import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { guardedModel } from '../support/guarded-model.ts'
import { endingDatabase, watchedDatabase } from '../support/watched-database.ts'

const hourMs = 3_600_000
const lasting = (hours: number) => ({
  approvals: { required: 1, from: ['group:reviewers'], expire_after_hours: hours },
})

/** A request for Production is open, under a policy that gives it 100 hours. */
async function asked() {
  const server = await guardedModel()
  const { platform, admin, ann, policy, move } = server
  let passedMs = 0
  const { now } = platform
  Object.assign(platform, { now: () => now() + passedMs })
  await policy('p', { stage: 'Production' }, lasting(100))
  expect((await move(ann, '1', 'Production')).status).toBe(403)
  const request = async (id = '1') => (await admin.call('GET', `/api/v1/promotions/${id}`)).json
  const hoursLeft = async () => {
    const { expires_at, requested_at } = await request()
    return (expires_at - requested_at) / hourMs
  }
  const pass = (hours: number) => {
    passedMs += hours * hourMs
  }
  return { ...server, request, hoursLeft, pass }
}

describe('the time of an open request is what the policies say now', () => {
  test.for([
    ['is shortened', ({ policy }) => policy('p', { stage: 'Production' }, lasting(5))],
    ['is joined by another', ({ policy }) => policy('q', { alias: 'production' }, lasting(5))],
    [
      'is joined by one that was there before',
      async ({ policy, admin }) => {
        await policy('q', { stage: 'Production' }, lasting(50))
        await admin.call('DELETE', '/api/v1/policies/q')
        await policy('q', { stage: 'Production' }, lasting(5))
      },
    ],
    [
      'is that of another name of the model',
      async ({ policy, ann }) => {
        await policy('q', { models: 'fraud-*', stage: 'Production' }, lasting(5))
        const renamed = { name: 'fraud', new_name: 'fraud-2' }
        await policy('p', { models: 'fraud*', stage: 'Production' }, lasting(100))
        expect((await ann.post('registered-models/rename', renamed)).status).toBe(200)
      },
    ],
  ] as const satisfies [string, (server: Awaited<ReturnType<typeof asked>>) => unknown][])(
    'when the policy %s',
    async ([, change]) => {
      const server = await asked()
      const { ann, approve, pass, hoursLeft, request, platform } = server
      expect(await hoursLeft()).toBe(100)
      pass(10)
      await change(server)
      expect(await hoursLeft()).toBe(5)
      const late = await approve('1')
      expect([late.status, late.json.message]).toEqual([
        409,
        expect.stringContaining('open another'),
      ])
      expect((await ann.call('POST', '/api/v1/promotions/1/merge')).status).toBe(409)
      // It makes room for another one.
      const model = (await request()).model
      const to = { stage: 'Production' }
      const again = await ann.call('POST', '/api/v1/promotions', { model, version: '1', to })
      expect([again.status, again.json.id]).toEqual([201, '2'])
      const rows = await platform.db.all(sql<{ status: string }>`select status from promotions`)
      expect(rows).toMatchObject([{ status: 'expired' }, { status: 'open' }])
    },
  )

  test('and a longer one counts too, unless it is past its time already', async () => {
    const { policy, pass, hoursLeft, approve } = await asked()
    await policy('p', { stage: 'Production' }, lasting(200))
    expect(await hoursLeft()).toBe(200)
    pass(201)
    await policy('p', { stage: 'Production' }, lasting(400))
    expect(await hoursLeft()).toBe(200)
    expect((await approve('1')).status).toBe(409)
  })

  test('also for one that an earlier release opened, whose time did not follow its policies', async () => {
    const { platform, admin, policy, pass, approve, ann, move } = await asked()
    expect((await approve('1')).status).toBe(200)
    await policy(
      'p',
      { stage: 'Production' },
      { ...lasting(5), break_glass: { from: ['user:root'] } },
    )
    await platform.db.all(
      sql`update promotions set expires_at_ms = requested_at_ms + ${100 * hourMs}`,
    )
    pass(10)
    const path = '/api/v1/promotions/1'
    const reason = 'everything is down'
    for (const late of [
      await approve('1'),
      await admin.call('POST', `${path}/merge`),
      await admin.call('POST', `${path}/break-glass`, { reason }),
    ]) {
      expect([late.status, late.json.message]).toEqual([409, expect.stringContaining('expired')])
    }
    expect((await move(ann, '1', 'Production')).json.message).toContain('#2')
  })
})

type Model = Awaited<ReturnType<typeof guardedModel>>
type Change = (server: Model) => Promise<unknown>

/** The stages, with these and no other custom ones. */
async function stagesWith({ admin }: Pick<Model, 'admin'>, ...more: string[]) {
  const { items } = (await admin.call('GET', '/api/v1/stages')).json
  const kept = items.filter(({ name }: { name: string }) => name !== 'Canary')
  const body = { items: [...kept, ...more.map((name) => ({ name }))] }
  return admin.call('PUT', '/api/v1/stages', body)
}

/** What the version shows is settled in the batch of the change: afterwards the process may end. */
describe('approvals are settled at once', () => {
  test.for([
    [
      'a policy is put that guards a later stage',
      ({ policy }) => policy('late', { stage: 'Production' }),
      ['Approved', undefined],
    ],
    [
      'the policy of a later stage goes',
      ({ admin }) => admin.call('DELETE', '/api/v1/policies/late'),
      [undefined, 'Approved'],
      ({ policy }) => policy('late', { stage: 'Production' }),
    ],
    [
      'a policy of earlier times is put again',
      ({ policy }) => policy('first', { stage: 'Staging' }),
      ['Approved', undefined],
      async ({ policy, admin }) => {
        // It was there before the approval, which was not given under it.
        await policy('first', { models: 'other', stage: 'Staging' })
        await admin.call('DELETE', '/api/v1/policies/first')
      },
    ],
    [
      'a later stage that a policy guards is removed',
      (server) => stagesWith(server),
      [undefined, 'Approved'],
      async (server) => {
        await stagesWith(server, 'Canary')
        await server.policy('late', { stage: 'Canary' })
      },
    ],
  ] as const satisfies [string, Change, unknown[], Change?][])(
    'when %s',
    async ([, change, [before, after], prepare]) => {
      const server = await guardedModel()
      const { platform, ann, policy, signedOff } = server
      const status = async () =>
        (await ann.call('GET', '/api/v1/models/fraud/versions/1')).json.approval_status
      await prepare?.(server)
      await policy('early', { stage: 'Staging' })
      await signedOff('1', 'Staging')
      expect(await status()).toBe(before)
      const { db } = platform
      Object.assign(platform, { db: endingDatabase(db) })
      await change(server)
      Object.assign(platform, { db })
      expect(await status()).toBe(after)
    },
  )
})

type Guarded = Awaited<ReturnType<typeof asked>>

/** Something happens between what a change of a policy read and what it writes. */
describe('what comes in between is settled too', () => {
  const during = async (
    { platform }: Guarded,
    { change, other }: Record<'change' | 'other', () => Promise<{ status: number }>>,
  ) => {
    const { db } = platform
    const statuses: number[] = []
    const interrupted = watchedDatabase(db, {
      before: async () => {
        Object.assign(platform, { db })
        if (statuses.length === 0) statuses.push((await other()).status)
      },
    })
    Object.assign(platform, { db: interrupted })
    const { status } = await change()
    return [status, ...statuses]
  }

  test('a request for a place that had none', async () => {
    const server = await asked()
    const { ann, policy, request } = server
    const to = { alias: 'champion' }
    const statuses = await during(server, {
      change: () => policy('q', to, lasting(5)),
      other: () => ann.call('POST', '/api/v1/promotions', { model: 'fraud', version: '2', to }),
    })
    expect(statuses).toEqual([200, 201])
    const { expires_at, requested_at } = await request('2')
    expect((expires_at - requested_at) / hourMs).toBe(5)
  })

  test('another name of the model', async () => {
    const server = await asked()
    const { ann, policy, hoursLeft } = server
    await policy('p', { models: 'fraud*', stage: 'Production' }, lasting(100))
    const renamed = { name: 'fraud', new_name: 'fraud-2' }
    const statuses = await during(server, {
      change: () => policy('q', { models: 'fraud-*', stage: 'Production' }, lasting(5)),
      other: () => ann.post('registered-models/rename', renamed),
    })
    expect(statuses).toEqual([200, 200])
    expect(await hoursLeft()).toBe(5)
  })

  test('the end of the other policy that guarded the place', async () => {
    const server = await asked()
    const { admin, policy, request } = server
    await policy('q', { stage: 'Production' })
    const statuses = await during(server, {
      change: () => admin.call('DELETE', '/api/v1/policies/p'),
      other: () => admin.call('DELETE', '/api/v1/policies/q'),
    })
    expect(statuses).toEqual([200, 200])
    expect((await request()).status).toBe('superseded')
  })

  test('another list of stages', async () => {
    const server = await asked()
    const { admin, ann, policy, signedOff } = server
    await stagesWith(server, 'Canary')
    await policy('later', { stage: 'Canary' })
    await policy('early', { stage: 'Staging' })
    await signedOff('2', 'Staging')
    const status = async () =>
      (await ann.call('GET', '/api/v1/models/fraud/versions/2')).json.approval_status
    expect(await status()).toBe(undefined)
    const statuses = await during(server, {
      change: () => admin.call('DELETE', '/api/v1/policies/p'),
      other: () => stagesWith(server),
    })
    expect(statuses).toEqual([200, 200])
    expect(await status()).toBe('Approved')
  })

  test('and another change of the same policy is not overwritten', async () => {
    const server = await asked()
    const { policy, hoursLeft } = server
    const put = (hours: number) => policy('p', { stage: 'Production' }, lasting(hours))
    const statuses = await during(server, { change: () => put(5), other: () => put(50) })
    expect(statuses).toEqual([409, 200])
    expect(await hoursLeft()).toBe(50)
  })
})
