import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { runBackgroundWork } from '../../src/background.ts'
import { collectGarbage } from '../../src/registry/collect-garbage.ts'
import { type Member, type Team, team } from '../support/team.ts'

type Body = Record<string, unknown>

/** Ann's model `fraud`, made from a run with a metric; a policy on Production; rita reviews. */
async function guarded(policy: object = {}, accuracy: number | string = 0.91) {
  const server = await team()
  const { admin } = server
  const ann = await server.member('ann')
  const rita = await server.member('rita', ['reviewers'])
  await admin.call('PUT', '/api/v1/groups/reviewers', { members: ['rita'] })
  await ann.post('registered-models/create', { name: 'fraud' })
  await server.grant('rita', 'registered_model', 'fraud', 'READ')
  const experiment = await ann.post('experiments/create', { name: 'study' })
  const experimentId = String(experiment.json.experiment_id)
  const { json } = await ann.post('runs/create', { experiment_id: experimentId, start_time: 1 })
  const runId = String(json.run.info.run_id)
  let timestamp = 1000
  const log = (value: number | string, key = 'accuracy', more: Body = {}) =>
    ann.post('runs/log-metric', {
      run_id: runId,
      key,
      value,
      timestamp: ++timestamp,
      step: 0,
      ...more,
    })
  await log(accuracy)
  const register = (more: Body = {}) =>
    ann.post('model-versions/create', { name: 'fraud', source: 's3://b/m', run_id: runId, ...more })
  await register()
  const put = await admin.call('PUT', '/api/v1/policies/sign-off', {
    applies_to: { models: 'fraud', stage: 'Production' },
    gates: [{ name: 'accurate', type: 'metric', metric: 'accuracy', min: 0.9 }],
    ...policy,
  })
  expect(put.status).toBe(200)
  const to = { stage: 'Production' }
  const gate = async (version = '1') => {
    const body = { model: 'fraud', version, to }
    const { status, json } = await ann.call('POST', '/api/v1/policies/evaluate', body)
    expect(status).toBe(200)
    return json.gates[0] as { status: string; detail: string }
  }
  const move = (version = '1', who: Member = ann) =>
    who.post('model-versions/transition-stage', {
      name: 'fraud',
      version,
      ...to,
      archive_existing_versions: false,
    })
  const open = async (version = '1') => {
    const made = await ann.call('POST', '/api/v1/promotions', { model: 'fraud', version, to })
    expect(made.status).toBe(201)
    return String(made.json.id)
  }
  const approve = (id: string) =>
    rita.call('POST', `/api/v1/promotions/${id}/reviews`, { decision: 'approve' })
  const request = async (id: string) => (await ann.call('GET', `/api/v1/promotions/${id}`)).json
  const changes = () => server.entries('model_version.facts_changed')
  return {
    ...server,
    ann,
    rita,
    runId,
    experimentId,
    log,
    register,
    gate,
    move,
    open,
    approve,
    request,
    changes,
  }
}

/** Deletes for good all that was deleted. */
function purgeAll(platform: Team['platform']) {
  return collectGarbage({ ...platform, dryRun: false, graceMs: 0 }, Number.MAX_SAFE_INTEGER)
}

const signOff = { approvals: { required: 1, from: ['group:reviewers'] } }

