import type { Page, Request } from 'playwright-core'
import { expect, test } from 'vitest'
import { openPageFolder } from '../../../src/platform/node/page-folder.ts'
import { testServer } from '../../support/server.ts'
import { lacksBrowser, useBrowser } from './browser.ts'

/** Of the client that `npm test` installs. */
const build = new URL(
  '../../../.clients/mlflow-3.17.2/lib/python3.11/site-packages/mlflow/server/js/build',
  import.meta.url,
).pathname
const isLacking = await lacksBrowser(build)
const { openContext, serve } = useBrowser(isLacking)

/** A server with MLflow's page, an experiment with two runs that have files, and a model of two versions. */
async function filledServer() {
  const server = await testServer({ mlflowPage: await openPageFolder(build) })
  const { call } = server
  const post = async (path: string, body: object) => {
    const answer = await server.post(path, body)
    expect(answer).toMatchObject({ status: 200 })
    return answer
  }
  const experiment = (await post('experiments/create', { name: 'fraud' })).json.experiment_id
  await post('registered-models/create', { name: 'fraud-detector' })
  const runs: string[] = []
  for (const name of ['first', 'second']) {
    const { run } = (await post('runs/create', { experiment_id: experiment, run_name: name })).json
    const { run_id, artifact_uri } = run.info
    runs.push(run_id)
    const metrics = Array.from({ length: 20 }, (_, step) => ({
      key: 'loss',
      value: 1 / (step + runs.length),
      timestamp: 1,
      step,
    }))
    const params = [{ key: 'lr', value: String(runs.length) }]
    await post('runs/log-batch', { run_id, metrics, params })
    const folder = artifact_uri.replace('mlflow-artifacts:', '/api/2.0/mlflow-artifacts/artifacts')
    await call('PUT', `${folder}/notes/a.txt`, 'what was tried')
    await call('PUT', `${folder}/model/MLmodel`, 'flavors: {}\n')
    const model = { experiment_id: experiment, name: 'model', source_run_id: run_id }
    const made = await post('logged-models', model)
    const { model_id } = made.json.model.info
    await post('runs/outputs', { run_id, models: [{ model_id, step: 0 }] })
    const version = { name: 'fraud-detector', source: `${artifact_uri}/model`, run_id }
    await post('model-versions/create', version)
  }
  return { ...server, url: await serve(server.platform), experiment, runs }
}

/** Calls of the page that wait for their answers; a worker that it starts may stay on its list. */
function pendingOf(page: Page): ReadonlySet<Request> {
  const pending = new Set<Request>()
  page.on('request', (request) => {
    if (!request.url().includes('/static-files/')) pending.add(request)
  })
  page.on('requestfinished', (request) => pending.delete(request))
  page.on('requestfailed', (request) => pending.delete(request))
  return pending
}

/** Opens a place of the page and waits for a text of it, and for all that it asked for. */
function lookerOf(page: Page) {
  const pending = pendingOf(page)
  return async (address: string, text: string) => {
    await page.goto('about:blank')
    await page.goto(address)
    const shown = page.getByText(text).filter({ visible: true }).first()
    await shown.waitFor({ timeout: 10_000 })
    await expect.poll(() => [...pending].map((one) => one.url()), { timeout: 10_000 }).toEqual([])
  }
}

/** What the page was refused, and what went wrong in it. Without access control nobody is signed in, as with MLflow. */
function faultsOf(page: Page): string[] {
  const faults: string[] = []
  page.on('response', (answer) => {
    const { pathname } = new URL(answer.url())
    const isExpected = pathname.endsWith('/users/current')
    if (answer.status() >= 400 && !isExpected) faults.push(`${answer.status()} ${pathname}`)
  })
  page.on('pageerror', (err) => faults.push(String(err)))
  page.on('console', (message) => {
    if (/Content Security Policy|TypeError/.test(message.text())) faults.push(message.text())
  })
  return faults
}

