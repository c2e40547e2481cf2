import { expect, test } from 'vitest'
import { registryServer, sixteen } from '../../support/registry-server.ts'

async function sealServer() {
  const server = await registryServer()
  await server.createModel('m')
  const run = await server.createRun()
  await server.upload(`${run.root}/model/MLmodel`, 'first')
  await server.upload(`${run.root}/model/data/weights.bin`, 'weights')
  const register = (source: string, more: object = { run_id: run.runId }) =>
    server.createVersion('m', source, more)
  const addressOf = async (name: string, version: string) =>
    (await server.downloadUri(name, version)).json.artifact_uri as string
  return { ...server, run, register, addressOf }
}

test('a version whose files are ours keeps their bytes when the run is written again', async () => {
  const { run, register, addressOf, upload, download } = await sealServer()
  await register(`${run.root}/model`)
  await upload(`${run.root}/model/MLmodel`, 'second')
  await register(`runs:/${run.runId}/model`)
  const [first, second] = [await addressOf('m', '1'), await addressOf('m', '2')]
  expect(first).toMatch(/^mlflow-artifacts:\/model-versions\/\d+$/)
  expect((await download(`${first}/MLmodel`)).text).toBe('first')
  expect((await download(`${second}/MLmodel`)).text).toBe('second')
  expect((await download(`${second}/data/weights.bin`)).text).toBe('weights')
})

test('a version of a logged model is sealed, and the logged model says where it is registered', async () => {
  const { run, register, addressOf, post, call, upload, download } = await sealServer()
  const logged = await post('logged-models', {
    experiment_id: run.experimentId,
    name: 'model-2',
    source_run_id: run.runId,
  })
  const { model_id: modelId, artifact_uri: root } = logged.json.model.info
  await upload(`${root}/MLmodel`, 'logged')
  for (const source of [`models:/${modelId}`, root, `${root}/MLmodel`]) {
    const created = await register(source, { model_id: modelId })
    expect(created.json.model_version.run_id).toBe(run.runId)
    expect(created.json.model_version).not.toHaveProperty('model_id')
  }
  expect((await register(`runs:/${run.runId}/model-2`)).status).toBe(200)
  for (const version of ['1', '2', '3', '4']) {
    expect((await download(`${await addressOf('m', version)}/MLmodel`)).text).toBe('logged')
  }
  const model = await call('GET', `/api/2.0/mlflow/logged-models/${modelId}`)
  const tags: { key: string; value: string }[] = model.json.model.info.tags
  const registered = tags.find((tag) => tag.key === 'mlflow.modelVersions')?.value
  expect(JSON.parse(registered ?? '')).toEqual([1, 2, 3].map((version) => ({ name: 'm', version })))
  for (const source of [`models:/${modelId}`, root]) {
    expect((await register(source)).status).toBe(400)
    expect((await register(source, { model_id: `m-${'0'.repeat(32)}` })).status).not.toBe(200)
  }
  expect((await register(`${run.root}/model`, { model_id: modelId })).status).toBe(400)
})

test('a copy shares the files of its original, by models:/ and by the read-only address', async () => {
  const { run, register, addressOf, createModel, createVersion, download, del, getVersion } =
    await sealServer()
  await register(`${run.root}/model`)
  await createModel('copy')
  const address = await addressOf('m', '1')
  for (const source of ['models:/m/1', address, `${address}/`]) {
    const copy = await createVersion('copy', source, { run_id: run.runId })
    expect(copy.json.model_version).toMatchObject({ source: 'models:/m/1', run_id: run.runId })
  }
  expect((await createVersion('copy', `${address}/data`)).status).toBe(400)
  expect((await createVersion('copy', 'mlflow-artifacts:/model-versions/9999')).status).toBe(404)
  expect((await createVersion('copy', address, { run_id: 'other' })).status).toBe(400)
  await del('model-versions/delete', { name: 'm', version: '1' })
  expect((await getVersion('copy', 3)).status).toBe(200)
  const copied = await addressOf('copy', '3')
  expect(copied).not.toBe(address)
  expect((await download(`${copied}/MLmodel`)).text).toBe('first')
  expect((await download(`${address}/MLmodel`)).status).toBe(404)
})

test('sixteen registered at once from one folder share its seal', async () => {
  const { run, register, addressOf, download } = await sealServer()
  const created = await sixteen(() => register(`${run.root}/model`))
  const versions = created.map((res) => res.json.model_version.version as string)
  expect(new Set(versions).size).toBe(16)
  const texts = await Promise.all(
    versions.map(async (v) => (await download(`${await addressOf('m', v)}/MLmodel`)).text),
  )
  expect(new Set(texts)).toEqual(new Set(['first']))
})
