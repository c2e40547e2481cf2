import { expect, test } from 'vitest'
import { person } from '../support/accounts.ts'
import { appOf } from '../support/app.ts'

import { registryServer } from '../support/registry-server.ts'

/** Two models of one run that read a dataset, a third of another run that read it too. */
async function trainedServer() {
  const server = await registryServer()
  const { post, createModel, createVersion, createRun, transition } = server
  const parent = await createRun()
  const child = await post('runs/create', {
    experiment_id: parent.experimentId,
    start_time: 1,
    run_name: 'fold-1',
    tags: [
      { key: 'mlflow.parentRunId', value: parent.runId },
      { key: 'mlflow.source.git.commit', value: 'c0ffee' },
      { key: 'mlflow.source.name', value: 'train.py' },
    ],
  })
  const runId: string = child.json.run.info.run_id
  const other = await createRun()
  const dataset = { name: 'txns', digest: 'd1', source_type: 's3', source: 's3://b/txns' }
  for (const run_id of [runId, other.runId]) {
    await post('runs/log-inputs', { run_id, datasets: [{ dataset, tags: [] }] })
  }
  for (const [name, run_id] of [
    ['fraud', runId],
    ['fraud-lite', runId],
    ['churn', other.runId],
  ] as const) {
    await createModel(name)
    await createVersion(name, 's3://b/m', { run_id })
  }
  await transition('fraud', '1', 'Production')
  await post('registered-models/alias', { name: 'churn', alias: 'champion', version: '1' })
  return { ...server, runId, parent, other }
}

test('the lineage of a version has its run, code, data, siblings and requests', async () => {
  const { call, runId, parent } = await trainedServer()
  await call('PUT', '/api/v1/policies/p', {
    applies_to: { models: '*', stage: 'Staging' },
    approvals: { required: 1, from: ['group:risk'] },
  })
  const request = { model: 'fraud', version: '1', to: { stage: 'Staging' } }
  const opened = await call('POST', '/api/v1/promotions', request)
  const { status, json } = await call('GET', '/api/v1/models/fraud/versions/1/lineage')
  expect(status).toBe(200)
  expect(json).toMatchObject({
    model: 'fraud',
    version: '1',
    stage: 'Production',
    live: true,
    run: {
      run_id: runId,
      name: 'fold-1',
      experiment_id: parent.experimentId,
      parent: { run_id: parent.runId },
      code: { commit: 'c0ffee', source: 'train.py' },
    },
    datasets: [{ name: 'txns', digest: 'd1', source_type: 's3', source: 's3://b/txns' }],
    siblings: [{ model: 'fraud-lite', version: '1', live: false }],
    promotions: [{ id: opened.json.id, to: { stage: 'Staging' }, status: 'open' }],
  })
  expect((await call('GET', '/api/v1/models/fraud/versions/9/lineage')).status).toBe(404)
})

test('a dataset digest leads to every version trained on it and where each is live', async () => {
  const { call } = await trainedServer()
  const { json } = await call('GET', '/api/v1/lineage?dataset_digest=d1')
  const found = json.items.map(
    (one: { model: string; stage: string; aliases: string[]; live: boolean }) => [
      one.model,
      one.stage,
      one.aliases,
      one.live,
    ],
  )
  expect(found).toEqual([
    ['fraud', 'Production', [], true],
    ['fraud-lite', 'None', [], false],
    ['churn', 'None', ['champion'], true],
  ])
  expect(json.items[0].datasets).toMatchObject([{ name: 'txns', digest: 'd1' }])
  const first = await call('GET', '/api/v1/lineage?dataset_digest=d1&max_results=2')
  const rest = await call(
    'GET',
    `/api/v1/lineage?dataset_digest=d1&page_token=${first.json.next_page_token}`,
  )
  expect(rest.json.items.map(({ model }: { model: string }) => model)).toEqual(['churn'])
  expect((await call('GET', '/api/v1/lineage?dataset_digest=nope')).json).toEqual({ items: [] })
  expect((await call('GET', '/api/v1/lineage')).status).toBe(400)
})

test('what the caller may not read is left out of a lineage', async () => {
  const { platform } = await trainedServer()
  const settings = {
    ...platform.settings,
    auth: true,
    defaultPermission: 'NO_PERMISSIONS' as const,
  }
  const ask = async (isAdmin: boolean, path: string) => {
    const principal = { ...person('eve'), isAdmin }
    const res = await appOf(() => ({ ...platform, settings }), principal).request(path)
    return { status: res.status, json: await res.json() }
  }
  const incident = '/api/v1/lineage?dataset_digest=d1'
  expect((await ask(true, incident)).json).toMatchObject({ items: [{}, {}, {}] })
  expect(await ask(false, incident)).toEqual({ status: 200, json: { items: [] } })
  expect((await ask(false, '/api/v1/models/fraud/versions/1/lineage')).status).toBe(403)
})