describe('what a version is known by changes only for all to see', () => {
  test('a metric that changes after the approval takes the approval away, which says what it was and is', async () => {
    const { open, approve, log, request, move, changes } = await guarded(signOff)
    const id = await open()
    expect((await approve(id)).status).toBe(200)
    expect((await request(id)).can_merge).toBe(true)
    await log(0.95)
    const refused = await move()
    expect(refused.status).toBe(403)
    expect(refused.text).toContain('1 approval')
    const { reviews, can_merge } = await request(id)
    expect(can_merge).toBe(false)
    expect(reviews[0].dismissed).toBe('facts changed: metrics.accuracy was 0.91, is 0.95')
    expect(await changes()).toMatchObject([
      {
        model: 'fraud',
        before: { revision: 1 },
        after: {
          revision: 2,
          changed: [{ fact: 'metrics.accuracy', before: 0.91, after: 0.95 }],
          by: { name: 'ann', kind: 'user' },
        },
      },
    ])
    expect((await approve(id)).status).toBe(200)
    expect((await move()).status).toBe(200)
  })

  const others: [what: string, path: string, body: Body][] = [
    ['a batch', 'runs/log-batch', { metrics: [{ key: 'x', value: 1, timestamp: 1, step: 0 }] }],
    ['a param', 'runs/log-parameter', { key: 'p', value: 'v' }],
    ['a tag', 'runs/set-tag', { key: 't', value: 'v' }],
    ['a new name', 'runs/update', { run_name: 'better' }],
    [
      'a dataset',
      'runs/log-inputs',
      { datasets: [{ dataset: { name: 'd', digest: 'g', source_type: 's', source: 'u' } }] },
    ],
    [
      'a logged model of old clients',
      'runs/log-model',
      {
        model_json:
          '{"artifact_path":"m","flavors":{"f":{}},"utc_time_created":"2026-01-01","run_id":"r"}',
      },
    ],
  ]
  test.each(others)('so does %s that is logged to its run', async (_what, path, body) => {
    const { open, approve, ann, runId, move, request } = await guarded(signOff)
    const id = await open()
    await approve(id)
    const logged = await ann.post(path, { run_id: runId, ...body })
    expect([logged.status, logged.text]).toEqual([200, expect.any(String)])
    expect((await move()).status).toBe(403)
    expect((await request(id)).reviews[0].dismissed).toMatch(/^facts changed: /)
  })

  test('a tag that is taken off the run is a change too', async () => {
    const { open, approve, ann, runId, move, register, request } = await guarded(signOff)
    await ann.post('runs/set-tag', { run_id: runId, key: 'reviewed', value: 'no' })
    await register()
    const id = await open('2')
    await approve(id)
    await ann.post('runs/delete-tag', { run_id: runId, key: 'reviewed' })
    expect((await move('2')).status).toBe(403)
    expect((await request(id)).reviews[0].dismissed).toBe(
      'facts changed: tags.reviewed was no, is gone',
    )
  })

  test('what is written without a change takes no approval away, and a run that finishes is no change', async () => {
    const { open, approve, ann, runId, log, move, changes } = await guarded(signOff)
    const id = await open()
    await approve(id)
    await log(0.91)
    await ann.post('runs/update', { run_id: runId, status: 'FINISHED', end_time: 5000 })
    expect((await move()).status).toBe(200)
    expect(await changes()).toEqual([])
  })

  test('an approval that fell counts again once the facts are what it approved', async () => {
    const { open, approve, log, move, request } = await guarded(signOff)
    const id = await open()
    await approve(id)
    await log(0.95)
    expect((await request(id)).can_merge).toBe(false)
    await log(0.91)
    expect((await move()).status).toBe(200)
  })

  test('a metric of the logged model counts like one of the run', async () => {
    const { ann, experimentId, register, open, approve, move, runId, request } =
      await guarded(signOff)
    const made = await ann.post('logged-models', {
      experiment_id: experimentId,
      source_run_id: runId,
    })
    const modelId = made.json.model.info.model_id
    await register({ model_id: modelId })
    const id = await open('2')
    await approve(id)
    const point = { key: 'f1', value: 0.7, timestamp: 1, step: 0, model_id: modelId }
    const other = await ann.post('runs/create', { experiment_id: experimentId, start_time: 1 })
    await ann.post('runs/log-metric', { run_id: other.json.run.info.run_id, ...point })
    expect((await move('2')).status).toBe(403)
    expect((await request(id)).reviews[0].dismissed).toBe('facts changed: metrics.f1 is new: 0.7')
  })
})

