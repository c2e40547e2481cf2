import { describe, expect, test } from 'vitest'
import { type Member, team } from '../support/team.ts'

/** Version 1 is from a run in an experiment that is closed to eve, who may edit the model; Production takes its metric. */
async function judgedRun() {
  const server = await team()
  const { admin, grant, member } = server
  const eve = await member('eve')
  const experiment = await admin.post('experiments/create', { name: 'study' })
  const experiment_id: string = experiment.json.experiment_id
  await admin.post('registered-models/create', { name: 'fraud' })
  const run = await admin.post('runs/create', { experiment_id, start_time: 1 })
  const run_id: string = run.json.run.info.run_id
  const metric = { run_id, key: 'auc', value: 0.4711, timestamp: 1, step: 0 }
  await admin.post('runs/log-metric', metric)
  await admin.post('runs/log-parameter', { run_id, key: 'depth', value: 'p4r4m' })
  await admin.post('runs/log-inputs', {
    run_id,
    datasets: [{ dataset: { name: 'd4ta', digest: 'd1g3st', source_type: 'x', source: 's' } }],
  })
  await admin.post('model-versions/create', { name: 'fraud', source: 's3://b/m', run_id })
  await grant('eve', 'experiment', experiment_id, 'DENY')
  await grant('eve', 'registered_model', 'fraud', 'EDIT')
  await admin.call('PUT', '/api/v1/policies/p', {
    applies_to: { models: 'fraud', stage: 'Production' },
    gates: [
      { name: 'good', type: 'metric', metric: 'auc', min: 0.9 },
      { name: 'deep', type: 'expression', expression: 'candidate.metrics.auc < 0.5' },
      { name: 'known', type: 'lineage', require: ['run', 'dataset'] },
      { name: 'limits', type: 'model_card', fields: ['limitations'] },
    ],
  })
  return { ...server, eve, runId: run_id }
}

const secrets = ['0.4711', 'p4r4m', 'd4ta', 'd1g3st']

function expectNoSecretIn(text: string) {
  for (const secret of secrets) expect(text).not.toContain(secret)
}

const to = { stage: 'Production' }
const evaluate = (who: Member, policy?: object) =>
  who.call('POST', '/api/v1/policies/evaluate', { model: 'fraud', version: '1', to, policy })
const transition = (who: Member, version = '1') =>
  who.post('model-versions/transition-stage', {
    name: 'fraud',
    version,
    stage: 'Production',
    archive_existing_versions: false,
  })
const shown = [
  ['good', 'failed'],
  ['deep', 'passed'],
  ['known', 'passed'],
  ['limits', 'failed'],
]
const statuses = (gates: { name: string; status: string }[]) =>
  gates.map(({ name, status }) => [name, status])

