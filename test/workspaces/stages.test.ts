import { expect, test } from 'vitest'
import { appOf } from '../support/app.ts'
import { client } from '../support/client.ts'
import { type Member, team } from '../support/team.ts'
import { endingDatabase } from '../support/watched-database.ts'

/** A server with a stage of its own and a model in `team-a`, which ann administrates; rita reviews. */
async function twoWorkspaces() {
  const { admin, member, platform } = await team({ workspaces: true })
  const within = ({ principal }: Member) =>
    client(
      appOf(() => platform, principal),
      { 'x-mlflow-workspace': 'team-a' },
    )
  const stages = async (...names: string[]) => {
    const items = ['None', 'Staging', 'Production', ...names, 'Archived'].map((name) => ({ name }))
    const put = await admin.call('PUT', '/api/v1/stages', { items })
    expect(put.status, put.text).toBe(200)
  }
  await stages('Canary')
  await admin.post3('workspaces', { name: 'team-a' })
  const roles = (await admin.call('GET', '/api/3.0/mlflow/roles/list?workspace=team-a')).json.roles
  const people: Record<string, ReturnType<typeof within>> = {}
  for (const username of ['ann', 'rita']) {
    people[username] = within(await member(username, ['reviewers']))
    await admin.post3('roles/assign', { username, role_id: roles[0].id })
  }
  await admin.call('PUT', '/api/v1/groups/reviewers', { members: ['rita'] })
  const { ann, rita } = people
  if (!ann || !rita) throw new Error('nobody is there')
  await ann.post('registered-models/create', { name: 'fraud' })
  for (let i = 0; i < 3; i++) {
    await ann.post('model-versions/create', { name: 'fraud', source: 's3://b/m' })
  }
  /** Ask for a move that needs an approval. @returns the request's id */
  const ask = async (version: string, stage: string) => {
    const refused = await move(version, stage)
    expect(refused.status, refused.text).toBe(403)
    return /#(\d+)/.exec(refused.text)?.[1] ?? ''
  }
  const move = (version: string, stage: string) =>
    ann.post('model-versions/transition-stage', {
      ...{ name: 'fraud', version, stage, archive_existing_versions: false },
    })
  const approvals = { required: 1, from: ['group:reviewers'] }
  const policy = (who: Pick<Member, 'call'>, stage: string, hours: number) =>
    who.call('PUT', `/api/v1/policies/${stage.toLowerCase()}`, {
      applies_to: { models: '*', stage },
      approvals: { ...approvals, expire_after_hours: hours },
    })
  const request = async (id: string) => (await ann.call('GET', `/api/v1/promotions/${id}`)).json
  return { admin, platform, ann, rita, stages, ask, move, policy, request }
}

test('a stage that is removed in one workspace settles all of them, each by its own policies', async () => {
  const { admin, platform, ann, rita, stages, ask, move, policy, request } = await twoWorkspaces()
  await policy(ann, 'Canary', 50)
  await policy(ann, 'Staging', 100)
  // Policies of another workspace, which say otherwise of the same stages.
  await policy(admin, 'Staging', 5)
  await policy(admin, 'Production', 5)
  const approved = await ask('1', 'Staging')
  await rita.call('POST', `/api/v1/promotions/${approved}/reviews`, { decision: 'approve' })
  expect((await move('1', 'Staging')).status).toBe(200)
  const [gone, stays] = [await ask('2', 'Canary'), await ask('3', 'Staging')]
  const status = async () =>
    (await ann.call('GET', '/api/v1/models/fraud/versions/1')).json.approval_status
  expect(await status()).toBe(undefined)

  const { db } = platform
  Object.assign(platform, { db: endingDatabase(db) })
  await admin.call('PUT', '/api/v1/stages', {
    items: ['None', 'Staging', 'Production', 'Archived'].map((name) => ({ name })),
  })
  Object.assign(platform, { db })
  expect(await status()).toBe('Approved')
  expect(await request(gone)).toMatchObject({ status: 'superseded' })
  const { status: open, expires_at, requested_at } = await request(stays)
  expect([open, (expires_at - requested_at) / 3_600_000]).toEqual(['open', 100])
  const closed = '/api/v1/audit?action=promotion.superseded'
  expect((await ann.call('GET', closed)).json.items).toMatchObject([{ model: 'fraud' }])
  expect((await admin.call('GET', closed)).json.items).toEqual([])
  await stages('Canary')
  expect(await request(gone)).toMatchObject({ status: 'superseded' })
})
