import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { isUnchanged, takeSnapshot } from '../../../src/governance/promotions/snapshot.ts'
import { systemContext } from '../../../src/platform/context.ts'
import type { Call } from '../../support/client.ts'
import { governedServer } from '../../support/governed-server.ts'
import { team } from '../../support/team.ts'
import { traceId } from '../../support/trace-server.ts'

const hourMs = 3_600_000
const behaves = {
  name: 'behaves',
  type: 'traces',
  window_hours: 24,
  min_count: 2,
  max_error_rate: 0.5,
  max_latency_ms: { p95: 1000 },
  feedback: { name: 'correct', min_mean: 0.5 },
}

type SentInfo = {
  readonly experiment?: string
  readonly run?: string
  readonly state?: string
  readonly took?: string
  readonly atMs?: number
  readonly correct?: unknown
  readonly metadata?: object
}

/** A version of a run in an experiment of its own, with a policy of one gate on traces. */
async function tracedVersion(gate: object = behaves) {
  const s = await governedServer()
  const { post } = s.mlflow(s.admin)
  const made = await post('experiments/create', { name: 'home' })
  const home: string = made.json.experiment_id
  await post('registered-models/create', { name: 'm' })
  const run = await post('runs/create', { experiment_id: home, start_time: 1 })
  const runId: string = run.json.run.info.run_id
  await post('model-versions/create', { name: 'm', source: 's3://b/m', run_id: runId })
  const policy = await s.policy('p', { gates: [gate] })
  const send = (id: number, info: SentInfo = {}, by: Call = s.admin) =>
    by('POST', '/api/3.0/mlflow/traces', {
      trace: {
        trace_info: {
          trace_id: traceId(id),
          trace_location: { mlflow_experiment: { experiment_id: info.experiment ?? home } },
          request_time: new Date(info.atMs ?? s.platform.now() - 1000).toISOString(),
          execution_duration: info.took ?? '0.5s',
          state: info.state ?? 'OK',
          trace_metadata: info.metadata ?? { 'mlflow.sourceRun': info.run ?? runId },
          assessments:
            info.correct === undefined
              ? []
              : [
                  {
                    assessment_name: 'correct',
                    source: { source_type: 'HUMAN', source_id: 'u' },
                    feedback: { value: info.correct },
                  },
                ],
        },
      },
    })
  const judged = async (draft?: object) => {
    const { status, json } = await s.admin('POST', '/api/v1/policies/evaluate', {
      ...{ model: 'm', version: '1', to: { stage: 'Production' } },
      ...(draft && {
        policy: { applies_to: { models: '*', stage: 'Production' }, gates: [draft] },
      }),
    })
    expect(status).toBe(200)
    const [found] = json.gates
    return `${found.status}: ${found.detail}`
  }
  return { ...s, post, home, runId, send, judged, policyStatus: policy.status }
}

test('a gate on traces waits for enough of them, and then goes by what they did', async () => {
  const s = await tracedVersion()
  expect(s.policyStatus).toBe(200)
  expect(await s.judged()).toBe('pending: 0 of at least 2 traces of the last 24 hours')
  await s.send(1, { correct: true })
  await s.send(2, { state: 'IN_PROGRESS', correct: true })
  await s.send(3, { atMs: s.platform.now() - 25 * hourMs, correct: true })
  expect(await s.judged()).toBe(
    'pending: 1 of at least 2 traces of the last 24 hours; 1 more have not ended',
  )
  await s.send(2, { state: 'ERROR', took: '0.9s' })
  expect(await s.judged()).toBe(
    "passed: 2 of at least 2 traces of the last 24 hours; error rate 0.5 is <= 0.5; latency p95 900 ms is <= 1000 ms; feedback 'correct' of 2 traces is of at least 1; mean of feedback 'correct' 1 is >= 0.5",
  )
  await s.send(4, { state: 'ERROR', took: '3s', correct: false })
  await s.send(5, { correct: 0.2 })
  await s.send(6, { correct: 'no' })
  await s.send(7, { state: 'ERROR', correct: false })
  await s.send(8, { state: 'ERROR', correct: 'unsure' })
  expect(await s.judged()).toBe(
    "failed: 7 of at least 2 traces of the last 24 hours; error rate 0.571429 is not <= 0.5; latency p95 3000 ms is not <= 1000 ms; mean of feedback 'correct' 0.366667 is not >= 0.5",
  )
})

