import { describe, expect, test } from 'vitest'
import { markupIn, textOf } from './page.ts'
import { runsWorld } from './runs-world.ts'

/** A run of `nightly` that logged a model with a file, a param, a tag and metrics on two datasets. */
async function world({ name = 'scorer', text = 'rf' } = {}) {
  const made = await runsWorld()
  const { ann, mlflow, logRun, app, post } = made
  const run = await logRun({ name: `of ${text}` })
  const { model } = await post('logged-models', {
    ...{ experiment_id: '1', name, model_type: 'classifier', source_run_id: run },
    ...{ params: [{ key: 'kind', value: text }], tags: [{ key: 'team', value: text }] },
  })
  const { model_id, artifact_uri } = model.info
  const point = { key: 'accuracy', timestamp: 1, model_id, run_id: run }
  const metrics = [
    { ...point, value: 0.7, step: 0, dataset_name: text, dataset_digest: 'd1' },
    { ...point, value: 0.9, step: 1, timestamp: 2, dataset_name: text, dataset_digest: 'd1' },
    { ...point, value: 0.4, step: 0, dataset_name: text, dataset_digest: 'd2' },
  ]
  await post('runs/log-batch', { run_id: run, metrics })
  const folder = artifact_uri.replace('mlflow-artifacts:', '/api/2.0/mlflow-artifacts/artifacts')
  await app.request(`${folder}/MLmodel`, {
    method: 'PUT',
    headers: { authorization: ann },
    body: 'flavors: {}',
  })
  const outputs = { run_id: run, models: [{ model_id, step: 0 }] }
  await mlflow(ann, 'POST', 'runs/outputs', outputs)
  return { ...made, run, model: String(model_id), page: `/logged-models/${model_id}` }
}

describe('the page of a logged model', () => {
  test('says how good it is on which data, where it comes from and what became of it', async () => {
    const { as, rita, post, model, page, run, name } = await world()
    const text = textOf((await as(rita).get(page)).html)
    for (const shown of [
      'type classifier logged',
      'by run of rf not registered',
      'Metrics 2',
      'accuracy rf d1 0.9',
      'accuracy rf d2 0.4',
      'kind rf',
      'team rf',
      `mlflow.pyfunc.load_model("models:/${model}")`,
    ]) {
      expect(text).toContain(shown)
    }
    await post('model-versions/create', { name, source: `models:/${model}`, model_id: model })
    const { html } = await as(rita).get(page)
    expect(textOf(html)).toContain('became')
    expect(html).toContain('href="/models/fraud-detector/4"')
    expect((await as(rita).get(`/runs/${run}`)).html).toContain(`href="${page}"`)
    expect((await as(rita).get('/models/fraud-detector/4')).html).toContain(`href="${page}"`)
  })

  test('leads to its files', async () => {
    const { as, rita, page } = await world()
    const files = await as(rita).get(`${page}/files`)
    expect(textOf(files.html)).toContain('MLmodel 11 B')
    const file = await as(rita).get(`${page}/files?path=MLmodel`)
    expect(textOf(file.html)).toContain('flavors: {}')
    const download = /href="([^"]*artifacts\/files[^"]*)"/.exec(file.html)?.[1] ?? ''
    expect((await as(rita).get(download)).html).toBe('flavors: {}')
  })

  test('is for who may read it, and shows nothing of a run that they may not read', async () => {
    const { as, eve, mlflow, admin, page, ann, model } = await world()
    const none = { experiment_id: '1', username: 'eve', permission: 'NO_PERMISSIONS' }
    await mlflow(admin, 'POST', 'experiments/permissions/create', none)
    for (const path of [page, `${page}/files`]) expect((await as(eve).get(path)).status).toBe(403)
    expect((await as(ann).get('/logged-models/m-none')).status).toBe(404)
    await mlflow(ann, 'DELETE', `logged-models/${model}`)
    expect((await as(ann).get(page)).status).toBe(404)
  })

  test('makes no markup of what somebody writes', async () => {
    const markup = '"><img src=x onerror=alert(1)>\u202e'
    const { as, ann, page } = await world({ name: '<b>m<b>\u202e', text: markup })
    for (const path of [page, `${page}/files`]) {
      const { html, status } = await as(ann).get(path)
      expect(status).toBe(200)
      expect(markupIn(html)).toEqual([])
      expect(html).not.toContain('\u202e')
    }
  })
})
