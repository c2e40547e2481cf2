import { expect, test } from 'vitest'
import { basic } from '../support/client.ts'
import { type Court, court, fromReviewers } from '../support/court.ts'

const password = 'a password of rita'
const production = { stage: 'Production' }
const applies_to = { models: '*', stage: 'Production' }

const changes: [string, (c: Court) => Promise<unknown>, RegExp][] = [
  [
    'leaves the group that the rule names',
    ({ ours, root }) => ours(root, 'PUT', 'groups/reviewers', { members: [] }),
    /only group:reviewers may approve/,
  ],
  [
    'loses the group, which is deleted',
    ({ ours, root }) => ours(root, 'DELETE', 'groups/reviewers'),
    /only group:reviewers may approve/,
  ],
  ['is deleted', ({ remove }) => remove('carol'), /account of the approver is gone/],
  [
    'is deleted and made again, in the same group',
    async ({ remove, user, ours, root }) => {
      await remove('carol')
      await user('carol')
      await ours(root, 'PUT', 'groups/reviewers', { members: ['carol'] })
    },
    /account of the approver is gone/,
  ],
  [
    'has no grant to approve any more, since somebody else has one',
    ({ ours, root }) =>
      ours(root, 'POST', 'grants', { principal: 'user:ann', action: 'approve', models: 'fraud*' }),
    /no grant of 'approve'/,
  ],
  [
    'may not read the model any more',
    ({ mlflow, root }) =>
      mlflow(root, 'POST', 'registered-models/permissions/create', {
        name: 'fraud',
        username: 'carol',
        permission: 'NO_PERMISSIONS',
      }),
    /may not read the version/,
  ],
  [
    'is not named any more by the policy, which keeps approvals of older revisions',
    ({ policy }) =>
      policy({ approvals: { required: 1, from: ['user:mallory'], dismiss_stale: false } }),
    /only user:mallory may approve/,
  ],
  [
    'edited the card since, under a policy that keeps stale approvals',
    ({ mlflow, ours, root, carol }) =>
      mlflow(root, 'PATCH', 'registered-models/permissions/update', {
        name: 'fraud',
        username: 'carol',
        permission: 'EDIT',
      })
        .then(() =>
          mlflow(root, 'POST', 'registered-models/permissions/create', {
            name: 'fraud',
            username: 'carol',
            permission: 'EDIT',
          }),
        )
        .then(() => ours(carol, 'PUT', 'models/fraud/versions/1/card', { limitations: 'few' })),
    /last editor of the model card/,
  ],
]

test.for(changes)('an approval falls when the approver %s', async ([, change, why]) => {
  const c = await court()
  const id = await c.approved({ approvals: { ...fromReviewers, dismiss_stale: false } })
  await change(c)
  const shown = await c.request(id)
  expect(shown).toMatchObject({ can_merge: false, approvals: { given: 0 } })
  expect(shown.reviews[0].dismissed).toMatch(why)
  expect((await c.merge(c.ann, id)).status).toBe(403)
  const stage = await c.mlflow(c.ann, 'POST', 'model-versions/transition-stage', {
    name: 'fraud',
    version: '1',
    stage: 'Production',
  })
  expect(stage.status).toBe(403)
})

test('an approval counts by the grants for the present name of the model', async () => {
  const { ours, root, ann, approved, request, mlflow, merge } = await court()
  await ours(root, 'POST', 'grants', {
    principal: 'user:carol',
    action: 'approve',
    models: 'fraud',
  })
  await ours(root, 'POST', 'grants', { principal: 'user:ann', action: 'approve', models: 'bank*' })
  const id = await approved({ approvals: { ...fromReviewers, dismiss_stale: false } })
  await mlflow(root, 'POST', 'registered-models/rename', { name: 'fraud', new_name: 'bank' })
  expect((await request(id)).reviews[0].dismissed).toMatch(/no grant of 'approve'/)
  expect((await merge(ann, id)).status).toBe(403)
})

test('a policy means the account that had the name when it was written', async () => {
  const { policy, open, review, remove, user, ann } = await court()
  await policy({ approvals: { required: 1, from: ['user:carol'] } })
  const id = await open(ann)
  await remove('carol')
  const other = await user('carol')
  expect((await review(other, id)).status).toBe(403)
  await policy({ approvals: { required: 1, from: ['user:carol'] } })
  expect((await review(other, id)).json.can_merge).toBe(true)
})

test('a service account approves only where a rule names it, and never for who controls it', async () => {
  const { policy, open, review, service, adminUser, ours, root, ann, request } = await court()
  const boss = await adminUser('boss')
  const robot = await service('robot', boss)
  const helper = await service('helper')
  await ours(root, 'PUT', 'groups/reviewers', { members: ['service:robot', 'service:helper'] })
  await policy({ approvals: fromReviewers })
  const first = await open(ann)
  expect((await review(helper, first)).status, 'by a group alone').toBe(403)
  await policy({ approvals: { required: 1, from: ['service:robot'] } })
  expect((await review(robot, first)).json.can_merge, 'of somebody else').toBe(true)
  await ours(root, 'POST', `promotions/${first}/close`, {})
  const second = await open(boss)
  const own = await review(robot, second)
  expect([own.status, own.json.message]).toEqual([403, expect.stringContaining('requester')])
  expect((await request(second)).can_merge).toBe(false)
})

