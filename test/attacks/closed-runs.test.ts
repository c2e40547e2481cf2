import { describe, expect, test } from 'vitest'
import { type Member, team } from '../support/team.ts'

/** A model of which Eve reads the versions, from a run in an experiment that is closed to her. */
async function closedRun() {
  const { admin, grant, member, platform } = await team({ defaultPermission: 'NO_PERMISSIONS' })
  const eve = await member('eve')
  const experiment = await admin.post('experiments/create', { name: 'secret-study' })
  const experimentId: string = experiment.json.experiment_id
  const run = await admin.post('runs/create', { experiment_id: experimentId, start_time: 1 })
  const runId: string = run.json.run.info.run_id
  const metric = { run_id: runId, key: 'auc', value: 0.4711, timestamp: 1, step: 0 }
  await admin.post('runs/log-metric', metric)
  await admin.post('runs/log-parameter', { run_id: runId, key: 'depth', value: 'p4r4m' })
  const history = [{ artifact_path: 'm', flavors: { fl4vor: {} } }]
  await admin.post('runs/set-tag', {
    run_id: runId,
    key: 'mlflow.log-model.history',
    value: JSON.stringify(history),
  })
  const commit = { run_id: runId, key: 'mlflow.source.git.commit', value: 'c0mm1t' }
  await admin.post('runs/set-tag', commit)
  await admin.post('runs/log-inputs', {
    run_id: runId,
    datasets: [{ dataset: { name: 'd4ta', digest: 'd1g3st', source_type: 'x', source: 's' } }],
  })
  const made = await admin.post('registered-models/create', { name: 'fraud' })
  expect(made.status).toBe(200)
  for (const source of ['s3://b/m', 's3://b/m']) {
    await admin.post('model-versions/create', { name: 'fraud', source, run_id: runId })
  }
  await grant('eve', 'registered_model', 'fraud', 'READ')
  return { admin, eve, grant, experimentId, member, platform, runId }
}

const secrets = [
  'auc',
  '0.4711',
  'depth',
  'p4r4m',
  'd4ta',
  'd1g3st',
  'secret-study',
  'c0mm1t',
  'fl4vor',
]
const version = '/api/v1/models/fraud/versions/1'

describe('facts of a run that the caller may not read', () => {
  test.each([
    `${version}/card`,
    `${version}/card.md`,
    `${version}/card.md?format=huggingface`,
    `${version}/card.html`,
    `${version}/lineage`,
    version,
    '/api/v1/models/fraud/compare?versions=1,2',
  ])('are not in %s', async (path) => {
    const { admin, eve } = await closedRun()
    const { status, text } = await eve.call('GET', path)
    expect(status).toBe(200)
    for (const secret of secrets) expect(text).not.toContain(secret)
    if (path.includes('card')) expect((await admin.call('GET', path)).text).toContain('p4r4m')
  })

  test('are not found out by filters of versions', async () => {
    const { admin, eve, grant, experimentId } = await closedRun()
    const found = async (by: Member, filter: string) => {
      const { status, json } = await by.get(
        `model-versions/search?filter=${encodeURIComponent(filter)}`,
      )
      expect(status).toBe(200)
      return json.model_versions?.length ?? 0
    }
    for (const filter of [
      'metrics.auc > 0.4',
      "params.depth = 'p4r4m'",
      "params.depth LIKE 'p%'",
      'params.depth IS NOT NULL',
      "dataset.digest = 'd1g3st'",
      "dataset.name ILIKE 'D%'",
    ]) {
      expect(await found(admin, filter)).toBe(2)
      expect(await found(eve, filter)).toBe(0)
      expect(await found(eve, `${filter} AND name = 'fraud'`)).toBe(0)
    }
    expect(await found(eve, 'params.depth IS NULL')).toBe(2)
    expect(await found(eve, "name = 'fraud'")).toBe(2)
    await grant('eve', 'experiment', experimentId, 'READ')
    expect(await found(eve, 'metrics.auc > 0.4')).toBe(2)
  })
})

test('a search of models tells nothing of versions that are denied as a kind', async () => {
  const { admin, eve, grant } = await closedRun()
  await admin.post('registered-models/alias', { name: 'fraud', version: '1', alias: 'live' })
  const stage = { name: 'fraud', version: '2', stage: 'Staging', archive_existing_versions: false }
  await admin.post('model-versions/transition-stage', stage)
  const search = async (filter: string) => {
    const { status, json } = await eve.get(
      `registered-models/search?filter=${encodeURIComponent(filter)}`,
    )
    expect(status).toBe(200)
    return json.registered_models ?? []
  }
  const filters = ["alias = 'live'", 'alias IS NOT NULL', "stage = 'Staging'"]
  for (const filter of filters) expect(await search(filter)).toHaveLength(1)
  await grant('eve', 'registered_model_version', '*', 'DENY')
  for (const filter of filters) expect(await search(filter)).toHaveLength(0)
  const [found] = await search('alias IS NULL')
  expect([found.name, found.aliases, found.latest_versions]).toEqual([
    'fraud',
    undefined,
    undefined,
  ])
})

