import { expect, test } from 'vitest'
import { collectGarbage } from '../../src/registry/collect-garbage.ts'
import { type Member, team } from '../support/team.ts'

/**
 * Versions 1 to 3 of `fraud` come from two runs and a logged model of one experiment. Ann may read
 * all of it, Eve the registered models alone.
 */
async function trained() {
  const server = await team({ defaultPermission: 'NO_PERMISSIONS' })
  const { admin, grant, member, platform } = server
  const [ann, eve] = [await member('ann'), await member('eve')]
  const made = await admin.post('experiments/create', { name: 'secret-study' })
  const experimentId: string = made.json.experiment_id
  const runIds: string[] = []
  for (const auc of [0.4711, 0.52]) runIds.push(await train(admin, experimentId, auc))
  const logged = await admin.post('logged-models', {
    experiment_id: experimentId,
    name: 'm0del',
    source_run_id: runIds[0],
    params: [{ key: 'trees', value: 'tr33s' }],
  })
  const modelId: string = logged.json.model.info.model_id
  await admin.patch(`logged-models/${modelId}`, { model_id: modelId, status: 'LOGGED_MODEL_READY' })
  for (const name of ['fraud', 'copies']) {
    await admin.post('registered-models/create', { name })
    for (const user of ['ann', 'eve']) await grant(user, 'registered_model', name, 'READ')
  }
  await grant('ann', 'experiment', experimentId, 'READ')
  const register = (name: string, source: string, more: object = {}) =>
    admin.post('model-versions/create', { name, source, ...more })
  for (const run_id of runIds) await register('fraud', 's3://b/m', { run_id })
  await register('fraud', `models:/${modelId}`, { model_id: modelId })
  await register('copies', 'models:/fraud/1')
  await admin.post('model-versions/transition-stage', {
    name: 'fraud',
    version: '1',
    stage: 'Production',
  })
  const purge = () =>
    collectGarbage({ ...platform, dryRun: false, graceMs: 0 }, Number.MAX_SAFE_INTEGER)
  return { ...server, ann, eve, experimentId, runIds, modelId, register, purge }
}

async function train(admin: Member, experiment_id: string, auc: number): Promise<string> {
  const tags = [
    { key: 'mlflow.source.git.commit', value: `c0mm1t-${auc}` },
    {
      key: 'mlflow.log-model.history',
      value: JSON.stringify([
        {
          artifact_path: 'm',
          flavors: { fl4vor: {} },
          signature: { inputs: '[{"name": "c0lumn", "type": "double"}]' },
        },
      ]),
    },
  ]
  const run = await admin.post('runs/create', {
    experiment_id,
    start_time: 1,
    run_name: 'n1ghtly',
    tags,
  })
  const run_id: string = run.json.run.info.run_id
  await admin.post('runs/log-metric', { run_id, key: 'auc', value: auc, timestamp: 1, step: 0 })
  await admin.post('runs/log-parameter', { run_id, key: 'depth', value: `p4r4m-${auc}` })
  const dataset = { name: 'd4ta', digest: 'd1g3st', source_type: 's3', source: 's3://b/d' }
  const context = [{ key: 'mlflow.data.context', value: 'training' }]
  await admin.post('runs/log-inputs', { run_id, datasets: [{ dataset, tags: context }] })
  await admin.post('runs/update', { run_id, status: 'FINISHED', end_time: 2 })
  return run_id
}

type Trained = Awaited<ReturnType<typeof trained>>

/** What outsiders must not see. */
const secrets = [
  ...['auc', '0.4711', 'depth', 'p4r4m', 'd4ta', 'd1g3st', 'secret-study', 'c0mm1t', 'fl4vor'],
  ...['c0lumn', 'tr33s', 'm0del', 'n1ghtly'],
]

