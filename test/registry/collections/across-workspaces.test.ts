import { expect, test } from 'vitest'
import { makeAccount } from '../../support/accounts.ts'
import { appOf } from '../../support/app.ts'
import { client } from '../../support/client.ts'
import { type TeamName, twoTeams } from '../../support/two-teams.ts'

const files = '/api/2.0/mlflow-artifacts/artifacts'

/** Two teams; version 2 of team-a's `fraud` has a file, and team-b has a collection and people of its own. */
async function lending() {
  const teams = await twoTeams()
  const { platform, root, ann } = teams
  const a = ann('team-a')
  const b = ann('team-b')
  const person = async (username: string, team: TeamName, role: string) => {
    const principal = await makeAccount(platform, username)
    const { json } = await root(team).call('GET', `/api/3.0/mlflow/roles/list?workspace=${team}`)
    const { id } = json.roles.find(({ name }: { name: string }) => name === role)
    await root(team).post3('roles/assign', { username, role_id: id })
    return (workspace: string) =>
      client(
        appOf(() => platform, principal),
        { 'x-mlflow-workspace': workspace },
      )
  }
  const found = await a.get('experiments/get-by-name?experiment_name=study')
  const run = await a.post('runs/create', {
    experiment_id: found.json.experiment.experiment_id,
    start_time: 1,
  })
  const { run_id, artifact_uri } = run.json.run.info
  await a.post('runs/log-metric', { run_id, key: 'accuracy', value: 0.5, timestamp: 1, step: 0 })
  await a.post('runs/log-parameter', { run_id, key: 'secret', value: 'recipe' })
  const path = `${files}/${String(artifact_uri).replace('mlflow-artifacts:/', '')}/model`
  await a.send('PUT', `${path}/weights.bin`, 'weights')
  const made = await a.post('model-versions/create', {
    ...{ name: 'fraud', source: `${artifact_uri}/model`, run_id },
  })
  expect(made.status, made.text).toBe(200)
  expect((await b.call('PUT', '/api/v1/collections/shared', {})).status).toBe(200)
  const wanted = { workspace: 'team-a', model: 'fraud', version: '2' }
  const link = (by = b, body: object = wanted) =>
    by.call('POST', '/api/v1/collections/shared/links', body)
  return { ...teams, a, b, link, person, runId: String(run_id) }
}

test('who is of another workspace reads a version through the collection alone, until it is unlinked', async () => {
  const { a, b, link, person } = await lending()
  const bob = await person('bob', 'team-b', 'user')
  expect((await link()).json).toMatchObject({ version: '1', source: { workspace: 'team-a' } })
  const { json } = await bob('team-b').get('model-versions/get-download-uri?name=shared&version=1')
  const address = json.artifact_uri.replace('mlflow-artifacts:/', `${files}/`)
  const read = async () => {
    const res = await bob('team-b').send('GET', `${address}/weights.bin`)
    return [res.status, res.status === 200 ? await res.text() : '']
  }
  expect(await read()).toEqual([200, 'weights'])
  expect((await bob('team-a').get('registered-models/get?name=fraud')).status).toBe(404)
  const shown = await bob('team-b').call('GET', '/api/v1/collections/shared/links')
  expect(shown.json.items).toMatchObject([{ version: '1', digest: expect.any(String) }])
  expect(shown.text).not.toMatch(/fraud|team-a/)
  const version = await bob('team-b').get('model-versions/get?name=shared&version=1')
  expect(version.text).not.toMatch(/fraud|team-a|study/)

  // Team a withdraws it, whether or not its people may enter the other workspace.
  const alma = await person('alma', 'team-a', 'admin')
  const links = await alma('team-a').call('GET', '/api/v1/models/fraud/versions/2/links')
  expect(links.json.items).toMatchObject([{ collection: 'shared', workspace: 'team-b' }])
  const one = `/api/v1/models/fraud/versions/2/links/${links.json.items[0].id}`
  expect((await bob('team-b').call('DELETE', one)).status).toBe(403)
  expect((await alma('team-a').call('DELETE', one)).status).toBe(200)
  expect((await read())[0]).toBe(404)
  expect((await a.get('model-versions/get?name=fraud&version=2')).status).toBe(200)
  const actions = async (of: typeof a) =>
    (await of.call('GET', '/api/v1/audit?max_results=100')).json.items.map(
      ({ action }: { action: string }) => action,
    ) as string[]
  const ofVersions = (all: string[]) => all.filter((one) => one.startsWith('model_version.'))
  const [ofA, ofB] = [ofVersions(await actions(a)), ofVersions(await actions(b))]
  expect(ofA.slice(0, 2)).toEqual(['model_version.unlinked', 'model_version.linked'])
  expect(ofB.slice(0, 2)).toEqual(['model_version.deleted', 'model_version.created'])
})

