import { sql } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Client } from '../support/client.ts'
import { client } from '../support/client.ts'
import { testServer } from '../support/server.ts'
import { watchedDatabase } from '../support/watched-database.ts'

const path = '/api/3.0/mlflow/workspaces'

let server: Awaited<ReturnType<typeof testServer>>
/** Whoever asks in a workspace. */
const within = (workspace: string): Client =>
  client(server.app, { 'x-mlflow-workspace': workspace })
const make = (name: string, more: object = {}) => server.call('POST', path, { name, ...more })

async function switchedOn() {
  const fresh = await testServer()
  const settings = { ...fresh.platform.settings, workspaces: true }
  return testServer({ ...fresh.platform, settings })
}

beforeEach(async () => {
  server = await switchedOn()
})

describe('the calls of workspaces', () => {
  test('answer as MLflow 3.17.2 does', async () => {
    const info = await server.call('GET', '/api/3.0/mlflow/server-info')
    expect(info.json.workspaces_enabled).toBe(true)
    expect((await server.call('GET', path)).json.workspaces).toMatchObject([{ name: 'default' }])
    const made = await make('team-a', { description: 'risk' })
    expect([made.status, made.json]).toEqual([
      201,
      { workspace: { name: 'team-a', description: 'risk' } },
    ])
    expect((await server.call('GET', `${path}/team-a`)).json).toEqual(made.json)
    const updated = await server.call('PATCH', `${path}/team-a`, { description: '' })
    expect(updated.json).toEqual({ workspace: { name: 'team-a', description: '' } })
    const unknown = await server.call('GET', `${path}/nope`)
    expect([unknown.status, unknown.json]).toMatchObject([
      404,
      { error_code: 'RESOURCE_DOES_NOT_EXIST', message: "Workspace 'nope' not found" },
    ])
    const deleted = await server.call('DELETE', `${path}/team-a`)
    expect([deleted.status, deleted.text]).toEqual([204, ''])
    expect((await server.call('GET', path)).json.workspaces).toHaveLength(1)
  })

  test.each<[string, string]>([
    ['Team_A', 'must match the pattern'],
    ['-a', 'must match the pattern'],
    ['a', 'must be between 2 and 63 characters'],
    ['a'.repeat(64), 'must be between 2 and 63 characters'],
    ['workspaces', 'is reserved'],
    ['default', 'is reserved'],
    ['', "Missing value for required parameter 'name'"],
  ])('no workspace is called %j', async (name, message) => {
    const refused = await make(name)
    expect([refused.status, refused.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    expect(refused.json.message).toContain(message)
  })

  test('a name is given once', async () => {
    expect((await make('team-a')).status).toBe(201)
    expect((await make('team-a')).json.error_code).toBe('RESOURCE_ALREADY_EXISTS')
  })

  test.each([
    ['PATCH', 'team-a', {}, 400],
    ['PATCH', 'nope', { description: 'd' }, 404],
    ['PATCH', 'team-a', { default_artifact_root: 'somewhere' }, 400],
    ['PATCH', 'team-a', { default_artifact_root: 'http://host/x' }, 400],
    ['DELETE', 'default', undefined, 400],
    ['DELETE', 'nope', undefined, 404],
    ['DELETE', 'team-a?mode=SOME', undefined, 400],
  ] as const)('%s of %s with %j is refused', async (method, name, body, status) => {
    await make('team-a')
    const refused = await server.call(method, `${path}/${name}`, body)
    expect(refused.status, refused.text).toBe(status)
  })
})

describe('a request', () => {
  test('finds what is in the workspace that it names, and names may repeat', async () => {
    await make('team-a')
    const [a, b] = [within('team-a'), within('default')]
    const first = (await a.post('experiments/create', { name: 'e' })).json.experiment_id
    const second = (await b.post('experiments/create', { name: 'e' })).json.experiment_id
    expect(first).not.toBe(second)
    const shown = (await a.get(`experiments/get?experiment_id=${first}`)).json.experiment
    expect(shown).toMatchObject({
      name: 'e',
      workspace: 'team-a',
      artifact_location: `mlflow-artifacts:/workspaces/team-a/${first}`,
    })
    expect((await b.get(`experiments/get?experiment_id=${first}`)).status).toBe(404)
    expect((await server.get(`experiments/get?experiment_id=${first}`)).status).toBe(404)
    const own = (await server.get(`experiments/get?experiment_id=${second}`)).json.experiment
    expect(own).toMatchObject({
      workspace: 'default',
      artifact_location: `mlflow-artifacts:/${second}`,
    })
    for (const who of [a, b]) {
      expect((await who.post('registered-models/create', { name: 'm' })).status).toBe(200)
      expect((await who.get('registered-models/search')).json.registered_models).toHaveLength(1)
    }
  })

  test('names it by the header, or before its path, and not two', async () => {
    await make('team-a')
    await within('team-a').post('registered-models/create', { name: 'm' })
    const get = '/api/2.0/mlflow/registered-models/get?name=m'
    expect((await server.call('GET', `/workspaces/team-a${get}`)).status).toBe(200)
    expect((await within(' team-a ').call('GET', get)).status).toBe(200)
    expect((await within('team-a').call('GET', `/workspaces/team-a${get}`)).status).toBe(200)
    expect((await server.call('GET', get)).status).toBe(404)
    expect((await within(' ').call('GET', get)).status).toBe(404)
    expect((await within('default').call('GET', `/workspaces/team-a${get}`)).status).toBe(400)
  })

  test('is refused in a workspace that is not there', async () => {
    const unknown = await within('nope').get('registered-models/search')
    expect([unknown.status, unknown.json.message]).toEqual([404, "Workspace 'nope' not found"])
    expect((await within('TEAM').get('registered-models/search')).status).toBe(400)
    const info = await within('nope').call('GET', '/api/3.0/mlflow/server-info')
    expect(info.status).toBe(200)
  })

  test('with workspaces off may name none, as on MLflow 3.17.2', async () => {
    server = await testServer()
    const info = await within('team-a').call('GET', '/api/3.0/mlflow/server-info')
    expect(info.json.workspaces_enabled).toBe(false)
    for (const workspace of ['team-a', 'default']) {
      const refused = await within(workspace).get('experiments/get?experiment_id=0')
      expect(refused.json.error_code).toBe('FEATURE_DISABLED')
      expect(refused.json.message).toContain('workspaces are not enabled on this server')
    }
    expect((await within(' ').get('experiments/get?experiment_id=0')).status).toBe(200)
    expect((await make('team-a')).json.error_code).toBe('FEATURE_DISABLED')
  })
})

test.each(['', '/', '/models'])(
  'the page at /workspaces/team-a%s leads to pages of the workspace',
  async (at) => {
    await make('team-a')
    const path = `/workspaces/team-a${at}`
    const res = await server.app.request(path, { headers: { accept: 'text/html' } })
    const links = [...(await res.text()).matchAll(/(?:href="|http:\/\/localhost)(\/[^"'&]*)/g)]
    expect(links.length).toBeGreaterThan(5)
    for (const [, link] of links) expect(link).toMatch(/^\/workspaces\/team-a\b/)
  },
)

describe('deleting a workspace', () => {
  test.each<[string, string, (a: Client) => Promise<unknown>]>([
    ['a model', 'registered models', (a) => a.post('registered-models/create', { name: 'm' })],
    ['an experiment', 'experiments', (a) => a.post('experiments/create', { name: 'e' })],
    [
      'a policy',
      'policies',
      (a) => a.call('PUT', '/api/v1/policies/p', { applies_to: { models: '*', stage: 'Staging' } }),
    ],
    [
      'a file',
      'artifacts',
      (a) => a.send('PUT', '/api/2.0/mlflow-artifacts/artifacts/loose.txt', 'x'),
    ],
    [
      'an evaluation dataset',
      'evaluation datasets',
      (a) => a.call('POST', '/api/3.0/mlflow/datasets/create', { name: 'd' }),
    ],
    [
      'a webhook',
      'webhooks',
      (a) =>
        a.call('POST', '/api/v1/webhooks', {
          ...{ name: 'w', url: 'https://93.184.216.34/hook', events: ['*'] },
        }),
    ],
  ])('is refused while it holds %s, in every mode', async (_, what, put) => {
    await make('team-a')
    await put(within('team-a'))
    for (const mode of ['RESTRICT', 'CASCADE', 'SET_DEFAULT']) {
      const refused = await server.call('DELETE', `${path}/team-a?mode=${mode}`)
      expect(refused.status, refused.text).toBe(400)
      expect(refused.json.message).toContain(`still contains 1 ${what}`)
    }
    expect((await server.call('GET', `${path}/team-a`)).status).toBe(200)
  })

  test.each<[string, (a: Client) => Promise<{ status: number }>]>([
    ['registered_models', (a) => a.post('registered-models/create', { name: 'm' })],
    ['experiments', (a) => a.post('experiments/create', { name: 'e' })],
    [
      'policies',
      (a) => a.call('PUT', '/api/v1/policies/p', { applies_to: { models: '*', stage: 'Staging' } }),
    ],
    ['artifact_files', (a) => a.send('PUT', '/api/2.0/mlflow-artifacts/artifacts/loose', 'x')],
    [
      'webhooks',
      (a) =>
        a.call('POST', '/api/v1/webhooks', {
          ...{ name: 'w', url: 'https://93.184.216.34/hook', events: ['*'] },
        }),
    ],
  ])('leaves nothing in %s of a call that it overtakes, which is told so', async (tables, put) => {
    await make('team-a')
    const { platform } = server
    const { db } = platform
    const deleted: number[] = []
    const before = async () => {
      Object.assign(platform, { db })
      deleted.push((await server.call('DELETE', `${path}/team-a`)).status)
    }
    Object.assign(platform, { db: watchedDatabase(db, { before, tables }) })
    expect((await put(within('team-a'))).status).toBe(404)
    expect(deleted).toEqual([204])
    const left = sql<{ count: number }>`select count(*) as count from ${sql.raw(tables)}
      where workspace = 'team-a'`
    expect(await db.all(left)).toEqual([{ count: 0 }])
  })

  test('keeps its name from those who come later, if the audit log tells of what was in it', async () => {
    await make('team-a')
    await server.call('DELETE', `${path}/team-a`)
    expect((await make('team-a')).status).toBe(201)
    await within('team-a').post('registered-models/create', { name: 'm' })
    await within('team-a').del('registered-models/delete', { name: 'm' })
    expect((await server.call('DELETE', `${path}/team-a`)).status).toBe(204)
    expect((await within('team-a').get('registered-models/search')).status).toBe(404)
    const again = await make('team-a')
    expect(again.json.error_code).toBe('RESOURCE_ALREADY_EXISTS')
    expect(again.json.message).toContain('the audit log keeps what was done in it')
  })
})