/** Every place where the facts of a version are read; an answer without its times. */
const readers: readonly [string, path: string][] = [
  ['the card', '/api/v1/models/fraud/versions/1/card'],
  ['the card of a version from a logged model', '/api/v1/models/fraud/versions/3/card'],
  ['the card as markdown', '/api/v1/models/fraud/versions/1/card.md'],
  ['the card as a page', '/api/v1/models/fraud/versions/1/card.html'],
  ["the card in Hugging Face's form", '/api/v1/models/fraud/versions/1/card.md?format=huggingface'],
  ['the card of a copy', '/api/v1/models/copies/versions/1/card'],
  ['the lineage', '/api/v1/models/fraud/versions/1/lineage'],
  ['the lineage of a version from a logged model', '/api/v1/models/fraud/versions/3/lineage'],
  ['the versions trained on a dataset', '/api/v1/lineage?dataset_digest=d1g3st'],
  ['a comparison', '/api/v1/models/fraud/compare?versions=1,2,3'],
  ['the version in a stage', '/api/v1/models/fraud/stages/Production'],
  ['the version that was in a stage', '/api/v1/models/fraud/stages/Production?at=NOW'],
]

/** Those that say nothing else: whoever may not read the experiment is refused. */
const factReaders: readonly [string, path: string][] = [
  ['the facts', '/api/v1/models/fraud/versions/1/facts'],
  ['the facts of a version from a logged model', '/api/v1/models/fraud/versions/3/facts'],
  ['the revisions of the facts', '/api/v1/models/fraud/versions/1/facts/revisions'],
]

const filters: readonly [filter: string, count: number][] = [
  ['metrics.auc > 0.4', 3],
  ['metrics.auc > 0.5', 1],
  ["params.depth = 'p4r4m-0.4711'", 2],
  ["params.depth LIKE 'p4%'", 3],
  ['params.depth IS NOT NULL', 3],
  ["dataset.digest = 'd1g3st'", 3],
  ["dataset.name ILIKE 'D4%'", 3],
]

async function answers(by: Member, of = readers): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const [what, path] of of) {
    const { status, text } = await by.call('GET', path.replace('NOW', String(Date.now())))
    expect([what, status]).toEqual([what, 200])
    // The status of a run or a logged model is shown as long as it is there.
    found[what] = text.replaceAll(
      /,"status":"(?:FINISHED|LOGGED_MODEL_READY)"|"at":\d+,|Request <code>\w+|nonce="\w+"/g,
      '',
    )
  }
  return found
}

async function counts(by: Member): Promise<(readonly [string, number])[]> {
  const found: (readonly [string, number])[] = []
  for (const [filter] of filters) {
    const query = encodeURIComponent(`${filter} AND name = 'fraud'`)
    const { status, json } = await by.get(`model-versions/search?filter=${query}`)
    expect(status).toBe(200)
    found.push([filter, json.model_versions?.length ?? 0])
  }
  return found
}

const draft = {
  applies_to: { models: '*', stage: 'Staging' },
  gates: [
    { name: 'good', type: 'metric', metric: 'auc', min: 0.4 },
    { name: 'better', type: 'expression', expression: 'candidate.metrics.auc < 0.5' },
    {
      name: 'as planned',
      type: 'expression',
      expression: "candidate.params.depth == 'p4r4m-0.4711'",
    },
    { name: 'known', type: 'lineage', require: ['run', 'dataset'] },
    { name: 'schema', type: 'signature_compatible' },
  ],
}

function judge(by: Member, policy?: object) {
  const body = { model: 'fraud', version: '1', to: { stage: 'Staging' }, policy }
  return by.call('POST', '/api/v1/policies/evaluate', body)
}

async function verdicts(by: Member): Promise<unknown[]> {
  const { status, json } = await judge(by, draft)
  expect(status).toBe(200)
  return json.gates.map(({ name, status: verdict, detail }: Record<string, unknown>) => [
    name,
    verdict,
    detail,
  ])
}

type Loss = (server: Trained) => Promise<unknown>

