import { describe, expect, test } from 'vitest'
import { admin } from '../support/auth-server.ts'
import { pagesOf, textOf } from './page.ts'
import { askedWorld } from './world.ts'

/** ann has three open requests: 1 for version 3, 2 and 3 for version 1. */
async function world() {
  const made = await askedWorld()
  const { app, ask, call, ann } = made
  await ask(1, { stage: 'Production' }, 'the old one again')
  await call(admin, 'PUT', '/api/v1/policies/champion', {
    applies_to: { models: '*', aliases: 'champion' },
    approvals: { required: 1, from: ['group:ml-approvers'] },
  })
  await ask(1, { alias: 'champion' })
  const as = (who: string) => pagesOf(app, who)
  const statuses = async () =>
    Promise.all(
      [1, 2, 3].map(async (id) => (await call(ann, 'GET', `/api/v1/promotions/${id}`)).json.status),
    )
  return { ...made, as, statuses }
}

const both = '/promotions/withdraw?sel=1&sel=3'

describe('several requests of one’s own', () => {
  test('are withdrawn at once after a page that shows them, each with its entry', async () => {
    const { as, ann, call, statuses } = await world()
    const inbox = await as(ann).get('/promotions?view=mine')
    expect(inbox.html.match(/name="sel"/g)).toHaveLength(3)
    expect(inbox.html).toContain('action="/promotions/withdraw"')
    const page = await as(ann).get(both)
    const text = textOf(page.html)
    expect(text).toContain('Withdraw 2 requests')
    expect(text).not.toContain('#2')
    expect(await statuses()).toEqual(['open', 'open', 'open'])
    const done = await as(ann).post(both, { comment: 'trained anew' })
    expect([done.status, done.location]).toEqual([303, '/promotions?view=mine'])
    expect(await statuses()).toEqual(['closed', 'open', 'closed'])
    const { json } = await call(admin, 'GET', '/api/v1/audit?action=promotion.closed')
    const told = json.items.map((item: { after: { promotion: string }; reason: string }) => [
      item.after.promotion,
      item.reason,
    ])
    expect(told).toEqual([
      ['3', 'trained anew'],
      ['1', 'trained anew'],
    ])
    const left = (await as(ann).get('/promotions?view=mine')).html
    expect(left.match(/name="sel"/g)).toHaveLength(1)
  })

  test('leave their versions the approval that still waits, and no other', async () => {
    const { as, ann, call, name } = await world()
    const waits = async () =>
      Promise.all(
        [1, 3].map(async (version) => {
          const path = `/api/v1/models/${name}/versions/${version}`
          return (await call(ann, 'GET', path)).json.approval_status
        }),
      )
    const waiting = 'PendingManualApproval'
    expect(await waits()).toEqual([waiting, waiting])
    await as(ann).post(both, {})
    expect(await waits()).toEqual([waiting, undefined])
    await as(ann).post('/promotions/withdraw?sel=2', {})
    expect(await waits()).toEqual([undefined, undefined])
  })

  test('stay as they are where one was decided meanwhile, and the page says which', async () => {
    const { as, ann, call, statuses } = await world()
    expect((await call(ann, 'POST', '/api/v1/promotions/3/close', {})).status).toBe(200)
    const late = await as(ann).post(both, { comment: 'my words' })
    expect(late.status).toBe(409)
    const text = textOf(late.html)
    expect(text).toContain('#3 is closed')
    expect(text).toContain('1 selected request ended already, and stays as it is')
    expect(late.html).toContain('my words</textarea>')
    expect(late.html).toContain('action="/promotions/withdraw?sel=1"')
    expect(await statuses()).toEqual(['open', 'open', 'closed'])
  })

  test('end once where two ask for it at the same moment', async () => {
    const { as, ann, call, statuses } = await world()
    const answers = await Promise.all([1, 2, 3, 4].map(() => as(ann).post(both, {})))
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 409, 409, 409])
    expect(await statuses()).toEqual(['closed', 'open', 'closed'])
    const { json } = await call(admin, 'GET', '/api/v1/audit?action=promotion.closed')
    expect(json.items).toHaveLength(2)
  })
})