test('what was never measured passes no gate', async () => {
  const s = await tracedVersion({ ...behaves, min_count: 1 })
  await s.send(1)
  expect(await s.judged()).toContain('pending: 1 of at least 1 traces')
  const { feedback: _, ...without } = behaves
  expect(await s.judged({ ...without, min_count: 1 })).toContain('passed: 1 of at least 1')
  await s.send(1, { correct: 1e308 })
  expect(await s.judged()).toContain('failed')
})

test('many words about one trace count as one', async () => {
  const s = await tracedVersion()
  await s.send(1, { correct: false })
  await s.send(2, { correct: false })
  for (let i = 0; i < 10; i++) {
    const path = `/api/3.0/mlflow/traces/${traceId(1)}/assessments`
    const said = {
      assessment_name: 'correct',
      source: { source_type: 'HUMAN' },
      feedback: { value: true },
    }
    expect((await s.admin('POST', path, { assessment: said })).status).toBe(200)
  }
  expect(await s.judged()).toContain(
    "failed: 2 of at least 2 traces of the last 24 hours; mean of feedback 'correct' 0.454545",
  )
})

test('a trace counts only in the experiment of the run, or in one that the policy names, whatever it says of itself', async () => {
  const { admin, member } = await team()
  const [ann, mallory] = [await member('ann'), await member('mallory')]
  const experiment = async (by: typeof ann, name: string): Promise<string> =>
    (await by.post('experiments/create', { name })).json.experiment_id
  const [home, elsewhere] = [await experiment(ann, 'home'), await experiment(mallory, 'elsewhere')]
  await ann.post('registered-models/create', { name: 'm' })
  const run = await ann.post('runs/create', { experiment_id: home, start_time: 1 })
  const { run_id } = run.json.run.info
  await ann.post('model-versions/create', { name: 'm', source: 's3://b/m', run_id })
  const gate = { ...behaves, window_hours: 1, feedback: undefined }
  const judged = async (experiments?: string[]) => {
    const { json } = await admin.call('POST', '/api/v1/policies/evaluate', {
      ...{ model: 'm', version: '1', to: { stage: 'Production' } },
      policy: {
        applies_to: { models: '*', stage: 'Production' },
        gates: [{ ...gate, experiments }],
      },
    })
    return json.gates[0].detail
  }
  const forge = (id: number, experiment_id: string) =>
    mallory.post3('traces', {
      trace: {
        trace_info: {
          trace_id: traceId(id),
          trace_location: { mlflow_experiment: { experiment_id } },
          request_time: new Date().toISOString(),
          execution_duration: '0.5s',
          state: 'OK',
          trace_metadata: { 'mlflow.sourceRun': run_id },
        },
      },
    })
  for (const id of [1, 2, 3]) expect((await forge(id, elsewhere)).status).toBe(200)
  expect((await forge(4, home)).status).toBe(403)
  const link = { run_id, trace_ids: [traceId(1), traceId(2)] }
  expect((await mallory.post('traces/link-to-run', link)).status).toBe(403)
  // Not even where somebody who may write both has linked them.
  expect((await admin.post('traces/link-to-run', link)).status).toBe(200)
  expect(await judged()).toBe('0 of at least 2 traces of the last hour')
  expect(await judged([elsewhere])).toContain('3 of at least 2 traces')
})