describe('gates say what was logged when it should not have been', () => {
  test('a version at 0.5 that passes after one log_metric passes as logged after registration', async () => {
    const { gate, log } = await guarded({}, 0.5)
    expect(await gate()).toMatchObject({ status: 'failed', detail: 'accuracy 0.5 < 0.9' })
    await log(0.95)
    expect(await gate()).toMatchObject({
      status: 'passed',
      detail: 'accuracy 0.95 >= 0.9; metrics.accuracy was logged after registration',
    })
  })

  test('an expression says so of the metrics that it names', async () => {
    const expression = 'candidate.metrics.accuracy >= 0.9'
    const { gate, log } = await guarded({ gates: [{ name: 'g', type: 'expression', expression }] })
    await log(0.3, 'other')
    expect((await gate()).detail).not.toContain('logged')
    await log(0.95)
    expect((await gate()).detail).toMatch(/; metrics.accuracy was logged after registration$/)
  })

  test('a metric that was logged after the run had ended says that', async () => {
    const { ann, runId, log, register, gate } = await guarded()
    await ann.post('runs/update', { run_id: runId, status: 'FINISHED', end_time: 1500 })
    await log(0.97, 'accuracy', { timestamp: 2000 })
    await register()
    expect((await gate('2')).detail).toMatch(/; metrics.accuracy was logged after the run ended$/)
  })
})

describe('who can write to the run of the version in place', () => {
  /** Version 1 is in Production; version 2 is of another run, with this metric. */
  async function compared(gate: object, accuracy: number) {
    const server = await guarded({ gates: [] })
    const { ann, admin, experimentId, move, register } = server
    expect((await move()).status).toBe(200)
    const { json } = await ann.post('runs/create', { experiment_id: experimentId, start_time: 1 })
    const { run_id } = json.run.info
    const metric = { run_id, key: 'accuracy', value: accuracy, timestamp: 1, step: 0 }
    await ann.post('runs/log-metric', metric)
    await register({ run_id })
    await admin.call('PUT', '/api/v1/policies/sign-off', {
      applies_to: { models: 'fraud', stage: 'Production' },
      gates: [{ name: 'g', ...gate }],
    })
    return server
  }
  const signature = (type: string) =>
    JSON.stringify([{ artifact_path: 'm', signature: { inputs: [{ name: 'a', type }] } }])
  const history = 'mlflow.log-model.history'

  test('lowers what another version is compared with only for all to see', async () => {
    const expression = 'candidate.metrics.accuracy >= current.metrics.accuracy'
    const { gate, log } = await compared({ type: 'expression', expression }, 0.5)
    expect((await gate('2')).status).toBe('failed')
    await log(0.1)
    const { status, detail } = await gate('2')
    expect(status).toBe('passed')
    expect(detail).toMatch(/; metrics.accuracy of version 1 was logged after registration$/)
  })

  test.each<
    [string, (change: { tag: (value: string) => unknown; clear: () => unknown }) => unknown]
  >([
    ['is taken away', ({ clear }) => clear()],
    ['has no models in it', ({ tag }) => tag('[]')],
    ['is no list', ({ tag }) => tag('{}')],
    ['has flavors alone', ({ tag }) => tag('[{"artifact_path":"m","flavors":{"sklearn":{}}}]')],
    ['asks for nothing', ({ tag }) => tag('[{"artifact_path":"m","signature":{"inputs":[]}}]')],
  ])('takes no signature away that callers rely on: the tag that has it %s', async (_, change) => {
    const server = await compared({ type: 'signature_compatible' }, 0.5)
    const { ann, admin, runId, experimentId, register, gate, move } = server
    const tag = (value: string, run_id = runId) =>
      ann.post('runs/set-tag', { run_id, key: history, value })
    await tag(signature('long'))
    await register()
    await admin.call('DELETE', '/api/v1/policies/sign-off')
    expect((await move('3')).status).toBe(200)
    const { json } = await ann.post('runs/create', { experiment_id: experimentId, start_time: 1 })
    await tag(signature('string'), json.run.info.run_id)
    await register({ run_id: json.run.info.run_id })
    await admin.call('PUT', '/api/v1/policies/sign-off', {
      applies_to: { models: 'fraud', stage: 'Production' },
      gates: [{ name: 'g', type: 'signature_compatible' }],
    })
    expect((await gate('4')).status).toBe('failed')
    await change({ tag, clear: () => ann.post('runs/delete-tag', { run_id: runId, key: history }) })
    const { status, detail } = await gate('4')
    expect([status, detail]).toEqual(['failed', expect.stringContaining('version 3')])
  })
})