const deleteRuns: Loss = async ({ admin, runIds }) => {
  for (const run_id of runIds)
    expect((await admin.post('runs/delete', { run_id })).status).toBe(200)
}
const deleteExperiment: Loss = ({ admin, experimentId }) =>
  admin.post('experiments/delete', { experiment_id: experimentId })
const deleteLoggedModel: Loss = ({ admin, modelId }) => admin.del(`logged-models/${modelId}`)

const losses: readonly [string, Loss][] = [
  ['the deletion of its run', deleteRuns],
  ['the deletion of its experiment', deleteExperiment],
  ['the deletion of its logged model', deleteLoggedModel],
  [
    'the purge of its run and its logged model',
    async (server) => {
      await deleteRuns(server)
      await deleteLoggedModel(server)
      await server.purge()
    },
  ],
  [
    'the purge of its experiment',
    async (server) => {
      await deleteExperiment(server)
      expect(await server.purge()).toMatchObject({ purged: { runs: 2, experiments: 1 } })
    },
  ],
]

test.each(losses)(
  'what a version is known by outlives %s, for those who may read it',
  async (_what, lose) => {
    const server = await trained()
    const { ann } = server
    const before = {
      ...(await answers(ann, [...readers, ...factReaders])),
      gates: JSON.stringify(await verdicts(ann)),
    }
    expect(await counts(ann)).toEqual(filters)
    expect(before.gates).not.toContain('failed')
    const shown = Object.values(before).join()
    for (const secret of secrets) expect(shown).toContain(secret)
    await lose(server)
    const after = {
      ...(await answers(ann, [...readers, ...factReaders])),
      gates: JSON.stringify(await verdicts(ann)),
    }
    expect(after).toEqual(before)
    expect(await counts(ann)).toEqual(filters)
  },
)

test.each(losses)(
  'who may not read the experiment of a version sees nothing of it after %s',
  async (_what, lose) => {
    const server = await trained()
    await lose(server)
    for (const [what, text] of Object.entries(await answers(server.eve))) {
      for (const secret of secrets)
        expect([what, secret, text.includes(secret)]).toEqual([what, secret, false])
    }
    for (const [what, path] of factReaders) {
      const { status, text } = await server.eve.call('GET', path)
      expect([what, status]).toEqual([what, 403])
      for (const secret of secrets) expect(text).not.toContain(secret)
    }
    expect(await counts(server.eve)).toEqual(filters.map(([filter]) => [filter, 0]))
    for (const { status, text } of [await judge(server.eve), await judge(server.eve, draft)]) {
      for (const secret of secrets) expect(text).not.toContain(secret)
      expect([200, 403]).toContain(status)
    }
    // Whether a draft passes would tell the value.
    expect((await judge(server.eve, draft)).status).toBe(403)
  },
)

test('a copy that is made after the purge of the run has the facts of its original', async () => {
  const server = await trained()
  const { ann, purge, register } = server
  const { json } = await ann.call('GET', '/api/v1/models/fraud/versions/1/card')
  await deleteExperiment(server)
  await purge()
  expect((await register('copies', 'models:/fraud/1')).status).toBe(200)
  const copy = await ann.call('GET', '/api/v1/models/copies/versions/2/card')
  expect(copy.json.derived).toEqual(json.derived)
})

test('what a run was changed to after registering outlives its purge, though nobody had read it', async () => {
  const server = await trained()
  const { admin, ann, runIds, purge } = server
  const metric = { run_id: runIds[0], key: 'late', value: 0.25, timestamp: 3, step: 0 }
  expect((await admin.post('runs/log-metric', metric)).status).toBe(200)
  await deleteRuns(server)
  expect(await purge()).toMatchObject({ purged: { runs: 2 } })
  const { json } = await ann.call('GET', '/api/v1/models/fraud/versions/1/card')
  expect(json.derived.metrics).toEqual({ auc: 0.4711, late: 0.25 })
  const query = encodeURIComponent("metrics.late = 0.25 AND name = 'fraud'")
  const found = await ann.get(`model-versions/search?filter=${query}`)
  expect(found.json.model_versions).toHaveLength(2)
})
