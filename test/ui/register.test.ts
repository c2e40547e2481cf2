import { expect, test } from 'vitest'
import { admin } from '../support/auth-server.ts'
import { fieldsIn, markupIn, textOf } from './page.ts'
import { runsWorld } from './runs-world.ts'

async function world() {
  const made = await runsWorld()
  const { ann, mlflow, logRun, app, post } = made
  const run = await logRun({ name: 'trained' })
  const { model } = await post('logged-models', {
    ...{ experiment_id: '1', name: '<img src=x>', source_run_id: run },
  })
  const { model_id, artifact_uri } = model.info
  const folder = artifact_uri.replace('mlflow-artifacts:', '/api/2.0/mlflow-artifacts/artifacts')
  const files = { MLmodel: 'flavors: {}', 'model_card.md': '# Intended use\n\nRank.\n' }
  for (const [path, body] of Object.entries(files)) {
    const headers = { authorization: ann }
    await app.request(`${folder}/${path}`, { method: 'PUT', headers, body })
  }
  await mlflow(ann, 'POST', 'runs/outputs', { run_id: run, models: [{ model_id, step: 0 }] })
  return { ...made, run, model: String(model_id), page: `/logged-models/${model_id}` }
}

test('a logged model becomes the next version of a registered model, with its run and files', async () => {
  const { as, ann, call, run, model, page } = await world()
  expect((await as(ann).get(`/runs/${run}`)).html).toContain(`href="${page}/register"`)
  expect((await as(ann).get(page)).html).toContain(`href="${page}/register"`)
  const form = await as(ann).get(`${page}/register?model=fraud-detector`)
  expect(form.html).toContain('<option value="fraud-detector"')
  expect(markupIn(form.html)).toEqual([])
  const fields = { ...fieldsIn(form.html), description: 'better' }
  expect(fields).toMatchObject({ model: 'fraud-detector' })
  const made = await as(ann).post(`${page}/register`, fields)
  expect([made.status, made.location]).toEqual([303, '/models/fraud-detector/4'])
  const path = '/api/2.0/mlflow/model-versions/get?name=fraud-detector&version=4'
  const { json } = await call(ann, 'GET', path)
  expect(json.model_version).toMatchObject({
    ...{ run_id: run, description: 'better', current_stage: 'None' },
    source: `models:/${model}`,
  })
  const shown = textOf((await as(ann).get('/models/fraud-detector/4')).html)
  expect(shown).toContain('sealed')
  expect(shown).toContain('MLmodel')
  expect(shown).toContain(`Logged model <img src=x> ${model}`)
})

test('a registered model of a new name is asked about, and then made', async () => {
  const { as, ann, page } = await world()
  const asked = await as(ann).post(`${page}/register`, { model: 'new one', description: 'kept' })
  expect(asked.status).toBe(404)
  expect(asked.html).toContain(`formaction="${page}/register/model"`)
  expect(fieldsIn(asked.html)).toMatchObject({ model: 'new one', description: 'kept' })
  const made = await as(ann).post(`${page}/register/model`, fieldsIn(asked.html))
  expect([made.status, made.location]).toEqual([303, `${page}/register?model=new%20one`])
  const again = await as(ann).post(`${page}/register/model`, { model: 'new one' })
  expect(again.status).toBe(400)
  const version = await as(ann).post(`${page}/register`, { model: 'new one' })
  expect(version.location).toBe('/models/new%20one/1')
  expect((await as(ann).post(`${page}/register`, { model: '' })).status).toBe(400)
})

test('who may not register, or not read the logged model, registers nothing, and it is noted', async () => {
  const { as, eve, rita, call, page, mlflow } = await world()
  const none = { experiment_id: '1', username: 'eve', permission: 'NO_PERMISSIONS' }
  await mlflow(admin, 'POST', 'experiments/permissions/create', none)
  await mlflow(eve, 'POST', 'registered-models/create', { name: 'of-eve' })
  expect((await as(eve).get(`${page}/register`)).status).toBe(403)
  expect((await as(eve).post(`${page}/register`, { model: 'of-eve' })).status).toBe(403)
  expect((await as(rita).post(`${page}/register`, { model: 'of-eve' })).status).toBe(403)
  const { json } = await call(admin, 'GET', '/api/v1/audit?action=request.refused')
  expect(json.items[0].after).toMatchObject({ operation: 'createModelVersion' })
  const versions = await mlflow(eve, 'POST', 'registered-models/get-latest-versions', {
    name: 'of-eve',
  })
  expect(versions.json).toEqual({})
  for (const model of ['', 'of-eve', 'newer']) {
    expect((await as(eve).post(`${page}/register/model`, { model })).status).toBe(403)
  }
  const gone = '/logged-models/m-00000000000000000000000000000000/register'
  expect((await as(rita).get(gone)).status).not.toBe(200)
})

