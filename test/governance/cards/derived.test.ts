import { expect, test } from 'vitest'
import { cardServer } from '../../support/card-server.ts'

const mlmodel = `artifact_path: model
flavors:
  python_function:
    loader_module: mlflow.sklearn
  sklearn:
    sklearn_version: 1.9.1
signature:
  inputs: '[{"type": "double", "name": "amount", "required": true}]'
  outputs: '[{"type": "long", "required": true}]'
  params: null
`
const requirements = `# made by hand
scikit-learn==1.9.1  # pinned

numpy>=2; python_version > "3.10"
--extra-index-url https://example.com/#sha256=1
`

async function trained(files: Readonly<Record<string, string>>) {
  const server = await cardServer()
  const { createModel, post, seal } = server
  await createModel('m')
  const sealed = await seal('m', files)
  const { runId: run_id } = sealed
  await post('runs/log-parameter', { run_id, key: 'depth', value: '4' })
  await post('runs/log-metric', { run_id, key: 'accuracy', value: 0.9, timestamp: 1, step: 0 })
  await post('runs/log-metric', { run_id, key: 'accuracy', value: 0.918, timestamp: 2, step: 1 })
  await post('runs/log-metric', { run_id, key: 'loss', value: 'NaN', timestamp: 1, step: 0 })
  await post('runs/set-tag', { run_id, key: 'mlflow.source.git.commit', value: 'abc123' })
  const dataset = { name: 'tx', digest: 'd1', source_type: 'local', source: '{"uri": "tx.csv"}' }
  await post('runs/log-inputs', { run_id, datasets: [{ dataset, tags: [] }] })
  return { ...server, ...sealed }
}

test('a card tells what its run and its files tell', async () => {
  const { getCard, experimentId, get, runId } = await trained({
    MLmodel: mlmodel,
    'requirements.txt': requirements,
  })
  const experiment = await get(`experiments/get?experiment_id=${experimentId}`)
  expect((await getCard('m')).json.derived).toEqual({
    run_id: runId,
    experiment: experiment.json.experiment.name,
    params: { depth: '4' },
    metrics: { accuracy: 0.918, loss: 'NaN' },
    datasets: [{ name: 'tx', digest: 'd1', source: '{"uri": "tx.csv"}' }],
    signature: {
      inputs: [{ type: 'double', name: 'amount', required: true }],
      outputs: [{ type: 'long', required: true }],
    },
    flavors: ['sklearn'],
    code_version: 'abc123',
    environment: [
      'scikit-learn==1.9.1',
      'numpy>=2; python_version > "3.10"',
      '--extra-index-url https://example.com/#sha256=1',
    ],
    digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
  })
})

test('what is not there is absent, and a run that was deleted still tells', async () => {
  const { getCard, post, runId } = await trained({})
  await post('runs/delete', { run_id: runId })
  const { derived } = (await getCard('m')).json
  expect(derived).toMatchObject({ run_id: runId, params: { depth: '4' } })
  for (const absent of ['signature', 'flavors', 'environment', 'problems']) {
    expect(derived).not.toHaveProperty(absent)
  }
})

test.each([
  ['no YAML', 'a: [', /^MLmodel: it is not valid YAML: /],
  ['no mapping', '- a', /^MLmodel: it is no mapping$/],
  ['too large', 'a'.repeat(1_500_001), /^MLmodel: it has 1500001 bytes/],
  ['nested too deep', '['.repeat(100_000), /^MLmodel: it is YAML nested deeper than 64 levels/],
])('an MLmodel that is %s is told as a problem', async (_what, text, problem) => {
  const { getCard } = await trained({ MLmodel: text, 'requirements.txt': 'a\n' })
  expect((await getCard('m')).json.derived).toMatchObject({
    problems: [expect.stringMatching(problem)],
    environment: ['a'],
  })
})

test('of a model that lies elsewhere, the run tells signature and flavors', async () => {
  const { createVersion, getCard, post, runId: run_id } = await trained({})
  const signature = { inputs: '[{"type": "double"}]', outputs: null }
  const history = [
    { run_id, artifact_path: 'other', flavors: { onnx: {}, python_function: {} }, signature },
  ]
  const tag = { run_id, key: 'mlflow.log-model.history', value: JSON.stringify(history) }
  await post('runs/set-tag', tag)
  await createVersion('m', 's3://bucket/run/artifacts/other', { run_id })
  const { derived } = (await getCard('m', 2)).json
  expect(derived).toMatchObject({
    signature: { inputs: [{ type: 'double' }] },
    flavors: ['onnx'],
    params: { depth: '4' },
  })
  expect(derived).not.toHaveProperty('digest')
})

test('keys such as __proto__ are keys like others', async () => {
  const { getCard, post, runId: run_id } = await trained({})
  await post('runs/log-parameter', { run_id, key: '__proto__', value: 'p' })
  expect((await getCard('m')).text).toContain('"params":{"__proto__":"p","depth":"4"}')
})
