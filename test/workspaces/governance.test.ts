import { expect, test } from 'vitest'
import { type TeamName, teams, twoTeams } from '../support/two-teams.ts'

const signOff = { approvals: { required: 1, from: ['group:reviewers'] } }
const [a, b] = teams

test('a policy guards its own workspace, and changing it changes nothing in another', async () => {
  const { policy, move, open, review, request, ann, stageOf } = await twoTeams()
  await policy(a, signOff)
  expect((await move(a)).status).toBe(403)
  expect((await move(b)).status).toBe(200)
  await policy(b, signOff)
  await ann(b).post('model-versions/create', { name: 'fraud', source: 's3://b/2' })
  const inB = await open(b, '2')
  expect((await review(b, inB)).status).toBe(200)
  // Another revision, and none at all, of the policy of the same name.
  await policy(a, { ...signOff, gates: [{ name: 't', type: 'tag', key: 'k' }] })
  expect(await request(b, inB)).toMatchObject({ status: 'open', can_merge: true })
  expect((await ann(a).call('DELETE', '/api/v1/policies/p')).status).toBe(200)
  expect(await request(b, inB)).toMatchObject({ status: 'open', can_merge: true })
  expect(await request(a, '1')).toMatchObject({ status: 'superseded' })
  expect((await move(a)).status).toBe(200)
  expect([await stageOf(a), await stageOf(b)]).toEqual(['Production', 'Production'])
  const revisions = await ann(b).call('GET', '/api/v1/policies/p/revisions')
  expect(revisions.json.items).toHaveLength(1)
})

test('an approval in one workspace moves nothing in another, whatever the request is called there', async () => {
  const { policy, open, review, rita, ann, request, move, stageOf } = await twoTeams()
  for (const team of teams) await policy(team, signOff)
  const [inA, inB] = [await open(a), await open(b)]
  const reason = 'everything is on fire'
  const sent = {
    ...{ reviews: { decision: 'approve' }, checks: { name: 'c', status: 'passed' } },
    ...{ merge: {}, close: {}, 'break-glass': { reason }, 'follow-up': {} },
  }
  for (const [path, body] of Object.entries(sent)) {
    for (const who of [rita(b), ann(b)]) {
      const { status, json } = await who.call('POST', `/api/v1/promotions/${inA}/${path}`, body)
      expect([path, status, json.error_code]).toEqual([path, 404, 'RESOURCE_DOES_NOT_EXIST'])
    }
  }
  expect((await review(a, inA)).status).toBe(200)
  expect((await request(b, inB)).reviews).toEqual([])
  expect((await move(b)).status).toBe(403)
  expect((await move(a)).status).toBe(200)
  expect([await stageOf(a), await stageOf(b)]).toEqual(['Production', 'None'])
})

test('gates compare with the version in place of their own workspace', async () => {
  const { policy, move, register } = await twoTeams()
  const expression =
    '!has(current.metrics) || candidate.metrics.accuracy > current.metrics.accuracy'
  const gates = [{ name: 'better', type: 'expression', expression }]
  for (const team of teams) await policy(team, { gates })
  expect((await move(a)).status).toBe(200)
  await register(a, 0.5)
  expect((await move(a, '2')).status).toBe(403)
  await register(b, 0.5)
  // Nothing was ever in the stage here.
  expect((await move(b, '2')).status).toBe(200)
})

test('a hold, an alias and a deletion stay in their workspace', async () => {
  const { ann, rita, register, policy } = await twoTeams()
  const hold = '/api/v1/models/fraud/versions/1/hold'
  expect((await ann(a).call('PUT', hold, { reason: 'a case' })).status).toBe(200)
  expect((await rita(b).call('GET', hold)).status).toBe(404)
  expect((await ann(b).call('DELETE', hold)).status).toBe(404)
  const champion = (team: TeamName, version: string) =>
    ann(team).post('registered-models/alias', { name: 'fraud', version, alias: 'champion' })
  await register(b)
  expect([(await champion(a, '1')).status, (await champion(b, '2')).status]).toEqual([200, 200])
  const holder = async (team: TeamName) =>
    (await ann(team).get('registered-models/alias?name=fraud&alias=champion')).json.model_version
      .version
  expect([await holder(a), await holder(b)]).toEqual(['1', '2'])
  await policy(a, { applies_to: { models: '*', alias: 'champion' } })
  const remove = (team: TeamName) => ann(team).del('registered-models/delete', { name: 'fraud' })
  expect((await remove(b)).status).toBe(200)
  expect(await holder(a)).toBe('1')
  expect((await remove(a)).status).toBe(403)
})

test('the audit log and the history of a workspace tell of its own, and verify with the rest', async () => {
  const { ann, root, move, clock } = await twoTeams()
  clock.pass(1000)
  await move(a)
  const then = clock.ms
  clock.pass(60_000_000)
  await move(a, '1', 'Archived')
  await move(b, '1', 'Staging')
  const at = async (team: TeamName, stage: string) => {
    const path = `/api/v1/models/fraud/stages/${stage}?at=${then}`
    return ((await ann(team).call('GET', path)).json.items ?? []).length
  }
  expect([await at(a, 'Production'), await at(b, 'Production'), await at(b, 'Staging')]).toEqual([
    1, 0, 0,
  ])
  const moves = async (team: TeamName) =>
    (await ann(team).call('GET', '/api/v1/audit?action=model_version.transitioned')).json.items.map(
      ({ after }: { after: { stage: string } }) => after.stage,
    )
  expect(await moves(a)).toEqual(['Archived', 'Production'])
  expect(await moves(b)).toEqual(['Staging'])
  for (const path of ['audit/verify', 'audit/head']) {
    expect((await ann(a).call('GET', `/api/v1/${path}`)).status).toBe(403)
    expect((await root(a).call('GET', `/api/v1/${path}`)).status).toBe(200)
  }
  const exported = await (await ann(b).send('GET', '/api/v1/audit/export')).text()
  expect(exported).toContain('"Staging"')
  expect(exported).not.toContain('"Archived"')
})

test('a rollback, its skipped sign-off and a rename go by the workspace', async () => {
  const { ann, policy, open, review, register, move, stageOf } = await twoTeams()
  const skip = { ...signOff, rollback: { skip_approvals: true } }
  for (const team of teams) await policy(team, skip)
  for (const version of ['1', '2']) {
    if (version === '2') for (const team of teams) await register(team)
    await review(a, await open(a, version))
    const moved = await ann(a).post('model-versions/transition-stage', {
      ...{ name: 'fraud', version, stage: 'Production', archive_existing_versions: false },
    })
    expect(moved.status, moved.text).toBe(200)
  }
  const rollback = (team: TeamName) =>
    ann(team).call('POST', '/api/v1/models/fraud/rollback', {
      ...{ stage: 'Production', to_version: '1', reason: 'incident' },
    })
  // Version 1 was signed off in the other workspace alone.
  expect((await rollback(b)).status).toBe(400)
  await move(a, '1', 'Archived')
  expect((await rollback(a)).status).toBe(200)
  expect([await stageOf(a), await stageOf(b)]).toEqual(['Production', 'None'])
  const rename = (team: TeamName) =>
    ann(team).post('registered-models/rename', { name: 'fraud', new_name: 'scam' })
  expect((await rename(b)).status).toBe(200)
  expect((await rename(a)).status).toBe(403)
})