test('who made the token of a service account does not approve what it asked for', async () => {
  const { policy, open, review, service, adminUser, mlflow, root } = await court()
  const boss = await adminUser('boss')
  const robot = await service('robot', boss)
  await mlflow(root, 'POST', 'registered-models/permissions/create', {
    name: 'fraud',
    username: 'service:robot',
    permission: 'EDIT',
  })
  await policy({ approvals: { required: 1, from: ['user:boss'] } })
  expect((await review(boss, await open(robot))).status).toBe(403)
})

test('an access token of the requester is the requester', async () => {
  const { policy, open, review, token, ours, root, ann } = await court()
  await ours(root, 'PUT', 'groups/reviewers', { members: ['ann'] })
  await policy({ approvals: { ...fromReviewers, author_may_approve: true } })
  const { bearer } = await token(ann, { scopes: ['read', 'write'] })
  expect((await review(bearer, await open(ann))).status).toBe(403)
})

test.for([
  ['by number', 'models:/scratch/1'],
  ['by stage', 'models:/scratch/None'],
])('who made a version is an author of its copies, named %s', async ([, source]) => {
  const { policy, open, review, register, carol, ann, mallory, root, mlflow, ours } = await court()
  await register(carol, 'scratch')
  await register(ann, 'between', source)
  const version = await register(ann, 'fraud', 'models:/between/1')
  await ours(root, 'PUT', 'groups/reviewers', { members: ['carol', 'mallory', 'ann'] })
  await policy({ approvals: fromReviewers })
  const id = await open(root, version)
  for (const author of [carol, ann]) {
    const refused = await review(author, id)
    expect([refused.status, refused.json.message]).toEqual([403, expect.stringContaining('author')])
  }
  expect((await review(mallory, id)).json.can_merge).toBe(true)
  expect((await mlflow(ann, 'GET', 'registered-models/get?name=between')).status).toBe(200)
})

test('of approvals that the rights of their givers race with, none moves a version', async () => {
  const c = await court()
  for (let i = 0; i < 5; i++) {
    const id = await c.approved()
    const [merged] = await Promise.all([
      c.merge(c.ann, id),
      c.ours(c.root, 'PUT', 'groups/reviewers', { members: [] }),
    ])
    const entries = await c.ours(c.root, 'GET', 'audit?max_results=50')
    const at = (action: string) =>
      Number(entries.json.items.find((e: { action: string }) => e.action === action)?.seq)
    if (merged.status === 200) {
      expect(at('model_version.transitioned')).toBeLessThan(at('group.set'))
    } else {
      expect(merged.status).toBe(403)
    }
    await c.ours(c.root, 'PUT', 'groups/reviewers', { members: ['carol'] })
    await c.ours(c.root, 'DELETE', 'policies/p')
    await c.mlflow(c.ann, 'POST', 'model-versions/transition-stage', {
      name: 'fraud',
      version: '1',
      stage: 'None',
    })
    await c.ours(c.root, 'POST', `promotions/${id}/close`, {})
  }
})

test.for([
  ['a word of no kind', { required: 1, from: ['grp:x'] }, /grp:x/],
  ['no name', { required: 1, from: ['user:'] }, /user:/],
  ['a name without its kind', { required: 1, from: ['carol'] }, /user:<name>/],
  ['an unknown user', { required: 1, from: ['user:carrol'] }, /user:carol/],
  ['an unknown group', { required: 1, from: ['group:reviewer'] }, /group:reviewers/],
  ['an unknown service account', { required: 1, from: ['service:ci'] }, /service:ci/],
  ['unknown movers', { from: ['group:nobody-at-all'] }, /group:nobody-at-all/],
  ['nobody', { required: 1 }, /from/],
  ['nobody in a rule', { rules: [{ required: 1 }] }, /from/],
  ['more approvals of one user than one', { required: 5, from: ['user:carol', 'user:carol'] }, /5/],
  [
    'one user in two rules',
    {
      rules: [
        { required: 1, from: ['user:carol'] },
        { required: 1, from: ['user:carol'] },
      ],
    },
    /2/,
  ],
] as const)('a policy that asks for approvals from %s is refused', async ([, approvals, says]) => {
  const { ours, root } = await court()
  const put = await ours(root, 'PUT', 'policies/p', { applies_to, approvals })
  expect([put.status, put.json.message]).toEqual([400, expect.stringMatching(says)])
  const draft = { model: 'fraud', version: '1', to: production, policy: { applies_to, approvals } }
  expect((await ours(root, 'POST', 'policies/evaluate', draft)).status).toBe(400)
})

test.for([
  ['who breaks the glass', { break_glass: { from: ['user:otto'] } }],
  ['posts a check', { gates: [{ name: 'c', type: 'check', check: 'c', from: ['group:no'] }] }],
  ['sets a tag', { gates: [{ name: 't', type: 'tag', key: 'k', set_by: ['service:no'] }] }],
] as const)('a policy names accounts and groups that exist as %s', async ([, terms]) => {
  const { ours, root } = await court()
  expect((await ours(root, 'PUT', 'policies/p', { applies_to, ...terms })).status).toBe(400)
})

