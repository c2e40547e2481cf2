import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { cardServer } from '../support/card-server.ts'

/** The server of docs/questions.md: two nightly versions, the second one in Production. */
async function documentedServer() {
  let clock = 1_764_000_000_000
  const server = await cardServer({ now: () => clock })
  const { post, createModel, createVersion, transition, upload, putCard } = server
  await createModel('fraud')
  const dataset = { name: 'transactions', digest: '9f2c', source_type: 's3', source: 's3://t' }
  let last = ''
  for (const [version, depth, auc, amount, scikit, owners] of [
    ['1', '3', 0.91, 'double', '1.9.1', ['ada']],
    ['2', '4', 0.94, 'string', '1.9.2', ['ada', 'bob']],
  ] as const) {
    clock += 60_000
    const made = await post('runs/create', {
      experiment_id: '0',
      run_name: 'nightly',
      start_time: clock,
      tags: [{ key: 'mlflow.source.git.commit', value: 'c0ffee' }],
    })
    const { run_id, artifact_uri } = made.json.run.info
    await post('runs/log-parameter', { run_id, key: 'depth', value: depth })
    await post('runs/log-metric', { run_id, key: 'auc', value: auc, timestamp: clock, step: 0 })
    await post('runs/log-inputs', { run_id, datasets: [{ dataset, tags: [] }] })
    const inputs = JSON.stringify([{ name: 'amount', type: amount, required: true }])
    await upload(`${artifact_uri}/model/MLmodel`, `signature:\n  inputs: '${inputs}'\n`)
    await upload(`${artifact_uri}/model/requirements.txt`, `scikit-learn==${scikit}\n`)
    await createVersion('fraud', `${artifact_uri}/model`, { run_id })
    await putCard('fraud', { revision: 0, owners }, Number(version))
    await transition('fraud', version, 'Production', { archive_existing_versions: true })
    last = run_id
  }
  await evaluate(server, last, clock)
  return server
}

/** A trace of a run, which an evaluation looked at. */
async function evaluate(
  { call, post }: Awaited<ReturnType<typeof cardServer>>,
  run: string,
  atMs: number,
) {
  const traced = await call('POST', '/api/3.0/mlflow/traces', {
    trace: {
      trace_info: {
        trace_id: 'tr-1',
        trace_location: { mlflow_experiment: { experiment_id: '0' } },
        request_time: new Date(atMs).toISOString(),
        execution_duration: '0.5s',
        state: 'OK',
        trace_metadata: { 'mlflow.sourceRun': run },
      },
    },
  })
  expect(traced.status).toBe(200)
  const made = await post('runs/create', { experiment_id: '0', run_name: 'eval-2', start_time: 1 })
  const { run_id } = made.json.run.info
  const dataset = { name: 'golden', digest: '77ab', source_type: 's3', source: 's3://g' }
  await post('runs/log-inputs', { run_id, datasets: [{ dataset, tags: [] }] })
  await post('traces/link-to-run', { run_id, trace_ids: ['tr-1'] })
}

test('the calls of docs/questions.md answer what it shows', async () => {
  const doc = await readFile(new URL('../../docs/questions.md', import.meta.url), 'utf8')
  const examples = [...doc.matchAll(/```http\nGET (.*)\n```\n```json\n([\s\S]*?)```/g)]
  expect(examples).toHaveLength(7)
  const { call } = await documentedServer()
  for (const [, path = '', shown = ''] of examples) {
    const { status, json } = await call('GET', path)
    expect([path, status]).toEqual([path, 200])
    expect(json, path).toMatchObject(JSON.parse(shown))
    if (path.includes('/compare?')) expect(json).toEqual(JSON.parse(shown))
  }
})