/** A run whose model is only files, as clients before 3.0 log it. */
async function filesWorld() {
  const made = await runsWorld()
  const { ann, logRun, app, mlflow } = made
  const artifact_path = 'models/50% <b>'
  const run = await logRun({
    name: 'older',
    tags: [{ key: 'mlflow.log-model.history', value: JSON.stringify([{ artifact_path }]) }],
  })
  const got = await mlflow(ann, 'GET', `runs/get?run_id=${run}`)
  const root = got.json.run.info.artifact_uri.replace(
    'mlflow-artifacts:',
    '/api/2.0/mlflow-artifacts/artifacts',
  )
  for (const path of [`${artifact_path}/MLmodel`, 'notes.txt']) {
    const at = `${root}/${path.split('/').map(encodeURIComponent).join('/')}`
    const headers = { authorization: ann }
    const put = await app.request(at, { method: 'PUT', headers, body: 'flavors: {}' })
    expect(put.status).toBe(200)
  }
  const address = (below = '') =>
    `/runs/${run}/register${below}?path=${encodeURIComponent(artifact_path)}`
  return { ...made, run, artifact_path, address }
}

test('a folder of a run that holds a model becomes a version, without a logged model', async () => {
  const { as, ann, call, run, artifact_path, address } = await filesWorld()
  const link = `href="${address()}"`
  expect((await as(ann).get(`/runs/${run}`)).html).toContain(link)
  const files = (path: string) => as(ann).get(`/runs/${run}/files?path=${encodeURIComponent(path)}`)
  expect((await files(artifact_path)).html).toContain(link)
  expect((await files('models')).html).not.toContain('/register')
  const form = await as(ann).get(address())
  expect(markupIn(form.html)).toEqual([])
  expect(textOf(form.html)).toContain('Register models/50% <b> of older')
  const unknown = await as(ann).post(address(), { model: 'aged', description: 'kept' })
  expect(unknown.status).toBe(404)
  expect(unknown.html).toContain(`formaction="${address('/model')}"`)
  const made = await as(ann).post(address('/model'), { model: 'aged' })
  expect(made.location).toBe(`${address()}&model=aged`)
  const version = await as(ann).post(address(), { model: 'aged', description: 'kept' })
  expect([version.status, version.location]).toEqual([303, '/models/aged/1'])
  const path = '/api/2.0/mlflow/model-versions/get?name=aged&version=1'
  const { json } = await call(ann, 'GET', path)
  expect(json.model_version).toMatchObject({ run_id: run, description: 'kept' })
  const sealed = await call(ann, 'GET', '/api/v1/models/aged/versions/1/files')
  expect(sealed.json.items.map((file: { path: string }) => file.path)).toEqual(['MLmodel'])
})

test('who may not read the run registers none of its files, and no way leads out of its folder', async () => {
  const { as, ann, eve, mlflow, run, address } = await filesWorld()
  const none = { experiment_id: '1', username: 'eve', permission: 'NO_PERMISSIONS' }
  await mlflow(admin, 'POST', 'experiments/permissions/create', none)
  await mlflow(eve, 'POST', 'registered-models/create', { name: 'of-eve' })
  expect((await as(eve).get(address())).status).toBe(403)
  expect((await as(eve).post(address(), { model: 'of-eve' })).status).toBe(403)
  await mlflow(ann, 'POST', 'registered-models/create', { name: 'of-ann' })
  for (const path of ['..', '../../x', 'a/../..', '%2e%2e', 'nowhere']) {
    const at = `/runs/${run}/register?path=${encodeURIComponent(path)}`
    const { status } = await as(ann).post(at, { model: 'of-ann' })
    expect([path, status >= 400 && status < 500]).toEqual([path, true])
  }
  const versions = await mlflow(ann, 'POST', 'registered-models/get-latest-versions', {
    name: 'of-ann',
  })
  expect(versions.json).toEqual({})
})