test('a grant names an account or a group that exists', async () => {
  const { ours, root } = await court()
  const grant = (principal: string) =>
    ours(root, 'POST', 'grants', { principal, action: 'approve', models: '*' })
  for (const principal of ['user:carrol', 'group:nobody', 'service:ci', 'carrol']) {
    const refused = await grant(principal)
    expect([refused.status, refused.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
  }
  expect((await grant('user:carrol')).json.message).toContain('user:carol')
  expect((await grant('carol')).status).toBe(201)
})

test('of a check the posts of requester and author count only where the gate names them', async () => {
  const { policy, open, check, service, mlflow, root, ann, mallory, request } = await court()
  const ci = await service('ci')
  await mlflow(root, 'POST', 'registered-models/permissions/create', {
    name: 'fraud',
    username: 'service:ci',
    permission: 'EDIT',
  })
  const gate = { name: 'tests', type: 'check', check: 'tests' }
  await policy({ gates: [gate] })
  const id = await open(mallory)
  expect((await check(mallory, id)).json.can_merge, 'requester').toBe(false)
  expect((await check(ann, id)).json.can_merge, 'author').toBe(false)
  expect((await check(ci, id, 'queued')).json.checks[0].status).toBe('queued')
  expect((await check(ci, id)).json.can_merge, 'pipeline').toBe(true)
  expect((await check(mallory, id, 'failed')).status, 'in its place').toBe(403)
  expect((await request(id)).can_merge).toBe(true)
  await policy({ gates: [{ ...gate, from: ['user:carol'] }] })
  expect((await request(id)).can_merge, 'not named').toBe(false)
  await policy({ gates: [{ ...gate, from: ['user:mallory'] }] })
  expect((await check(mallory, id)).json.can_merge, 'named').toBe(true)
})

test('a tag counts where one of those set it last whom the gate names, and who did not ask', async () => {
  const { policy, open, mlflow, root, ann, mallory, request, ours } = await court()
  await ours(root, 'PUT', 'groups/qa', { members: ['mallory', 'ann'] })
  await policy({
    gates: [{ name: 'ok', type: 'tag', key: 'validated', value: 'yes', set_by: ['group:qa'] }],
  })
  const set = (who: string) =>
    mlflow(who, 'POST', 'model-versions/set-tag', {
      name: 'fraud',
      version: '1',
      key: 'validated',
      value: 'yes',
    })
  const id = await open(mallory)
  for (const [who, counts] of [
    [root, false],
    [mallory, false],
    [ann, true],
    [mallory, false],
  ] as const) {
    expect((await set(who)).status).toBe(200)
    expect((await request(id)).can_merge).toBe(counts)
  }
})

test('break-glass takes a reason, and its follow-up somebody else who may approve', async () => {
  const { policy, open, ours, root, ann, carol, mallory } = await court()
  await policy({ approvals: fromReviewers, break_glass: { from: ['user:mallory'] } })
  const id = await open(ann)
  const breakGlass = (reason: string) =>
    ours(mallory, 'POST', `promotions/${id}/break-glass`, { reason })
  for (const reason of ['  ', 'too short', '!!!!!!!!!!!!', '1 2 3 4 5 6 7 8 9 0']) {
    expect((await breakGlass(reason)).status, reason).toBe(400)
  }
  expect((await breakGlass('everything is on fire')).json.status).toBe('merged')
  const followUp = (who: string) => ours(who, 'POST', `promotions/${id}/follow-up`, {})
  for (const who of [ann, mallory, root]) expect((await followUp(who)).status).toBe(403)
  expect((await followUp(carol)).status).toBe(200)
})

test('a policy that is put again unchanged makes no revision and dismisses nothing', async () => {
  const { approved, request, ours, root, merge, ann } = await court()
  const terms = { applies_to, approvals: fromReviewers }
  const id = await approved(terms)
  const shown = (await ours(root, 'GET', 'policies/p')).json
  for (const body of [terms, shown]) {
    const put = await ours(root, 'PUT', 'policies/p', body)
    expect([put.status, put.json]).toEqual([200, shown])
  }
  expect((await ours(root, 'GET', 'policies/p/revisions')).json.items).toHaveLength(1)
  expect((await request(id)).can_merge).toBe(true)
  expect((await merge(ann, id)).status).toBe(200)
})

test('a policy whose rules and required differ is refused', async () => {
  const { ours, root, policy } = await court()
  const shown = await policy({ approvals: fromReviewers })
  const edited = { ...shown, approvals: { ...shown.approvals, required: 2 } }
  expect((await ours(root, 'PUT', 'policies/p', edited)).status).toBe(400)
})

test('basic credentials of a deleted account are nobody', async () => {
  const { remove, ours } = await court()
  await remove('carol')
  expect((await ours(basic('carol', password), 'GET', 'whoami')).status).toBe(401)
})