test.skipIf(isLacking)(
  "MLflow's own page shows experiments, runs, charts, files, models and versions, and its moves are in the audit log",
  async () => {
    const { url, experiment, runs, call } = await filledServer()
    const context = await openContext({ viewport: { width: 1440, height: 900 } })
    const page = await context.newPage()
    const faults = faultsOf(page)
    const look = lookerOf(page)
    const [first, second] = runs
    const below = `experiments/${experiment}`
    const named = JSON.stringify(runs)
    for (const [at, text] of [
      ['experiments', 'fraud'],
      [`${below}/runs`, 'second'],
      [`${below}/runs?compareRunsMode=CHART`, 'loss'],
      [`${below}/models`, 'model'],
      [`${below}/runs/${first}`, 'fraud-detector'],
      [`${below}/runs/${first}/model-metrics`, 'loss'],
      [`${below}/runs/${first}/artifacts/notes/a.txt`, 'what was tried'],
      [`compare-runs?runs=${named}&experiments=["${experiment}"]`, 'Comparing 2 Runs'],
      ['models', 'fraud-detector'],
      ['models/fraud-detector', 'Version 2'],
      [
        `compare-model-versions?name="fraud-detector"&runs={"1":"${first}","2":"${second}"}`,
        'Comparing 2 Versions',
      ],
      ['models/fraud-detector/versions/1', 'first'],
    ] as const) {
      await look(`${url}/mlflow-ui/#/${at}`, text)
    }
    expect(faults).toEqual([])
    // What its button for stages sends; it stands behind a switch of the page.
    const status = await page.evaluate(async () => {
      const body = { name: 'fraud-detector', version: '1', stage: 'Production' }
      const address = 'ajax-api/2.0/mlflow/model-versions/transition-stage'
      const headers = { 'content-type': 'application/json' }
      return (await fetch(address, { method: 'POST', headers, body: JSON.stringify(body) })).status
    })
    expect(status).toBe(200)
    const { json } = await call('GET', '/api/v1/audit?action=model_version.transitioned')
    expect(json.items).toMatchObject([{ model: 'fraud-detector', after: { stage: 'Production' } }])
  },
  90_000,
)

test.skipIf(isLacking)(
  'its pages of logged models, prompts, traces, evaluations and settings are refused nothing',
  async () => {
    const { url, experiment, post, call } = await filledServer()
    const is_prompt = { key: 'mlflow.prompt.is_prompt', value: 'true' }
    await post('registered-models/create', {
      name: 'greet',
      tags: [is_prompt, { key: '_mlflow_experiment_ids', value: `,${experiment},` }],
    })
    const text = { key: 'mlflow.prompt.text', value: 'Hello {{name}}!' }
    const version = { name: 'greet', source: 'dummy-source', tags: [is_prompt, text] }
    expect((await post('model-versions/create', version)).status).toBe(200)
    const trace_info = {
      trace_id: 'tr-1',
      trace_location: { mlflow_experiment: { experiment_id: experiment } },
      request_time: new Date().toISOString(),
      request_preview: 'where is my order',
      state: 'OK',
    }
    await call('POST', '/api/3.0/mlflow/traces', { trace: { trace_info } })
    const models = await post('logged-models/search', { experiment_ids: [experiment] })
    const { model_id, artifact_uri } = models.json.models[0].info
    const folder = artifact_uri.replace('mlflow-artifacts:', '/api/2.0/mlflow-artifacts/artifacts')
    await call('PUT', `${folder}/MLmodel`, 'flavors: {}\n')
    const context = await openContext({ viewport: { width: 1440, height: 900 } })
    const page = await context.newPage()
    const faults = faultsOf(page)
    const look = lookerOf(page)
    const below = `experiments/${experiment}`
    for (const [at, shown] of [
      [`${below}/models/${model_id}`, 'About this logged model'],
      [`${below}/models/${model_id}/artifacts`, 'Select a file to preview'],
      ['prompts', 'greet'],
      ['prompts/greet', 'Hello {{name}}!'],
      [`${below}/prompts`, 'greet'],
      [`${below}/traces`, 'where is my order'],
      [`${below}/evaluation-runs`, 'Evaluation runs'],
      [`${below}/datasets`, 'Create an evaluation dataset'],
      [`${below}/judges`, 'Create and manage judges'],
      [`${below}/review-queue`, 'Manage questions'],
      ['settings/webhooks', 'No webhooks configured'],
    ] as const) {
      await look(`${url}/mlflow-ui/#/${at}`, shown)
    }
    expect(faults).toEqual([])
  },
  90_000,
)