test('a gate may ask for traces of runs that read a dataset alone', async () => {
  const { window_hours: _, ...rest } = behaves
  const gate = { ...rest, feedback: undefined, dataset: 'golden' }
  const s = await tracedVersion(gate)
  const run = await s.post('runs/create', { experiment_id: s.home, start_time: 1 })
  const evaluation: string = run.json.run.info.run_id
  await s.post('runs/log-inputs', {
    run_id: evaluation,
    datasets: [{ dataset: { name: 'golden', digest: 'd', source_type: 'x', source: 'y' } }],
  })
  await s.send(1)
  await s.send(2)
  expect(await s.judged()).toBe("pending: 0 of at least 2 traces of runs over 'golden'")
  await s.post('traces/link-to-run', { run_id: evaluation, trace_ids: [traceId(1), traceId(2)] })
  expect(await s.judged()).toContain("passed: 2 of at least 2 traces of runs over 'golden'")
})

test('what traces say is asked again when the move is written', async () => {
  const s = await tracedVersion({ ...behaves, feedback: undefined })
  await s.send(1)
  await s.send(2)
  const ctx = systemContext(s.platform)
  const [version] = await s.platform.db.all(sql<{ id: number }>`select id from model_versions`)
  const question = {
    modelVersionId: version?.id ?? 0,
    target: { stage: 'Production' },
    requester: { name: 'root' },
  } as const
  const atMs = s.platform.now() - 10
  const snapshot = await takeSnapshot(ctx, question)
  const isStill = async () => {
    const [row] = await s.platform.db.all(
      sql<{ still: number }>`select ${isUnchanged(snapshot?.mark ?? expect.fail())} as still`,
    )
    return row?.still
  }
  await s.send(3, { atMs })
  expect(await isStill()).toBe(1)
  await s.send(4, { atMs, state: 'ERROR' })
  await s.send(5, { atMs, state: 'ERROR' })
  await s.send(6, { atMs, state: 'ERROR' })
  expect(await isStill()).toBe(1)
  await s.send(7, { atMs, state: 'ERROR' })
  expect(await isStill()).toBe(0)
})

test('deleted traces count no more', async () => {
  const s = await tracedVersion({ ...behaves, feedback: undefined })
  await s.send(1)
  await s.send(2)
  expect(await s.judged()).toContain('passed')
  await s.post('traces/delete-traces', { experiment_id: s.home, request_ids: [traceId(2)] })
  expect(await s.judged()).toContain('pending: 1 of at least 2')
})

test('a policy names experiments that its author may read, and says which traces count', async () => {
  const s = await tracedVersion()
  const put = (call: Call, gate: object) =>
    call('PUT', '/api/v1/policies/q', {
      applies_to: { models: 'm', stage: 'Production' },
      gates: [{ ...behaves, ...gate }],
    })
  const unknown = await put(s.admin, { experiments: ['999'] })
  expect([unknown.status, unknown.json.message]).toEqual([
    400,
    'A gate counts traces of experiment 999, and there is no such experiment that you may read',
  ])
  const whole = await put(s.admin, { window_hours: undefined })
  expect([whole.status, whole.json.message]).toEqual([
    400,
    "Gate 'behaves' says not which traces count: give it 'window_hours', a 'dataset' that their runs read, or both",
  ])
  const idle = await put(s.admin, { feedback: { name: 'correct' } })
  expect(idle.json.message).toContain("give it 'min_mean' or 'max_mean'")
  expect((await put(s.admin, { window_hours: 0 })).status).toBe(400)
})

test('a draft tells nobody of traces that they may not read', async () => {
  const { admin, member, grant } = await team({ defaultPermission: 'NO_PERMISSIONS' })
  const made = await admin.post('experiments/create', { name: 'closed' })
  const closed: string = made.json.experiment_id
  const bob = await member('bob')
  const manages = { principal: 'user:bob', action: 'manage_policies', models: '*' }
  expect((await admin.call('POST', '/api/v1/grants', manages)).status).toBe(201)
  const policy = {
    applies_to: { models: '*', stage: 'Production' },
    gates: [{ ...behaves, experiments: [closed] }],
  }
  const put = () => bob.call('PUT', '/api/v1/policies/q', policy)
  expect((await put()).json.message).toContain('no such experiment that you may read')
  await grant('bob', 'experiment', closed, 'READ')
  expect((await put()).status).toBe(200)
})
