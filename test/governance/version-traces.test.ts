import { expect, test } from 'vitest'
import { team } from '../support/team.ts'
import { traceId } from '../support/trace-server.ts'
import { tracedVersions } from '../support/traced-versions.ts'

async function busyVersions() {
  const s = await tracedVersions()
  await s.send(1, { correct: true, took: '0.1s' })
  await s.send(2, { correct: 0.5, took: '0.9s' })
  await s.send(3, { state: 'ERROR', took: '2s' })
  await s.send(4, { state: 'IN_PROGRESS', correct: 7 })
  await s.send(5, { correct: 1e308, name: 'endless' })
  await s.send(6, { of: s.live.runId, took: '0.1s' })
  return s
}

const figures = {
  count: 4,
  errors: 1,
  unfinished: 1,
  error_rate: 0.25,
  latency_ms: { p50: 500, p95: 2000, p99: 2000 },
  feedback: [{ name: 'correct', count: 2, mean: 0.75 }],
}

test('the card of a version tells what its traces of late show', async () => {
  const s = await busyVersions()
  const card = await s.admin('GET', '/api/v1/models/m/versions/2/card')
  expect(card.json.derived.traces).toEqual(figures)
  const text = await s.admin('GET', '/api/v1/models/m/versions/2/card.md')
  expect(text.text).toContain('| error rate | 0.25 |')
})

test('versions are compared by what their traces show', async () => {
  const s = await busyVersions()
  const { json } = await s.admin('GET', '/api/v1/models/m/compare?versions=1,2')
  expect(json.traces).toEqual([
    { key: 'error rate', values: [0, 0.25] },
    { key: 'latency p50 ms', values: [100, 500] },
    { key: 'latency p95 ms', values: [100, 2000] },
    { key: 'latency p99 ms', values: [100, 2000] },
    { key: 'mean of feedback correct', values: [null, 0.75] },
    { key: 'traces', values: [1, 4] },
  ])
})

test('lineage links a version with its traces, and the runs and datasets that it was evaluated on', async () => {
  const s = await busyVersions()
  const evaluation = async (name: string) => {
    const run = await s.post('runs/create', {
      ...{ experiment_id: s.home, run_name: name, start_time: 1 },
    })
    const run_id: string = run.json.run.info.run_id
    const dataset = { name: `golden-${name}`, digest: `d-${name}`, source_type: 'x', source: 'y' }
    await s.post('runs/log-inputs', { run_id, datasets: [{ dataset, tags: [] }] })
    return run_id
  }
  const linked = await evaluation('linked')
  await evaluation('other')
  await s.post('traces/link-to-run', { run_id: linked, trace_ids: [traceId(1)] })
  const { json } = await s.admin('GET', '/api/v1/models/m/versions/2/lineage')
  expect(json.traces).toEqual(figures)
  expect(json.evaluations).toEqual([
    {
      run_id: linked,
      name: 'linked',
      datasets: [expect.objectContaining({ name: 'golden-linked', digest: 'd-linked' })],
    },
  ])
  const page = await s.admin('GET', '/models/m/2')
  expect(page.text).toContain('golden-linked')
  expect(page.text).toContain('4 traces')
  await s.post('runs/delete', { run_id: linked })
  const after = await s.admin('GET', '/api/v1/models/m/versions/2/lineage')
  expect(after.json.evaluations).toEqual([])
})

test('a run that took the logged model of a version as its input evaluated it', async () => {
  const s = await tracedVersions()
  const model = await s.post('logged-models', { experiment_id: s.home, name: 'lm' })
  const model_id: string = model.json.model.info.model_id
  const version = await s.post('model-versions/create', { name: 'm', source: 's3://b/m', model_id })
  const run = await s.post('runs/create', { experiment_id: s.home, run_name: 'e', start_time: 1 })
  const { run_id } = run.json.run.info
  await s.post('runs/log-inputs', { run_id, models: [{ model_id }] })
  const path = `/api/v1/models/m/versions/${version.json.model_version.version}/lineage`
  const { json } = await s.admin('GET', path)
  expect(json.evaluations).toEqual([{ run_id, name: 'e', datasets: [] }])
})

test('traces and evaluations are told to nobody who may not read their experiment', async () => {
  const { admin, member, grant } = await team({ defaultPermission: 'NO_PERMISSIONS' })
  const made = await admin.post('experiments/create', { name: 'closed' })
  const experiment_id: string = made.json.experiment_id
  const run = await admin.post('runs/create', { experiment_id, start_time: 1 })
  const { run_id } = run.json.run.info
  await admin.post('registered-models/create', { name: 'm' })
  for (const _ of [1, 2]) {
    await admin.post('model-versions/create', { name: 'm', source: 's3://b/m', run_id })
  }
  const evaluation = await admin.post('runs/create', { experiment_id, start_time: 1 })
  await admin.post3('traces', {
    trace: {
      trace_info: {
        trace_id: traceId(1),
        trace_location: { mlflow_experiment: { experiment_id } },
        request_time: new Date().toISOString(),
        execution_duration: '0.5s',
        state: 'OK',
        trace_metadata: { 'mlflow.sourceRun': run_id },
      },
    },
  })
  await admin.post('traces/link-to-run', {
    ...{ run_id: evaluation.json.run.info.run_id, trace_ids: [traceId(1)] },
  })
  const bob = await member('bob')
  await grant('bob', 'registered_model', 'm', 'READ')
  const seen = async (call: typeof bob.call) => {
    const lineage = await call('GET', '/api/v1/models/m/versions/1/lineage')
    const card = await call('GET', '/api/v1/models/m/versions/1/card')
    const compared = await call('GET', '/api/v1/models/m/compare?versions=1,2')
    expect([lineage.status, card.status, compared.status]).toEqual([200, 200, 200])
    return [
      lineage.json.traces?.count,
      lineage.json.evaluations.length,
      card.json.derived.traces?.count,
    ]
  }
  expect(await seen(admin.call)).toEqual([1, 1, 1])
  expect(await seen(bob.call)).toEqual([undefined, 0, undefined])
})