describe('a policy on what was registered', () => {
  test('sees nothing that was logged since', async () => {
    const { gate, log, move } = await guarded({ facts: 'registered' }, 0.5)
    await log(0.95)
    expect(await gate()).toMatchObject({ status: 'failed', detail: 'accuracy 0.5 < 0.9' })
    expect((await move()).status).toBe(403)
  })

  test('keeps approvals when something is logged later', async () => {
    const { open, approve, log, move } = await guarded({ facts: 'registered', ...signOff })
    const id = await open()
    await approve(id)
    await log(0.2)
    expect((await move()).status).toBe(200)
  })

  test('is answered as it was put, and an older one says latest', async () => {
    const { admin } = await guarded({ facts: 'registered' })
    const { json } = await admin.call('GET', '/api/v1/policies/sign-off')
    expect([json.facts, json.revision]).toEqual(['registered', 1])
    const same = await admin.call('PUT', '/api/v1/policies/sign-off', json)
    expect(same.json.revision).toBe(1)
    const later = await admin.call('PUT', '/api/v1/policies/sign-off', {
      ...json,
      facts: undefined,
    })
    expect([later.json.facts, later.json.revision]).toEqual(['latest', 2])
  })
})

describe('what is deleted is still known', () => {
  test('deleting the run, the experiment and all for good changes no judgement', async () => {
    const { ann, admin, runId, experimentId, gate, platform, open, approve, move, changes } =
      await guarded(signOff)
    const id = await open()
    await approve(id)
    await ann.post('runs/delete', { run_id: runId })
    expect(await gate()).toMatchObject({ status: 'passed', detail: 'accuracy 0.91 >= 0.9' })
    await admin.post('experiments/delete', { experiment_id: experimentId })
    expect((await gate()).status).toBe('passed')
    await purgeAll(platform)
    expect(await gate()).toMatchObject({ status: 'passed', detail: 'accuracy 0.91 >= 0.9' })
    expect((await move()).status).toBe(200)
    expect(await changes()).toEqual([])
  })

  test('what was logged before the run was deleted is found all the same', async () => {
    const { ann, runId, log, gate } = await guarded()
    await log(0.4)
    await ann.post('runs/delete', { run_id: runId })
    expect(await gate()).toMatchObject({ status: 'failed' })
  })

  test('a purge takes no run whose last changes are not known yet', async () => {
    const { ann, runId, log, gate, platform, changes } = await guarded()
    await log(0.4)
    await ann.post('runs/delete', { run_id: runId })
    await purgeAll(platform)
    expect(await platform.db.all(sql`select 1 from runs`)).toEqual([])
    expect(await changes()).toMatchObject([
      { after: { changed: [{ fact: 'metrics.accuracy', before: 0.91, after: 0.4 }] } },
    ])
    expect(await gate()).toMatchObject({ status: 'failed' })
  })

  test('a copy of a version keeps what its original is known by after the run is purged', async () => {
    const { ann, runId, gate, platform } = await guarded()
    await ann.post('runs/delete', { run_id: runId })
    await purgeAll(platform)
    const source = { name: 'fraud', source: 'models:/fraud/1' }
    expect((await ann.post('model-versions/create', source)).status).toBe(200)
    expect(await gate('2')).toMatchObject({ status: 'passed', detail: 'accuracy 0.91 >= 0.9' })
  })
})

