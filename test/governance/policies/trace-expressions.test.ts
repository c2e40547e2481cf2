import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { isUnchanged, takeSnapshot } from '../../../src/governance/promotions/snapshot.ts'
import { systemContext } from '../../../src/platform/context.ts'
import { team } from '../../support/team.ts'
import { traceId } from '../../support/trace-server.ts'
import { tracedVersions } from '../../support/traced-versions.ts'

const traces = { window_hours: 24 }

async function twoVersions(how: { readonly isFirst?: boolean } = {}) {
  const s = await tracedVersions(how)
  const { candidate } = s
  const judged = async (expression: string, terms: object = { traces }) => {
    const { json } = await s.admin('POST', '/api/v1/policies/evaluate', {
      ...{ model: 'm', version: candidate.version, to: { stage: 'Production' } },
      policy: {
        applies_to: { models: '*', stage: 'Production' },
        gates: [{ name: 'g', type: 'expression', expression, ...terms }],
      },
    })
    const [found] = json.gates ?? []
    return found ? `${found.status}: ${found.detail}` : json.message
  }
  return { ...s, judged }
}

const noWorse = 'candidate.traces.error_rate <= current.traces.error_rate'

test('an expression holds what a version did against what the version in the target did', async () => {
  const s = await twoVersions()
  expect(await s.judged(noWorse)).toBe(
    `pending: ${noWorse}: candidate.traces.error_rate is unknown: no trace of version 2 of the last 24 hours has ended`,
  )
  await s.send(1)
  await s.send(2, { state: 'IN_PROGRESS' })
  expect(await s.judged(noWorse)).toContain(
    'current.traces.error_rate is unknown: no trace of version 1',
  )
  await s.send(3, { of: s.live.runId })
  expect(await s.judged(noWorse)).toBe(
    `passed: ${noWorse} (candidate.traces.error_rate = 0, current.traces.error_rate = 0)`,
  )
  await s.send(4, { state: 'ERROR' })
  expect(await s.judged(noWorse)).toBe(
    `failed: ${noWorse} (candidate.traces.error_rate = 0.5, current.traces.error_rate = 0) does not hold`,
  )
})

test('each figure of traces is there under its name', async () => {
  const s = await twoVersions()
  await s.send(1, { correct: true, took: '0.1s' })
  await s.send(2, { correct: 0.5, took: '0.9s' })
  await s.send(3, { state: 'ERROR', took: '2s' })
  await s.send(4, { state: 'IN_PROGRESS' })
  await s.send(5, { correct: 4, name: 'tone of voice', took: '3s' })
  for (const expression of [
    'candidate.traces.count == 4',
    'candidate.traces.errors == 1 && candidate.traces.unfinished == 1',
    'candidate.traces.error_rate == 0.25',
    'candidate.traces.latency_ms.p50 == 900 && candidate["traces"].latency_ms["p95"] == 3000',
    'candidate.traces.latency_ms.p99 <= 3000.0 * 2.0 - 3000.0',
    'candidate.traces.feedback.correct.mean == 0.75',
    'candidate.traces.feedback["correct"].count == 2',
    'candidate.traces.feedback["tone of voice"].mean > 3.5',
    '(candidate.traces.count < 1 || candidate.stage == "None") && has(current.traces)',
    'candidate.tags.size() == 0 ? candidate.traces.count > 1 : candidate.traces.count > 100',
    '!(-candidate.traces.count + 1.0 > 0.0)',
  ]) {
    expect(await s.judged(expression)).toContain(`passed: ${expression} (`)
  }
})

test('with no version to compare with an expression may say that none is needed', async () => {
  const s = await twoVersions({ isFirst: true })
  await s.send(1)
  expect(await s.judged(`!has(current.traces) || ${noWorse}`)).toContain('passed')
  expect(await s.judged(noWorse)).toContain('failed')
})

test('what was never measured passes no expression, however it is turned', async () => {
  const s = await twoVersions()
  await s.send(1, { correct: 'unsure' })
  const mean = 'candidate.traces.feedback.correct.mean'
  for (const expression of [`!(${mean} < 0.5)`, `${mean} != 0.1`, `true || ${mean} > 0.5`]) {
    expect(await s.judged(expression)).toBe(
      `pending: ${expression}: ${mean} is unknown: no trace of version 2 of the last 24 hours has a feedback 'correct' that is a finite number, true or false`,
    )
  }
  for (const value of ['NaN', 1e308]) {
    await s.send(2, { correct: value })
    expect(await s.judged(`!(${mean} < 0.5)`)).toContain('pending')
  }
  expect(await s.judged('candidate.traces.feedback.__proto__.mean > 0.0')).toContain('pending')
})

