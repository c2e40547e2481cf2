import { beforeEach, describe, expect, test } from 'vitest'
import { type Client, client } from '../support/client.ts'
import { testServer } from '../support/server.ts'

const path = '/api/3.0/mlflow/workspaces'

let server: Awaited<ReturnType<typeof testServer>>
const within = (workspace: string): Client =>
  client(server.app, { 'x-mlflow-workspace': workspace })
const make = (name: string, more: object = {}) => server.call('POST', path, { name, ...more })

beforeEach(async () => {
  const fresh = await testServer()
  const settings = { ...fresh.platform.settings, workspaces: true }
  server = await testServer({ ...fresh.platform, settings })
})

describe('artifacts', () => {
  const proxy = '/api/2.0/mlflow-artifacts/artifacts'
  const put = (who: Client, at: string, body: string) => who.send('PUT', `${proxy}/${at}`, body)
  const read = async (who: Client, at: string) => (await who.send('GET', `${proxy}/${at}`)).text()

  test('of one path are files of their own in each workspace', async () => {
    await make('team-a')
    const [a, b] = [within('team-a'), within('default')]
    await put(a, 'workspaces/team-a/1/x', 'of a')
    await put(b, '1/x', 'of b')
    expect(await read(a, 'workspaces/team-a/1/x')).toBe('of a')
    // The folder of the workspace may be left out.
    expect(await read(a, '1/x')).toBe('of a')
    expect(await read(b, '1/x')).toBe('of b')
    const other = await b.send('GET', `${proxy}/workspaces/team-a/1/x`)
    expect(other.status).toBe(400)
    expect(await other.text()).toContain('targets workspace')
    expect((await a.send('GET', `${proxy}/workspaces/default/1/x`)).status).toBe(400)
    expect((await a.send('GET', `${proxy}?path=workspaces`)).status).toBe(400)
  })

  test('lie where the workspace says, if it has a place of its own', async () => {
    await make('team-a', { default_artifact_root: 'mlflow-artifacts:/risk/' })
    const a = within('team-a')
    const id = (await a.post('experiments/create', { name: 'e' })).json.experiment_id
    const { experiment } = (await a.get(`experiments/get?experiment_id=${id}`)).json
    expect(experiment.artifact_location).toBe(`mlflow-artifacts:/risk/${id}`)
    await server.call('PATCH', `${path}/team-a`, { default_artifact_root: '' })
    const next = (await a.post('experiments/create', { name: 'f' })).json.experiment_id
    const { experiment: other } = (await a.get(`experiments/get?experiment_id=${next}`)).json
    expect(other.artifact_location).toBe(`mlflow-artifacts:/workspaces/team-a/${next}`)
  })

  test.each<[string, object, object, string]>([
    ['the workspace', { default_artifact_root: 'mlflow-artifacts:/risk' }, {}, 'risk/'],
    ['an experiment', {}, { artifact_location: 'mlflow-artifacts:/mine' }, 'mine'],
    [
      'an experiment, said with the folder of the workspace',
      {},
      { artifact_location: 'mlflow-artifacts:/workspaces/team-a/mine' },
      'workspaces/team-a/mine',
    ],
    ['nobody', {}, {}, 'workspaces/team-a/'],
  ])('are found where %s says', async (_, ofWorkspace, ofExperiment, root) => {
    await make('team-a', ofWorkspace)
    const a = within('team-a')
    const { experiment_id } = (await a.post('experiments/create', { name: 'e', ...ofExperiment }))
      .json
    const { info } = (await a.post('runs/create', { experiment_id })).json.run
    const folder = info.artifact_uri.replace('mlflow-artifacts:/', '')
    expect(folder).toMatch(new RegExp(`^${root}`))
    for (const [path, body] of [
      ['model/MLmodel', 'flavors: {}'],
      ['model_card.md', '# Card\n\nabout it'],
    ]) {
      expect((await a.send('PUT', `${proxy}/${folder}/${path}`, body)).status).toBe(200)
    }
    const listed = await a.get(`artifacts/list?run_id=${info.run_id}&path=model`)
    expect(listed.json.files).toMatchObject([{ path: 'model/MLmodel' }])
    const got = await a.send('GET', `/get-artifact?run_id=${info.run_id}&path=model/MLmodel`)
    expect(await got.text()).toBe('flavors: {}')
    await a.post('registered-models/create', { name: 'm' })
    for (const source of [`runs:/${info.run_id}/model`, `${info.artifact_uri}/model`]) {
      const made = await a.post('model-versions/create', {
        ...{ name: 'm', source, run_id: info.run_id },
      })
      expect(made.status, made.text).toBe(200)
      const { version } = made.json.model_version
      const { json } = await a.call('GET', `/api/v1/models/m/versions/${version}`)
      expect(json.digest).toMatch(/^sha256:/)
      const card = await a.call('GET', `/api/v1/models/m/versions/${version}/card`)
      expect(card.text).toContain('about it')
    }
  })
})