test('NaN and infinities pass no gate, however they are kept', async () => {
  for (const value of ['NaN', 'Infinity', '-Infinity']) {
    const { gate, register, log } = await guarded({}, value)
    expect((await gate()).status).toBe('failed')
    await log(0.95, 'other')
    expect((await gate()).status).toBe('failed')
    await register()
    expect((await gate('2')).status).toBe('failed')
  }
})

test('versions that are registered at once while the run is written to are each known by something true', async () => {
  const { register, log, gate } = await guarded()
  const made = await Promise.all([
    ...Array.from({ length: 6 }, () => register()),
    ...Array.from({ length: 6 }, (_, i) => log(0.92 + i / 100)),
  ])
  expect(made.map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 200))
  await log(0.99)
  for (const version of ['2', '3', '4', '5', '6', '7']) {
    expect((await gate(version)).detail).toContain('accuracy 0.99 >= 0.9')
  }
})

test('a version that an older release registered is known by its run before that is purged', async () => {
  const { ann, runId, gate, platform } = await guarded(signOff)
  const columns = sql.raw(
    'registered_model, version, stage, source, storage_location, run_id, status, created_at_ms, updated_at_ms',
  )
  // As an older release left it: without facts.
  for (const version of [2, 3]) {
    await platform.db.batch({
      version: sql`insert into model_versions (${columns})
        select registered_model, ${version}, stage, source, storage_location, ${version === 3 ? 'gone' : runId}, status, 1, 1
        from model_versions where version = 1`,
      due: sql`insert into versions_without_facts
        select id from model_versions where version = ${version}`,
    })
  }
  await runBackgroundWork(platform)
  expect(await platform.db.all(sql`select * from versions_without_facts`)).toEqual([])
  await ann.post('runs/delete', { run_id: runId })
  await purgeAll(platform)
  expect(await gate('2')).toMatchObject({ status: 'passed', detail: 'accuracy 0.91 >= 0.9' })
  expect(await gate('3')).toMatchObject({ status: 'failed', detail: "metric 'accuracy' is absent" })
})