test.each([
  ['candidate.traces.count > 1', {}, 'says not of which'],
  ['candidate.traces.count > 1', { traces: {} }, 'says not which traces count'],
  ['candidate.traces.cuont > 1', { traces }, 'did you mean candidate.traces.count'],
  [
    'candidate.traces.latency_ms.p90 > 1.0 && candidate.traces.count > 1',
    { traces },
    'is no figure of traces',
  ],
  ['candidate.stage == "None"', { traces }, 'names no figure of them'],
  ['has(candidate.traces.error_rate) || candidate.traces.count > 1', { traces }, 'otherwise'],
  ['candidate.traces.count / 2.0 > 1.0', { traces }, 'otherwise'],
  ['[candidate.traces.count].exists(x, x > 1.0)', { traces }, 'otherwise'],
  ['candidate[candidate.stage] == 1 && candidate.traces.count > 1', { traces }, 'with its name'],
  ['candidate.traces.feedback[candidate.stage].mean > 1.0', { traces }, 'no figure'],
  [`candidate.traces.count > 1 ${'&& true '.repeat(100)}`, { traces }, 'more than 500'],
  [
    [1, 2, 3, 4, 5, 6].map((i) => `candidate.traces.feedback.f${i}.mean > 0.0`).join(' && '),
    { traces },
    '5 are the most',
  ],
  ['candidate.traces.count > 1', { traces: { ...traces, experiments: ['999'] } }, 'experiment 999'],
])('a policy with the expression %.60s is refused', async (expression, terms, why) => {
  const s = await twoVersions({ isFirst: true })
  expect(await s.judged(expression, terms)).toContain(why)
})

test('an expression over traces is asked again when the move is written', async () => {
  const s = await twoVersions()
  await s.send(1, { correct: true })
  await s.send(2, { of: s.live.runId, state: 'ERROR' })
  const gates = [
    { name: 'a', type: 'expression', traces, expression: noWorse },
    {
      ...{ name: 'b', type: 'expression', traces },
      expression: 'candidate.traces.feedback.correct.mean > 0.5 || candidate.metrics.none > 1.0',
    },
  ]
  expect((await s.policy('p', { gates })).status).toBe(200)
  const ctx = systemContext(s.platform)
  const [version] = await s.platform.db.all(
    sql<{ id: number }>`select max(id) as id from model_versions`,
  )
  const snapshot = await takeSnapshot(ctx, {
    ...{ modelVersionId: version?.id ?? 0, target: { stage: 'Production' } },
    requester: { name: 'root' },
  })
  const isStill = async () => {
    const [row] = await s.platform.db.all(
      sql<{ still: number }>`select ${isUnchanged(snapshot?.mark ?? expect.fail())} as still`,
    )
    return row?.still
  }
  expect(await isStill()).toBe(1)
  await s.send(3)
  await s.send(4, { state: 'ERROR' })
  expect(await isStill()).toBe(1)
  await s.send(5, { of: s.live.runId })
  await s.send(6, { of: s.live.runId })
  await s.send(7, { of: s.live.runId })
  expect(await isStill()).toBe(0)
  await s.post('traces/delete-traces', {
    ...{ experiment_id: s.home, request_ids: [traceId(5), traceId(6), traceId(7)] },
  })
  expect(await isStill()).toBe(1)
  await s.send(1, { correct: false })
  expect(await isStill()).toBe(0)
})

test('a request keeps what it was judged by, whatever becomes of the traces', async () => {
  const s = await twoVersions()
  await s.send(1, { correct: true })
  await s.send(2, { of: s.live.runId })
  const gates = [{ name: 'g', type: 'expression', traces, expression: noWorse }]
  expect((await s.policy('p', { gates })).status).toBe(200)
  const opened = await s.admin('POST', '/api/v1/promotions', {
    ...{ model: 'm', version: s.candidate.version, to: { stage: 'Production' } },
  })
  const { id } = opened.json
  const merged = await s.admin('POST', `/api/v1/promotions/${id}/merge`, {})
  expect(merged.status).toBe(200)
  await s.send(3, { state: 'ERROR' })
  await s.post('traces/delete-traces', {
    ...{ experiment_id: s.home, request_ids: [traceId(1), traceId(2)] },
  })
  const { json } = await s.admin('GET', `/api/v1/promotions/${id}`)
  expect(json.status).toBe('merged')
  expect(json.gates[0].detail).toBe(
    `${noWorse} (candidate.traces.error_rate = 0, current.traces.error_rate = 0)`,
  )
})

test('who may not read the run sees the result without the figures', async () => {
  const { admin, member, grant } = await team({ defaultPermission: 'NO_PERMISSIONS' })
  const made = await admin.post('experiments/create', { name: 'closed' })
  const run = await admin.post('runs/create', {
    ...{ experiment_id: made.json.experiment_id, start_time: 1 },
  })
  const { run_id } = run.json.run.info
  await admin.post('registered-models/create', { name: 'm' })
  await admin.post('model-versions/create', { name: 'm', source: 's3://b/m', run_id })
  const policy = await admin.call('PUT', '/api/v1/policies/p', {
    applies_to: { models: 'm', stage: 'Production' },
    gates: [{ name: 'g', type: 'expression', traces, expression: 'candidate.traces.count == 0' }],
  })
  expect(policy.status).toBe(200)
  const bob = await member('bob')
  await grant('bob', 'registered_model', 'm', 'READ')
  const asked = { model: 'm', version: '1', to: { stage: 'Production' } }
  const seen = await bob.call('POST', '/api/v1/policies/evaluate', asked)
  expect(JSON.stringify(seen.json)).not.toContain('traces.count = 0')
  expect(seen.json.gates[0].status).toBe('passed')
  const all = await admin.call('POST', '/api/v1/policies/evaluate', asked)
  expect(all.json.gates[0].detail).toContain('traces.count = 0')
})
