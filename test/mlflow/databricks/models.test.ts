import { expect, test } from 'vitest'
import { admin } from '../../support/auth-server.ts'
import { databricksServer, toProduction, version } from './world.ts'

const move = { ...toProduction, archive_existing_versions: false, comment: 'passed its tests' }
const transition = 'databricks/model-versions/transition-stage'

test('a model is answered with what the caller may do with it', async () => {
  const { omar, rita, root } = await databricksServer()
  const level = async (who: typeof omar) =>
    (await who('GET', 'databricks/registered-models/get', { name: 'fraud' })).json
      .registered_model_databricks
  expect(await level(omar)).toMatchObject({ name: 'fraud', permission_level: 'CAN_READ' })
  expect(await level(rita)).toMatchObject({ permission_level: 'CAN_EDIT' })
  expect(await level(root)).toMatchObject({
    permission_level: 'CAN_MANAGE',
    latest_versions: [{ version: '1' }],
    id: expect.any(String),
  })
})

test('a transition keeps its comment as the reason in the audit log', async () => {
  const { rita, omar, call } = await databricksServer()
  expect((await omar('POST', transition, move)).status).toBe(403)
  const moved = await rita('POST', transition, move)
  expect(moved.json.model_version_databricks).toMatchObject({
    current_stage: 'Production',
    permission_level: 'CAN_EDIT',
  })
  const { json } = await call(admin, 'GET', '/api/v1/audit?action=model_version.transitioned')
  expect(json.items).toMatchObject([{ reason: 'passed its tests', actor: { name: 'rita' } }])
})

test('a transition under a policy opens a request with its comment, and is refused', async () => {
  const { rita, policy, ada, stage } = await databricksServer()
  await policy({ required: 1, from: ['user:omar'] })
  const refused = await rita('POST', transition, move)
  expect([refused.status, refused.json.error_code]).toEqual([403, 'PERMISSION_DENIED'])
  expect(refused.json.message).toMatch(/Promotion request #1 is open/)
  const { json } = await ada('GET', 'transition-requests/list', version)
  expect(json.requests).toMatchObject([{ user_id: 'rita', comment: 'passed its tests' }])
  expect(await stage()).toBe('None')
})

test('deletions of MLflow’s own take their fields from the query when Databricks’ SDK sends them', async () => {
  const { root, mlflow, app } = await databricksServer()
  await root('POST', 'registered-models/set-tag', { name: 'fraud', key: 'a', value: '1' })
  const path = 'registered-models/delete-tag?name=fraud&key=a'
  const asks = (agent: string) =>
    app.request(`/api/2.0/mlflow/${path}`, {
      method: 'DELETE',
      headers: { Authorization: admin, 'User-Agent': agent },
    })
  expect((await asks('mlflow-python-client/3.17.2')).status).toBe(400)
  const withBody = await mlflow(admin, 'DELETE', path, { name: 'fraud', key: 'b' })
  expect(withBody.status).toBe(200)
  const tags = async () =>
    (await root('GET', 'registered-models/get', { name: 'fraud' })).json.registered_model.tags
  expect(await tags()).toHaveLength(1)
  expect((await asks('unknown/0.0.0 databricks-sdk-py/0.162.0 python/3.11.7')).status).toBe(200)
  expect(await tags()).toBeUndefined()
})

test('a deletion of the dialect’s own refuses a field that is given twice', async () => {
  const { mlflow } = await databricksServer()
  expect((await mlflow(admin, 'DELETE', 'comments/delete?id=x&id=y')).status).toBe(400)
})

test('permissions in Databricks’ form answer 501, which says where to look', async () => {
  const { call } = await databricksServer()
  const path = '/api/2.0/permissions/registered-models/1'
  for (const [method, url] of [
    ['GET', path],
    ['PUT', path],
    ['PATCH', path],
    ['GET', `${path}/permissionLevels`],
  ] as const) {
    const { status, json } = await call(admin, method, url)
    expect([status, json.error_code]).toEqual([501, 'NOT_IMPLEMENTED'])
    expect(json.message).toContain('docs/mlflow-compatibility.md')
  }
})