describe('the facts of a version', () => {
  const path = '/api/v1/models/fraud/versions/1/facts'

  test('are answered with every revision, and who changed what', async () => {
    const { ann, log, runId, experimentId, platform, member, grant } = await guarded()
    const first = (await ann.call('GET', path)).json
    expect(first).toMatchObject({
      revision: 1,
      run_id: runId,
      experiment_id: experimentId,
      experiment: 'study',
      metrics: { accuracy: 0.91 },
      changed: [],
    })
    expect(first.digest).toMatch(/^sha256:[0-9a-f]{64}$/)
    const bob = await member('bob')
    await grant('bob', 'experiment', experimentId, 'EDIT')
    const point = { run_id: runId, key: 'accuracy', timestamp: 9, step: 1 }
    await bob.post('runs/log-metric', { ...point, value: 'NaN' })
    await ann.post('runs/delete', { run_id: runId })
    await purgeAll(platform)
    await log(0.1)
    const { json } = await ann.call('GET', path)
    expect(json).toMatchObject({
      revision: 2,
      metrics: { accuracy: 'NaN' },
      changed: [{ fact: 'metrics.accuracy', before: 0.91, after: 'NaN' }],
      changed_by: { name: 'bob' },
    })
    const list = await ann.call('GET', `${path}/revisions?max_results=1`)
    expect(list.json.items).toMatchObject([{ revision: 2, digest: json.digest }])
    expect(list.json.next_page_token).toBeDefined()
    const again = (await ann.call('GET', `${path}/revisions/1`)).json
    expect(again).toEqual(first)
    expect((await ann.call('GET', `${path}/revisions/3`)).status).toBe(404)
  })

  test('are closed to who may not read the experiment, before and after it is purged', async () => {
    const { admin, ann, runId, experimentId, member, grant, platform } = await guarded()
    const eve = await member('eve')
    await grant('eve', 'registered_model', 'fraud', 'READ')
    await grant('eve', 'experiment', experimentId, 'DENY')
    const closed = async () => {
      for (const rest of ['', '/revisions', '/revisions/1']) {
        const { status, text } = await eve.call('GET', path + rest)
        expect(status).toBe(403)
        expect(text).not.toContain('0.91')
      }
    }
    await closed()
    await ann.post('runs/delete', { run_id: runId })
    await admin.post('experiments/delete', { experiment_id: experimentId })
    await purgeAll(platform)
    await closed()
    expect((await ann.call('GET', path)).json.metrics).toEqual({ accuracy: 0.91 })
  })

  test('are in no judgement for who may not read the experiment, when it is purged', async () => {
    const { admin, ann, runId, experimentId, member, grant, platform, open } = await guarded()
    const eve = await member('eve')
    await grant('eve', 'registered_model', 'fraud', 'READ')
    await grant('eve', 'experiment', experimentId, 'DENY')
    await ann.post('runs/delete', { run_id: runId })
    await admin.post('experiments/delete', { experiment_id: experimentId })
    await purgeAll(platform)
    const id = await open()
    const move = { model: 'fraud', version: '1', to: { stage: 'Production' } }
    for (const answer of [
      await eve.call('POST', '/api/v1/policies/evaluate', move),
      await eve.call('GET', `/api/v1/promotions/${id}`),
      await eve.call('GET', '/api/v1/promotions'),
    ]) {
      expect(answer.status).toBe(200)
      expect(answer.text).not.toContain('0.91')
    }
    const draft = { applies_to: { models: '*', stage: 'Production' }, gates: [] }
    const tried = await eve.call('POST', '/api/v1/policies/evaluate', { ...move, policy: draft })
    expect(tried.status).toBe(403)
    expect((await ann.call('POST', '/api/v1/policies/evaluate', move)).text).toContain('0.91')
  })

  test('show no credentials, there or in the audit log', async () => {
    const { ann, runId, changes } = await guarded()
    const value = 'https://ann:s3cret@example.com/data'
    await ann.post('runs/set-tag', { run_id: runId, key: 'source', value })
    await ann.post('runs/log-parameter', { run_id: runId, key: 'url', value })
    const { status, text } = await ann.call('GET', path)
    expect([status, text.includes('s3cret')]).toEqual([200, false])
    expect(JSON.stringify(await changes())).not.toContain('s3cret')
  })

  test('are never changed in the database, and count however many there are', async () => {
    const { ann, runId, register, platform } = await guarded()
    const metrics = (from: number) =>
      Array.from({ length: 1000 }, (_, i) => ({
        key: `a metric with a long name - ${from + i}`,
        value: (from + i) / 7,
        timestamp: 1,
        step: 0,
      }))
    for (let from = 0; from < 12_000; from += 1000) {
      await ann.post('runs/log-batch', { run_id: runId, metrics: metrics(from) })
    }
    await register()
    const { json } = await ann.call('GET', '/api/v1/models/fraud/versions/2/facts')
    expect(Object.keys(json.metrics)).toHaveLength(12_001)
    expect(json.metrics['a metric with a long name - 11999']).toBe(11_999 / 7)
    for (const statement of [
      sql`update version_facts set digest = 'x'`,
      sql`delete from version_facts`,
      sql`insert or replace into version_facts (model_version, revision, at_ms, digest, changed, changed_more, late_metrics)
        values (1, 1, 0, 'x', '[]', 0, '[]')`,
      sql`update version_fact_parts set facts = '{}'`,
      sql`delete from version_fact_parts`,
    ]) {
      await expect(platform.db.all(statement)).rejects.toThrow(/is never/)
    }
  })
})