test('cards of versions that are denied as a kind are refused', async () => {
  const { admin, eve, grant } = await closedRun()
  await grant('eve', 'registered_model_version', '*', 'DENY')
  for (const rest of ['', '.md', '.html', '/revisions', '/revisions/1']) {
    expect((await eve.call('GET', `${version}/card${rest}`)).status).toBe(403)
    expect((await admin.call('GET', `${version}/card`)).status).toBe(200)
  }
  expect((await eve.call('PUT', `${version}/card`, { notes: 'x' })).status).toBe(403)
})

test('what happened to a model is not told to whoever takes its name over', async () => {
  const { admin, eve, member } = await closedRun()
  await admin.post('registered-models/set-tag', { name: 'fraud', key: 'k', value: 'old-secret' })
  await admin.post('registered-models/rename', { name: 'fraud', new_name: 'fraud-old' })
  const mallory = await member('mallory')
  expect((await mallory.post('registered-models/create', { name: 'fraud' })).status).toBe(200)
  const mine = await mallory.call('GET', '/api/v1/events/history?max_results=1000')
  const models = mine.json.items.map(({ type }: { type: string }) => type)
  expect(models).toEqual(['registered_model.created'])
  expect(mine.text).not.toContain('old-secret')
  const read = await eve.call('GET', '/api/v1/events/history?max_results=1000')
  expect(read.text).toContain('old-secret')
})

test('the audit log of a model is for those who may read it under its name of today', async () => {
  const { admin, eve, member } = await closedRun()
  await admin.post('registered-models/set-tag', { name: 'fraud', key: 'k', value: 'old-secret' })
  const mallory = await member('mallory')
  const right = (principal: string, models: string) =>
    admin.call('POST', '/api/v1/grants', { principal, action: 'read_audit', models })
  await right('user:mallory', 'fraud')
  await right('user:eve', 'bank')
  const log = (who: Member) => who.call('GET', '/api/v1/audit?model=fraud')
  expect((await log(mallory)).text).toContain('old-secret')
  await admin.post('registered-models/rename', { name: 'fraud', new_name: 'bank' })
  await mallory.post('registered-models/create', { name: 'fraud' })
  await mallory.post('registered-models/set-tag', { name: 'fraud', key: 'k', value: 'new' })
  const own = await log(mallory)
  const actions = own.json.items.map(({ action }: { action: string }) => action)
  expect([own.status, actions]).toEqual([
    200,
    ['registered_model.tag_set', 'registered_model.created'],
  ])
  const exported = await mallory.call('GET', '/api/v1/audit/export?model=fraud&format=csv')
  expect([exported.status, exported.text.includes('old-secret')]).toEqual([200, false])
  expect((await log(eve)).text).toContain('old-secret')
  expect((await log(admin)).text).toContain('old-secret')
  // A deleted model, before and after its name is taken over.
  await admin.post('registered-models/rename', { name: 'fraud', new_name: 'elsewhere' })
  await admin.post('registered-models/rename', { name: 'bank', new_name: 'fraud' })
  await admin.del('registered-models/delete', { name: 'fraud' })
  expect((await log(mallory)).text).toContain('old-secret')
  await mallory.post('registered-models/create', { name: 'fraud' })
  expect((await log(mallory)).text).not.toContain('old-secret')
})

test('a prompt is made a model by nobody who may edit one kind only', async () => {
  const { admin, eve, grant } = await closedRun()
  const tag = { key: 'mlflow.prompt.is_prompt', value: 'true' }
  await admin.post('registered-models/create', { name: 'hello', tags: [tag] })
  await grant('eve', 'prompt', '*', 'MANAGE')
  const other = { name: 'hello', key: 'k', value: 'v' }
  expect((await eve.post('registered-models/set-tag', other)).status).toBe(200)
  const flip = { name: 'hello', key: tag.key, value: 'false' }
  expect((await eve.post('registered-models/set-tag', flip)).status).toBe(403)
  const gone = { name: 'hello', key: tag.key }
  expect(
    (await eve.call('DELETE', '/api/2.0/mlflow/registered-models/delete-tag', gone)).status,
  ).toBe(403)
  await grant('eve', 'registered_model', '*', 'EDIT')
  expect((await eve.post('registered-models/set-tag', flip)).status).toBe(200)
})
