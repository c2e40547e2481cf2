import { expect, test } from 'vitest'
import { password } from '../support/auth-server.ts'
import { basic } from '../support/client.ts'
import { type Court, court, fromReviewers } from '../support/court.ts'

/** `court`, with otto: an administrator and reviewer, who controls the service account `bot`. */
async function owned() {
  const c = await court()
  const otto = await c.adminUser('otto')
  await c.ours(c.root, 'PUT', 'groups/reviewers', { members: ['carol', 'otto'] })
  const bot = await c.service('bot', otto)
  await c.mlflow(c.root, 'POST', 'registered-models/permissions/create', {
    name: 'fraud',
    username: 'service:bot',
    permission: 'MANAGE',
  })
  return { ...c, otto, bot }
}

type Owned = Awaited<ReturnType<typeof owned>>

const registered = ({ mlflow, bot }: Owned) =>
  mlflow(bot, 'POST', 'model-versions/create', { name: 'fraud', source: 's3://b/2' })
const carded = async ({ mlflow, ours, ann, bot }: Owned) => {
  await mlflow(ann, 'POST', 'model-versions/create', { name: 'fraud', source: 's3://b/2' })
  return ours(bot, 'PUT', 'models/fraud/versions/2/card', { card: { limitations: 'none' } })
}
const copied = async ({ mlflow, ann, bot }: Owned) => {
  await mlflow(bot, 'POST', 'registered-models/create', { name: 'scratch' })
  await mlflow(bot, 'POST', 'model-versions/create', { name: 'scratch', source: 's3://b/2' })
  const source = 'models:/scratch/1'
  return mlflow(ann, 'POST', 'model-versions/create', { name: 'fraud', source })
}

test.for([
  ['registered', registered],
  ['wrote the card of', carded],
  ['registered the original of', copied],
] as const)('nobody approves a version that their service account %s', async ([, make]) => {
  const c = await owned()
  const made = await make(c)
  expect(made.status, made.text).toBe(200)
  await c.policy({ approvals: fromReviewers })
  const id = await c.open(c.ann, '2')
  expect((await c.review(c.otto, id)).status).toBe(403)
  expect((await c.review(c.carol, id)).status).toBe(200)
})

test('nobody approves a version whose card they edited last, unless the policy lets authors approve', async () => {
  const c = await owned()
  await c.policy({ approvals: fromReviewers })
  const id = await c.open(c.ann)
  const edit = (who: string, limitations: string) =>
    c.ours(who, 'PUT', 'models/fraud/versions/1/card', { card: { limitations } })
  expect((await edit(c.otto, 'none')).status).toBe(200)
  const refused = await c.review(c.otto, id)
  expect([refused.status, refused.json.message]).toEqual([
    403,
    expect.stringContaining('the last editor of the model card may not approve'),
  ])
  await c.policy({ approvals: { ...fromReviewers, author_may_approve: true } })
  expect((await c.review(c.otto, id)).json.can_merge).toBe(true)
  // It is the last editor who may not: whoever edited before may again.
  await c.policy({ approvals: fromReviewers })
  expect((await c.request(id)).can_merge).toBe(false)
  expect((await edit(c.mallory, 'many')).status).toBe(200)
  expect((await c.review(c.otto, id)).json.can_merge).toBe(true)
})

test('a service account takes the seat of the rule that names it, and none by its groups', async () => {
  const c = await owned()
  await c.ours(c.root, 'PUT', 'groups/reviewers', { members: ['carol', 'service:bot'] })
  const rules = [
    { required: 1, from: ['group:reviewers'] },
    { required: 1, from: ['service:bot', 'user:mallory'] },
  ]
  await c.policy({ approvals: { rules } })
  const id = await c.open(c.ann)
  expect((await c.review(c.mallory, id)).json.approvals).toMatchObject({ given: 1 })
  // mallory has the seat of the second rule, and the group gives the bot none of the first.
  const approved = await c.review(c.bot, id)
  expect([approved.status, approved.json.can_merge]).toEqual([200, false])
  expect(approved.json.approvals).toMatchObject({ given: 1, missing: ['group:reviewers'] })
  expect((await c.review(c.carol, id)).json.can_merge).toBe(true)
})

test('two service accounts of one administrator are two: where a policy names the one, it counts for the other', async () => {
  const c = await owned()
  const trainer = await c.service('trainer', c.otto)
  await c.mlflow(c.root, 'POST', 'registered-models/permissions/create', {
    name: 'fraud',
    username: 'service:trainer',
    permission: 'EDIT',
  })
  await c.ours(c.root, 'PUT', 'groups/reviewers', { members: ['service:bot', 'carol'] })
  const gates = [{ name: 'g', type: 'check', check: 'tests' }]
  await c.policy({ approvals: fromReviewers, gates })
  const made = await c.mlflow(trainer, 'POST', 'model-versions/create', {
    name: 'fraud',
    source: 's3://b/2',
  })
  expect(made.status, made.text).toBe(200)
  const id = await c.open(trainer, '2')
  expect((await c.check(c.bot, id)).json.blocked_by).toEqual([expect.stringContaining('approval')])
  expect((await c.review(c.bot, id)).status, 'by a group').toBe(403)
  await c.policy({ approvals: { required: 1, from: ['service:bot', 'user:otto'] }, gates })
  expect((await c.review(c.otto, id)).status, 'who made both').toBe(403)
  expect((await c.review(c.bot, id)).json.can_merge, 'by its name').toBe(true)
})

