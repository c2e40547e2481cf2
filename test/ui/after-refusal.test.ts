import { expect, test } from 'vitest'
import { admin } from '../support/auth-server.ts'
import { hiddenFields, markupIn, pagesOf, textOf } from './page.ts'
import { askedWorld } from './world.ts'

const hostile = '"><img src=x onerror=alert(1)>\u202e'

async function world() {
  const made = await askedWorld()
  const as = (who: string) => pagesOf(made.app, who)
  const path = `/promotions/${made.id}`
  const decide = async (who: string, fields: Record<string, string>) => {
    const seen = hiddenFields((await as(who).get(path)).html, `${path}/reviews`)
    return as(who).post(`${path}/reviews`, { ...seen, ...fields })
  }
  const again = (after: string | number) =>
    `/models/${made.name}/3/promote?to=Production&after=${after}`
  return { ...made, as, path, decide, again }
}

test('a decision about a card that changed meanwhile shows which words came and went', async () => {
  const { as, rita, path, card } = await world()
  const before = hiddenFields((await as(rita).get(path)).html, `${path}/reviews`)
  await card(3, { intended_use: 'Rank transactions for review.', limitations: hostile }, 1)
  const refused = await as(rita).post(`${path}/reviews`, { ...before, decision: 'approve' })
  expect(refused.status).toBe(409)
  expect(markupIn(refused.html)).toEqual([])
  expect(textOf(refused.html)).toMatch(
    /What the card changed since you opened this page \(revision 1 → 2\) .*Limitations Blind to vouchers\..*onerror=alert\(1\)>\\u\{202e\}/,
  )
  for (const revision of ['0', '77']) {
    const odd = { ...before, seen_card_revision: revision, decision: 'approve' }
    const { status, html } = await as(rita).post(`${path}/reviews`, odd)
    expect(status).toBe(409)
    expect(textOf(html).includes('What the card changed'), revision).toBe(revision === '0')
  }
})

test('a request that was rejected says why in lists, and may be asked again with that quoted', async () => {
  const { as, ann, rita, eve, path, decide, again } = await world()
  expect(textOf((await as(ann).get(path)).html)).not.toContain('Ask again')
  expect((await as(ann).get(again(1))).html).not.toContain('Again after')
  await decide(rita, { decision: 'reject', comment: `recall fell\n${hostile}` })
  const mine = await as(ann).get('/promotions?view=mine')
  expect(markupIn(mine.html)).toEqual([])
  expect(textOf(mine.html)).toContain('rita: recall fell')
  const ended = textOf((await as(ann).get(path)).html)
  expect(ended).toContain('Ask again…')
  expect(ended).not.toContain('No policy asks for one')
  const form = await as(ann).get(again(1))
  expect(markupIn(form.html)).toEqual([])
  expect(form.html).toContain('Again after #1, which rita rejected:\n&gt; recall fell\n&gt; ')
  expect((await as(eve).get(again(1))).status).toBe(403)
  expect((await as(ann).get(again('x'))).status).toBe(400)
  expect((await as(ann).get(again(99))).status).toBe(404)
})

test('one that its requester withdrew is asked again with its own reason', async () => {
  const { as, ann, path, again } = await world()
  await as(ann).post(`${path}/close`, {})
  expect((await as(ann).get(again(1))).html).toContain(
    'Again after #1 (closed):\n&gt; beats 2 on the holdout of October',
  )
})

test('another stage keeps why the request before led nowhere, and so does a form that was refused', async () => {
  const { as, ann, name, path, again } = await world()
  await as(ann).post(`${path}/close`, {})
  const promote = `/models/${name}/3/promote`
  const { html } = await as(ann).get(again(1))
  expect(hiddenFields(html, promote)).toEqual({ after: '1' })
  const refused = await as(ann).post(`${promote}?after=1`, { to: 'Production' })
  expect(refused.status).toBe(400)
  expect(hiddenFields(refused.html, promote)).toEqual({ after: '1' })
  expect(hiddenFields(refused.html, `${promote}?after=1`)).toEqual({ to: 'Production' })
  expect(hiddenFields((await as(ann).get(promote)).html, promote)).toEqual({})
})

test('a decided request of a model that was renamed has the name of today, and leads there', async () => {
  const { as, ann, name, path, mlflow, call } = await world()
  await as(ann).post(`${path}/close`, {})
  // A model that a policy guards keeps its name.
  await call(admin, 'DELETE', '/api/v1/policies/production-sign-off')
  const renamed = { name, new_name: 'fraud-cards' }
  expect((await mlflow(ann, 'POST', 'registered-models/rename', renamed)).status).toBe(200)
  // Somebody else's, under the name of then.
  await mlflow(ann, 'POST', 'registered-models/create', { name })
  const { html } = await as(ann).get(path)
  expect(textOf(html)).toContain('fraud-cards 3 into Production')
  expect(html).not.toContain(`href="/models/${name}`)
  expect(html).toContain('href="/models/fraud-cards/3/promote?to=Production&amp;after=1"')
  const form = await as(ann).get('/models/fraud-cards/3/promote?to=Production&after=1')
  expect(form.html).toContain('Again after #1 (closed):')
})