test('linking takes MANAGE on the model and the right to register in the collection', async () => {
  const { link, person } = await lending()
  const bob = await person('bob', 'team-b', 'admin')
  // Like a workspace that is not there.
  expect((await link(bob('team-b'))).status).toBe(404)
  const reader = await person('reader', 'team-a', 'user')
  const both = await person('bella', 'team-b', 'admin')
  expect((await link(reader('team-b'))).status).toBe(404)
  expect((await link(both('team-b'), { model: 'fraud', version: '1' })).status).toBe(201)
})

test("rights in a workspace do not reach another's runs through a link", async () => {
  const { b, link, person, runId } = await lending()
  const bob = await person('bob', 'team-b', 'admin')
  await link()
  const at = bob('team-b')
  const facts = await at.call('GET', '/api/v1/models/shared/versions/1/facts')
  expect(facts.status).toBe(403)
  for (const { text } of [
    facts,
    await at.get('model-versions/get?name=shared&version=1'),
    await at.call('GET', '/api/v1/models/shared/versions/1/lineage'),
    await at.call('GET', '/api/v1/models/shared/versions/1'),
    await at.call('GET', '/api/v1/models/shared/metrics?key=accuracy'),
    await at.call('GET', '/api/v1/find?q=recipe'),
  ]) {
    expect(text).not.toContain('recipe')
    expect(text).not.toContain(runId)
  }
  const copy = (source: string) => at.post('model-versions/create', { name: 'mine', source })
  await at.post('registered-models/create', { name: 'mine' })
  const address = (await at.get('model-versions/get-download-uri?name=shared&version=1')).json
  for (const source of ['models:/shared/1', address.artifact_uri]) {
    const refused = await copy(source)
    expect([refused.status, refused.json.message]).toEqual([
      400,
      expect.stringContaining('linked from another workspace'),
    ])
  }
  // Gates judge by what it was known by, and do not tell that.
  const judged = async (min: number) => {
    const gate = { name: 'accurate', type: 'metric', metric: 'accuracy', min }
    const policy = { applies_to: { models: 'shared', stage: 'Production' }, gates: [gate] }
    expect((await b.call('PUT', '/api/v1/policies/p', policy)).status).toBe(200)
    const move = { name: 'shared', version: '1', stage: 'Production' }
    const answer = await b.post('model-versions/transition-stage', move)
    expect(answer.text).not.toContain('0.5')
    return answer.status
  }
  expect([await judged(0.9), await judged(0.4)]).toEqual([403, 200])
})

test('the author of the original does not approve a link to it, whoever linked it', async () => {
  const { root, link, policy, ann, rita } = await lending()
  expect((await link(root('team-b'))).status).toBe(201)
  await policy('team-b', { approvals: { required: 1, from: ['user:ann', 'user:rita'] } })
  const opened = await root('team-b').call('POST', '/api/v1/promotions', {
    ...{ model: 'shared', version: '1', to: { stage: 'Production' } },
  })
  expect(opened.status, opened.text).toBe(201)
  const approve = (by: typeof ann) =>
    by('team-b').call('POST', `/api/v1/promotions/${opened.json.id}/reviews`, {
      decision: 'approve',
    })
  const own = await approve(ann)
  expect([own.status, own.text]).toEqual([403, expect.stringContaining('author')])
  expect((await approve(rita)).status).toBe(200)
})