test('a check counts as posted by the author if the author is a service account of who posts it', async () => {
  const c = await owned()
  await registered(c)
  await c.policy({ gates: [{ name: 'g', type: 'check', check: 'tests' }] })
  const id = await c.open(c.ann, '2')
  expect((await c.check(c.otto, id)).json.can_merge).toBe(false)
  expect((await c.check(c.mallory, id)).json.can_merge).toBe(true)
})

test('a tag that the service account of the requester set does not count', async () => {
  const c = await owned()
  await c.ours(c.root, 'PUT', 'groups/qa', { members: ['service:bot'] })
  const tag = { name: 'fraud', version: '1', key: 'validated', value: 'true' }
  await c.mlflow(c.bot, 'POST', 'model-versions/set-tag', tag)
  await c.policy({ gates: [{ name: 't', type: 'tag', key: 'validated', set_by: ['group:qa'] }] })
  expect((await c.request(await c.open(c.otto))).can_merge).toBe(false)
  await c.ours(c.root, 'POST', 'promotions/1/close', {})
  expect((await c.request(await c.open(c.ann))).can_merge).toBe(true)
})

test('a clock that is set back makes nobody another owner of what their service account does', async () => {
  const c = await owned()
  await c.ours(c.root, 'PUT', 'groups/reviewers', { members: ['carol', 'mallory'] })
  c.clock.pass(-86_400_000)
  const token = await c.ours(await c.adminUser('eve'), 'POST', 'tokens', {
    name: 't',
    for: 'service:bot',
  })
  expect(token.status, token.text).toBe(201)
  await c.ours(c.root, 'PUT', 'groups/reviewers', { members: ['carol', 'eve'] })
  expect((await registered(c)).status).toBe(200)
  await c.policy({ approvals: fromReviewers })
  const id = await c.open(c.ann, '2')
  expect((await c.review(basic('eve', password), id)).status).toBe(403)
  expect((await c.review(c.carol, id)).status).toBe(200)
})

test('nobody follows up what their service account merged by break-glass', async () => {
  const c = await owned()
  await c.policy({ approvals: fromReviewers, break_glass: { from: ['service:bot'] } })
  const id = await c.open(c.ann)
  const reason = 'everything is on fire'
  expect((await c.ours(c.bot, 'POST', `promotions/${id}/break-glass`, { reason })).status).toBe(200)
  const follow = (who: string) => c.ours(who, 'POST', `promotions/${id}/follow-up`, {})
  expect((await follow(c.otto)).status).toBe(403)
  expect((await follow(c.carol)).status).toBe(200)
})

test.for([
  ['the policy is deleted', (c: Owned) => c.ours(c.root, 'DELETE', 'policies/p')],
  [
    'the policy guards another model',
    (c: Owned) =>
      c.ours(c.root, 'PUT', 'policies/p', { applies_to: { models: 'other', stage: 'Production' } }),
  ],
] as const)(
  'once %s, administrators alone follow up what was merged by break-glass',
  async ([, loosen]) => {
    const c = await owned()
    const applies_to = { models: 'fraud', stage: 'Production' }
    await c.policy({ applies_to, approvals: fromReviewers, break_glass: { from: ['service:bot'] } })
    const id = await c.open(c.ann)
    const reason = 'everything is on fire'
    expect((await c.ours(c.bot, 'POST', `promotions/${id}/break-glass`, { reason })).status).toBe(
      200,
    )
    const loosened = await loosen(c)
    expect(loosened.status, loosened.text).toBeLessThan(300)
    const follow = (who: string) => c.ours(who, 'POST', `promotions/${id}/follow-up`, {})
    expect((await follow(c.carol)).status).toBe(403)
    expect((await follow(c.otto)).status).toBe(403)
    expect((await follow(c.root)).status).toBe(200)
  },
)

const hold = 'models/fraud/versions/1/hold'

test.for([
  ['a person', 'their service account', ({ otto, bot }: Owned) => [otto, bot]],
  ['a service account', 'who controls it', ({ otto, bot }: Owned) => [bot, otto]],
] as const)('a legal hold that %s placed is not lifted by %s', async ([, , people]) => {
  const c = await owned()
  const [placer = '', lifter = ''] = people(c)
  expect((await c.ours(placer, 'PUT', hold, { reason: 'case 12' })).status).toBe(200)
  expect((await c.ours(lifter, 'DELETE', hold)).status).toBe(403)
  expect((await c.ours(c.root, 'DELETE', hold)).status).toBe(200)
})

const invisible = ['\u3164', '\u115f', '\uffa0', '\u200b', '\u2800']

test('a reason, and a field of a card, of letters that nobody sees are empty', async () => {
  const c: Court = await court()
  await c.policy({
    approvals: fromReviewers,
    break_glass: { from: ['user:carol'] },
    gates: [{ name: 'card', type: 'model_card', fields: ['limitations', 'owners'] }],
  })
  const id = await c.open(c.ann)
  await c.mlflow(c.root, 'POST', 'registered-models/permissions/create', {
    name: 'fraud',
    username: 'carol',
    permission: 'EDIT',
  })
  for (const letter of invisible) {
    const reason = letter.repeat(12)
    const broken = await c.ours(c.carol, 'POST', `promotions/${id}/break-glass`, { reason })
    expect(broken.status, broken.text).toBe(400)
    expect((await c.ours(c.root, 'PUT', hold, { reason })).status).toBe(400)
    const card = { limitations: reason, owners: [reason] }
    await c.ours(c.ann, 'PUT', 'models/fraud/versions/1/card', { card })
    const [gate] = (await c.request(id)).gates
    expect([gate.status, gate.detail]).toEqual(['failed', 'limitations, owners are empty'])
  }
})