describe('nobody', () => {
  test('withdraws somebody else’s, and to whom may not read them they are not there', async () => {
    const { as, rita, eve, statuses } = await world()
    expect((await as(rita).get('/promotions?view=open')).html).not.toContain('name="sel"')
    const page = await as(rita).get(both)
    expect(page.status).toBe(200)
    expect(textOf(page.html)).toContain('is ann')
    expect(page.html).not.toContain('method="post" action="/promotions')
    expect((await as(rita).post(both, {})).status).toBe(403)
    const unread = textOf((await as(eve).get(both)).html)
    const absent = textOf((await as(eve).get('/promotions/withdraw?sel=98&sel=99')).html)
    const plain = (text: string) => /Promotions Withdraw .* Times/.exec(text)?.[0]
    expect(plain(unread)).toBe(plain(absent))
    expect((await as(eve).post(both, {})).status).toBe(404)
    expect((await as(eve).post('/promotions/withdraw?sel=98', {})).status).toBe(404)
    expect(await statuses()).toEqual(['open', 'open', 'open'])
  })

  test('withdraws none, or what has no number, or more than a page has', async () => {
    const { as, ann } = await world()
    expect(textOf((await as(ann).get('/promotions/withdraw')).html)).toContain(
      'No request is selected',
    )
    expect((await as(ann).post('/promotions/withdraw', {})).status).toBe(400)
    for (const bad of ['x', '0', '1.5', '-1', '1e3', "1' or 1"]) {
      const path = `/promotions/withdraw?sel=${encodeURIComponent(bad)}`
      expect((await as(ann).get(path)).status, bad).toBe(400)
      expect((await as(ann).post(path, {})).status, bad).toBe(400)
    }
    const many = Array.from({ length: 51 }, (_, i) => `sel=${i + 1}`).join('&')
    expect((await as(ann).get(`/promotions/withdraw?${many}`)).status).toBe(400)
  })
})

test('the inbox says how soon a request expires, and who else has some', async () => {
  const { as, rita, ann, clock } = await world()
  expect(textOf((await as(ann).get('/promotions?view=open')).html)).not.toContain('left')
  const mine = textOf((await as(ann).get('/promotions')).html)
  expect(mine).toContain('Open 3')
  expect(textOf((await as(ann).get('/promotions?view=waiting')).html)).toContain(
    'Nothing waits for you. 3 requests are open for others.',
  )
  clock.pass(29 * 86_400_000 + 20 * 3_600_000)
  expect(textOf((await as(rita).get('/promotions?view=open')).html)).toMatch(/\d h left/)
  expect(textOf((await as(rita).get('/promotions?view=open&model=other')).html)).toContain(
    'There are none of this model.',
  )
})

test('so is why a version moves, where no request is needed', async () => {
  const { as, ann, call, name } = await world()
  const path = `/models/${name}/1/promote`
  const said = await as(ann).post(path, { to: 'Staging', reason: 'x'.repeat(10_001) })
  expect([said.status, textOf(said.html).includes('10000')]).toEqual([400, true])
  expect((await call(ann, 'GET', `/api/v1/models/${name}/versions/1`)).json.stage).not.toBe(
    'Staging',
  )
})

test('what people say of requests is as long on pages as in the API, and longer is refused', async () => {
  const { as, ann, statuses } = await world()
  const long = 'x'.repeat(10_001)
  for (const path of [both, '/promotions/1/close', '/promotions/1/reviews']) {
    const said = await as(ann).post(path, { comment: long, decision: 'comment' })
    expect([path, said.status, textOf(said.html).includes('10000')]).toEqual([path, 400, true])
  }
  expect(await statuses()).toEqual(['open', 'open', 'open'])
})

test('a request that is selected twice is one', async () => {
  const { as, ann, statuses } = await world()
  const twice = '/promotions/withdraw?sel=1&sel=1'
  expect(textOf((await as(ann).get(twice)).html)).not.toContain('cannot be found')
  expect((await as(ann).post(twice, {})).status).toBe(303)
  expect(await statuses()).toEqual(['closed', 'open', 'open'])
})
