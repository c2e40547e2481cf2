import { describe, expect, test } from 'vitest'
import { freshPlatform } from '#platform'
import { readSignIn } from '../../src/platform/settings/read-sign-in.ts'
import { givenBy } from '../../src/platform/settings/setting-table.ts'
import { testIssuer } from '../access/sign-in/issuer.ts'
import { adminPassword } from '../support/auth-server.ts'
import { court, fromReviewers } from '../support/court.ts'

/** `court`, where people also sign in by JWTs of an issuer that names their groups. */
async function courtWithIssuer() {
  const issuer = await testIssuer()
  const entry = {
    kind: 'user',
    name: '{sub}',
    groups_claim: 'roles',
    require: { aud: 'gatehouse' },
  }
  const list = JSON.stringify([{ issuer: issuer.url, audience: 'gatehouse', ...entry }])
  const { settings } = await freshPlatform()
  const firstAdmin = { name: 'admin', password: adminPassword }
  const c = await court({
    settings: {
      ...settings,
      ...readSignIn(givenBy({ GATEHOUSE_JWT_ISSUERS: list })),
      ...{ auth: true, firstAdmin },
    },
    fetch: issuer.fetch,
  })
  const jwt = async (sub: string, roles: readonly string[] = []) => {
    const now = c.clock.ms / 1000
    return `Bearer ${await issuer.sign({ iat: now, exp: now + 300, sub, roles })}`
  }
  await c.ours(c.root, 'PUT', 'groups/outside', { members: [] })
  const fromOutside = { required: 1, from: ['group:outside'] }
  return { ...c, jwt, fromOutside }
}

describe('an approver who signs in elsewhere', () => {
  test('counts, and counts no longer when the account is deleted', async () => {
    const { policy, open, review, merge, request, jwt, fromOutside, ann, remove } =
      await courtWithIssuer()
    await policy({ approvals: fromOutside })
    const id = await open(ann)
    const given = await review(await jwt('olga', ['outside']), id)
    expect([given.status, given.json.can_merge]).toEqual([200, true])
    expect((await remove('olga')).status).toBe(200)
    expect((await merge(ann, id)).status).toBe(403)
    expect((await request(id)).reviews[0].dismissed).toContain('account of the approver is gone')
    const late = await review(await jwt('olga', ['outside']), id)
    expect(late.status).toBeGreaterThanOrEqual(401)
  })

  test('counts by groups that the issuer still sent at the last sign-in', async () => {
    const { policy, open, review, merge, request, jwt, fromOutside, ann, whoami } =
      await courtWithIssuer()
    await policy({ approvals: fromOutside })
    const id = await open(ann)
    await review(await jwt('olga', ['outside', 'more']), id)
    await whoami(await jwt('olga', ['outside']))
    expect((await request(id)).can_merge).toBe(true)
    await whoami(await jwt('olga', ['more']))
    expect(await request(id)).toMatchObject({
      can_merge: false,
      reviews: [{ dismissed: 'only group:outside may approve' }],
    })
    expect((await merge(ann, id)).status).toBe(403)
    await whoami(await jwt('olga', ['outside']))
    expect((await merge(ann, id)).status).toBe(200)
  })

  test('is not made one by a group that came after the approval', async () => {
    const { policy, open, review, jwt, fromOutside, ann, whoami } = await courtWithIssuer()
    await policy({ approvals: fromOutside })
    const id = await open(ann)
    expect((await review(await jwt('olga'), id)).status).toBe(403)
    await whoami(await jwt('olga', ['outside']))
    expect((await review(await jwt('olga', ['outside']), id)).json.can_merge).toBe(true)
  })
})

describe('what somebody posted counts by who they are at the merge', () => {
  const check = { name: 'tests', type: 'check', check: 'tests', from: ['group:qa'] }
  const tag = { name: 'ok', type: 'tag', key: 'ok', set_by: ['group:qa'] }

  test.for([
    ['leaves the group', ({ ours, root }) => ours(root, 'PUT', 'groups/qa', { members: [] })],
    ['is deleted', ({ remove }) => remove('mallory')],
    [
      'is deleted and made again in the group',
      async ({ remove, user, ours, root }) => {
        await remove('mallory')
        await user('mallory')
        await ours(root, 'PUT', 'groups/qa', { members: ['mallory'] })
      },
    ],
  ] as [string, (c: Awaited<ReturnType<typeof court>>) => Promise<unknown>][])(
    'not when the poster %s',
    async ([, change]) => {
      const c = await court()
      const { policy, open, ours, root, mlflow, mallory, ann, merge, request } = c
      await ours(root, 'PUT', 'groups/qa', { members: ['mallory'] })
      await policy({ gates: [check, tag] })
      const id = await open(ann)
      await c.check(mallory, id)
      const set = { name: 'fraud', version: '1', key: 'ok', value: 'yes' }
      expect((await mlflow(mallory, 'POST', 'model-versions/set-tag', set)).status).toBe(200)
      expect((await request(id)).can_merge).toBe(true)
      await change(c)
      const { gates, can_merge } = await request(id)
      const statuses = gates.map(({ status }: { status: string }) => status)
      expect([can_merge, statuses]).toEqual([false, ['pending', 'failed']])
      expect((await merge(ann, id)).status).toBe(403)
    },
  )
})

test('an account that was made again under a name changes none of its comments and lifts none of its holds', async () => {
  const { ours, mlflow, root, carol, remove, user } = await court()
  const verbs: Record<string, string> = { POST: 'create', PATCH: 'update', DELETE: 'delete' }
  const comments = (who: string, method: string, body: object) =>
    mlflow(who, method, `comments/${verbs[method]}`, body)
  const may = { name: 'fraud', username: 'carol', permission: 'MANAGE' }
  await mlflow(root, 'POST', 'registered-models/permissions/create', may)
  const made = await comments(carol, 'POST', { name: 'fraud', version: '1', comment: 'mine' })
  expect(made.status, made.text).toBe(200)
  const { id } = made.json.comment
  const edited = await comments(carol, 'PATCH', { id, comment: 'still mine' })
  expect(edited.status, edited.text).toBe(200)
  const hold = 'models/fraud/versions/1/hold'
  expect((await ours(carol, 'PUT', hold, { reason: 'a lawsuit' })).status).toBe(200)
  await remove('carol')
  const other = await user('carol')
  await mlflow(root, 'POST', 'registered-models/permissions/create', may)
  expect((await comments(other, 'PATCH', { id, comment: 'changed' })).status).toBe(403)
  expect((await comments(other, 'DELETE', { id })).status).toBe(403)
  expect((await ours(other, 'DELETE', hold)).status).toBe(403)
  expect((await ours(root, 'DELETE', hold)).status).toBe(200)
})

test('an entry, an event and the answer about a stage tell the accounts of approvers', async () => {
  const { approved, merge, ann, ours, root } = await court()
  const id = await approved({ approvals: fromReviewers })
  expect((await merge(ann, id)).status).toBe(200)
  const carol = (await ours(root, 'GET', `promotions/${id}`)).json.reviews[0].by
  const approvers = [{ name: 'carol', account: carol.account }]
  const log = await ours(root, 'GET', 'audit?action=model_version.transitioned')
  expect(log.json.items[0]).toMatchObject({ approved_by: ['carol'], approvers })
  const stage = await ours(root, 'GET', 'models/fraud/stages/Production')
  expect(stage.json.items[0].since).toMatchObject({ approved_by: ['carol'], approvers })
  const events = await ours(root, 'GET', 'events/history?type=model_version.transitioned')
  expect(events.json.items[0]).toMatchObject({ approved_by: ['carol'], approvers })
})
