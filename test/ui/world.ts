import { admin, authServer } from '../support/auth-server.ts'

const mlmodel = (type: string) => `flavors:
  python_function:
    loader_module: mlflow.sklearn
    python_version: 3.12.1
  sklearn:
    sklearn_version: 1.9.2
signature:
  inputs: '[{"name": "amount", "type": "${type}", "required": true}, {"name": "country", "type": "string", "required": true}]'
  outputs: '[{"name": "score", "type": "double", "required": true}]'
  params: null
`

type Training = {
  readonly metrics?: Readonly<Record<string, number>>
  readonly params?: Readonly<Record<string, string>>
  /** Type of the first column of the signature. */
  readonly amount?: string
  readonly requirements?: string
}

/**
 * What pages are shown with: ann trains, rita and alice approve, otto may break the glass, eve may
 * not read the model.
 */
async function fraudWorld(...overrides: Parameters<typeof authServer>) {
  const server = await authServer(...overrides)
  const { call, mlflow, user, app, clock } = server
  const [ann, rita, alice, otto, eve] = [
    await user('ann'),
    await user('rita'),
    await user('alice'),
    await user('otto'),
    await user('eve'),
  ]
  const name = 'fraud-detector'
  await call(admin, 'PUT', '/api/v1/groups/ml-approvers', { members: ['rita', 'alice'] })
  const post = async (path: string, body: object) => {
    const res = await mlflow(ann, 'POST', path, body)
    if (res.status !== 200) throw new Error(`${path}: ${res.text}`)
    return res.json
  }
  await post('registered-models/create', {
    name,
    description: 'Scores card payments for review.',
    tags: [
      { key: 'team', value: 'risk' },
      { key: 'tier', value: '1' },
    ],
  })
  const none = { name, username: 'eve', permission: 'NO_PERMISSIONS' }
  await mlflow(admin, 'POST', 'registered-models/permissions/create', none)
  const edit = { name, username: 'otto', permission: 'EDIT' }
  await mlflow(admin, 'POST', 'registered-models/permissions/create', edit)
  const { experiment_id } = await post('experiments/create', { name: 'nightly' })

  const register = async (training: Training = {}) => {
    clock.pass(3_600_000)
    const { run } = await post('runs/create', { experiment_id, start_time: clock.now() })
    const { run_id, artifact_uri } = run.info
    const {
      metrics = {},
      params = {},
      amount = 'double',
      requirements = 'scikit-learn==1.9.2\n',
    } = training
    await post('runs/log-batch', {
      run_id,
      metrics: Object.entries(metrics).map(([key, value]) => ({
        key,
        value,
        timestamp: 1,
        step: 0,
      })),
      params: Object.entries(params).map(([key, value]) => ({ key, value })),
    })
    await post('runs/log-inputs', {
      run_id,
      datasets: [
        {
          dataset: {
            name: 'transactions',
            digest: '9f2c01aa',
            source_type: 's3',
            source: '{"uri": "s3://lake/tx/2026-10"}',
          },
          tags: [{ key: 'mlflow.data.context', value: 'training' }],
        },
      ],
    })
    const files = {
      MLmodel: mlmodel(amount),
      'requirements.txt': requirements,
      'model.pkl': run_id,
    }
    for (const [path, body] of Object.entries(files)) {
      const folder = artifact_uri.replace(
        'mlflow-artifacts:/',
        '/api/2.0/mlflow-artifacts/artifacts/',
      )
      const headers = { authorization: ann }
      await app.request(`${folder}/model/${path}`, { method: 'PUT', headers, body })
    }
    const source = `${artifact_uri}/model`
    const { model_version } = await post('model-versions/create', { name, source, run_id })
    return Number(model_version.version)
  }
  const move = (version: number, stage: string) =>
    mlflow(ann, 'POST', 'model-versions/transition-stage', {
      name,
      version: String(version),
      stage,
      archive_existing_versions: true,
    })
  const ask = async (version: number, to: object, reason?: string) => {
    const body = {
      model: name,
      version: String(version),
      to,
      archive_existing: 'stage' in to,
      reason,
    }
    const res = await call(ann, 'POST', '/api/v1/promotions', body)
    if (res.status !== 201) throw new Error(res.text)
    return Number(res.json.id)
  }
  const card = (version: number, fields: object, revision = 0) =>
    call(ann, 'PUT', `/api/v1/models/${name}/versions/${version}/card`, { ...fields, revision })
  const policy = (more: object = {}) =>
    call(admin, 'PUT', '/api/v1/policies/production-sign-off', {
      applies_to: { models: 'fraud-*', stage: 'Production' },
      approvals: { required: 1, from: ['group:ml-approvers'] },
      gates: [
        { name: 'accurate', type: 'metric', metric: 'accuracy', min: 0.9 },
        { name: 'card', type: 'model_card', fields: ['intended_use', 'fairness'] },
        { name: 'integration-tests', type: 'check', check: 'integration-tests' },
      ],
      rollback: { skip_approvals: true },
      break_glass: { from: ['user:otto'] },
      ...more,
    })
  return { ...server, ann, rita, alice, otto, eve, name, register, move, ask, card, policy }
}

/** Version 2 is live, and ann asks that version 3 takes its place. */
export async function askedWorld(...overrides: Parameters<typeof authServer>) {
  const world = await fraudWorld(...overrides)
  const { register, move, ask, card, policy } = world
  await register({ metrics: { accuracy: 0.88 }, params: { lr: '0.1', model: 'rf' } })
  await register({
    metrics: { accuracy: 0.918, 'recall.young': 0.81, latency_ms: 12 },
    params: { lr: '0.01', model: 'rf' },
    requirements: 'scikit-learn==1.9.1\n',
  })
  await register({
    metrics: { accuracy: 0.923, 'recall.young': 0.774, latency_ms: 12 },
    params: { lr: '0.02', model: 'rf' },
    amount: 'string',
  })
  await move(1, 'Production')
  await move(2, 'Production')
  await move(3, 'Staging')
  await card(2, {
    intended_use: 'Rank transactions for review.',
    limitations: 'Blind to gift cards.',
  })
  await card(3, {
    intended_use: 'Rank transactions for review.',
    limitations: 'Blind to vouchers.',
  })
  await policy()
  const id = await ask(3, { stage: 'Production' }, 'beats 2 on the holdout of October')
  return { ...world, id }
}