describe('whoever may not read the run sees the results of gates and no values', () => {
  test('in an evaluation, the refusal of a move, a request, its list, its page and its review', async () => {
    const { admin, eve } = await judgedRun()
    const judged = await evaluate(eve)
    expect(statuses(judged.json.gates)).toEqual(shown)
    expect(judged.json.gates[0].detail).toContain('you may not read the run')
    expect(judged.json.gates[3].detail).toContain('there is no model card')
    const texts = [judged, await transition(eve)]
    expect(texts[1]?.json.message).toContain("gate 'good' failed: you may not read the run")
    const api = '/api/v1/promotions'
    for (const path of [`${api}/1`, api, `${api}?model=fraud`, '/promotions/1']) {
      texts.push(await eve.call('GET', path))
    }
    const review = { decision: 'comment', comment: 'hm' }
    texts.push(await eve.call('POST', `${api}/1/reviews`, review))
    texts.push(await eve.call('POST', `${api}/1/checks`, { name: 'c', status: 'passed' }))
    texts.push(await eve.call('POST', `${api}/1/merge`))
    for (const { text } of texts) expectNoSecretIn(text)
    expect(statuses((await eve.call('GET', `${api}/1`)).json.gates)).toEqual(shown)
    expect((await admin.call('GET', `${api}/1`)).text).toContain('0.4711')
    expect((await admin.call('GET', api)).text).toContain('0.4711')
    const ended = await eve.call('POST', `${api}/1/close`, {})
    expectNoSecretIn(ended.text)
  })

  test('in events, whoever caused them', async () => {
    const { admin, eve } = await judgedRun()
    expect((await transition(admin)).text).toContain('0.4711')
    await transition(eve)
    const events = await eve.call('GET', '/api/v1/events/history?max_results=1000')
    expect(events.text).toContain('gate.failed')
    expectNoSecretIn(events.text)
  })

  test('in the reason why an approval fell', async () => {
    const { admin, eve, runId } = await judgedRun()
    await admin.call('PUT', '/api/v1/policies/p', {
      applies_to: { models: 'fraud', stage: 'Production' },
      approvals: { required: 1, from: ['user:root'], author_may_approve: true },
    })
    await transition(eve)
    await admin.call('POST', '/api/v1/promotions/1/reviews', { decision: 'approve' })
    const metric = { run_id: runId, key: 'auc', value: 0.5, timestamp: 2, step: 1 }
    await admin.post('runs/log-metric', metric)
    const [whole, shown] = [
      await admin.call('GET', '/api/v1/promotions/1'),
      await eve.call('GET', '/api/v1/promotions/1'),
    ]
    expect(whole.json.reviews[0].dismissed).toContain('0.4711')
    expect(shown.json.reviews[0].dismissed).toBe('facts changed')
    expectNoSecretIn(shown.text)
  })

  test('of the version in place, when another is compared with it', async () => {
    const { admin, eve } = await judgedRun()
    const gate = {
      name: 'no worse',
      type: 'expression',
      expression: 'current.metrics.auc > candidate.metrics.auc',
    }
    await admin.call('DELETE', '/api/v1/policies/p')
    await transition(admin)
    const applies_to = { models: 'fraud', stage: 'Production' }
    await admin.call('PUT', '/api/v1/policies/q', { applies_to, gates: [gate] })
    const open = await admin.post('runs/create', { experiment_id: '0', start_time: 1 })
    const run_id: string = open.json.run.info.run_id
    const metric = { run_id, key: 'auc', value: 0.25, timestamp: 1, step: 0 }
    await admin.post('runs/log-metric', metric)
    await admin.post('model-versions/create', { name: 'fraud', source: 's3://b/n', run_id })
    const body = { model: 'fraud', version: '2', to }
    const judged = await eve.call('POST', '/api/v1/policies/evaluate', body)
    expect(statuses(judged.json.gates)).toEqual([['no worse', 'passed']])
    const opened = await eve.call('POST', '/api/v1/promotions', body)
    expect(opened.status).toBe(201)
    const texts = [judged, opened, await eve.call('GET', '/api/v1/promotions')]
    texts.push(await eve.call('POST', '/api/v1/promotions/1/merge'))
    for (const { text } of texts) expectNoSecretIn(text)
  })

  test('of a version that was deleted since, whose run is as closed as before', async () => {
    const { admin, eve } = await judgedRun()
    await admin.call('DELETE', '/api/v1/policies/p')
    await transition(admin)
    const gate = {
      ...{ name: 'no worse', type: 'expression' },
      expression: 'current.metrics.auc > candidate.metrics.auc',
    }
    const applies_to = { models: 'fraud', stage: 'Production' }
    await admin.call('PUT', '/api/v1/policies/q', { applies_to, gates: [gate] })
    const open = await admin.post('runs/create', { experiment_id: '0', start_time: 1 })
    const run_id: string = open.json.run.info.run_id
    const metric = { run_id, key: 'auc', value: 0.25, timestamp: 1, step: 0 }
    await admin.post('runs/log-metric', metric)
    await admin.post('model-versions/create', { name: 'fraud', source: 's3://b/n', run_id })
    const body = { model: 'fraud', version: '2', to }
    const opened = await admin.call('POST', '/api/v1/promotions', body)
    const path = `/api/v1/promotions/${opened.json.id}`
    const merged = await admin.call('POST', `${path}/merge`)
    expect(merged.json.status).toBe('merged')
    const archived = { name: 'fraud', version: '1', stage: 'Archived' }
    await admin.post('model-versions/transition-stage', archived)
    const gone = await admin.del('model-versions/delete', { name: 'fraud', version: '1' })
    expect(gone.status).toBe(200)
    expect((await admin.call('GET', path)).text).toContain('0.4711')
    for (const at of [path, '/api/v1/promotions', '/promotions/1']) {
      expectNoSecretIn((await eve.call('GET', at)).text)
    }
  })
})

test('whoever may not read the run finds out no value by drafts', async () => {
  const { admin, eve } = await judgedRun()
  const applies_to = { models: 'fraud', stage: 'Production' }
  const draft = (expression: string) => ({
    applies_to,
    gates: [{ name: 'g', type: 'expression', expression }],
  })
  const holds = draft('candidate.metrics.auc > 0.47')
  expect((await evaluate(admin, holds)).json.can_merge).toBe(true)
  for (const policy of [holds, draft('candidate.metrics.auc > 0.48'), draft('true')]) {
    const refused = await evaluate(eve, policy)
    expect([refused.status, refused.json.error_code]).toEqual([403, 'PERMISSION_DENIED'])
    expectNoSecretIn(refused.text)
  }
  await transition(eve)
  const grant = { principal: 'user:eve', action: 'manage_policies', models: '*' }
  expect((await admin.call('POST', '/api/v1/grants', grant)).status).toBe(201)
  for (const policy of [holds, draft('candidate.metrics.auc > 0.48')]) {
    const replayed = await eve.call('POST', '/api/v1/policies/p/replay', policy)
    expect(replayed.json.items).toEqual([
      expect.objectContaining({ can_merge: false, gates: [], promotion_id: '1' }),
    ])
    expectNoSecretIn(replayed.text)
  }
})
