import { describe, expect, test } from 'vitest'
import { cardServer, fullCard } from '../support/card-server.ts'
import { team } from '../support/team.ts'

type Send = Awaited<ReturnType<typeof cardServer>>['send']

async function readBom(send: Send, model: string, rest = '') {
  const res = await send('GET', `/api/v1/models/${model}/versions/1/mlbom.json${rest}`)
  const text = await res.text()
  return { status: res.status, headers: res.headers, text, json: JSON.parse(text) }
}

const mlmodel = `flavors:
  python_function: {loader_module: mlflow.sklearn}
  sklearn: {sklearn_version: 1.5.0}
signature:
  inputs: '[{"type": "double", "name": "amount", "required": true}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]'
`
const requirements =
  '-r more.txt\nscikit_learn[alldeps]==1.5.0\nmlflow\ngit+https://a:b@host/x.git\n'

/** `fraud` version 1 with a run, a card, files and packages. */
async function richServer() {
  const server = await cardServer()
  const { seal, putCard, post, send, createModel } = server
  await createModel('fraud')
  const { runId } = await seal('fraud', { MLmodel: mlmodel, 'requirements.txt': requirements })
  await post('runs/log-metric', { run_id: runId, key: 'auc', value: 0.93, timestamp: 1, step: 0 })
  await post('runs/log-metric', { run_id: runId, key: 'bad', value: 'NaN', timestamp: 1, step: 0 })
  await post('runs/log-inputs', {
    run_id: runId,
    datasets: [
      {
        dataset: {
          name: 'tx',
          digest: '12ab34cd',
          source_type: 'http',
          source: '{"url": "https://me:secret@host/tx.csv"}',
        },
      },
    ],
  })
  expect((await putCard('fraud', { revision: 0, card: fullCard })).status).toBe(200)
  return { ...server, bom: (rest = '') => readBom(send, 'fraud', rest), runId }
}

describe('the ML-BOM of a version', () => {
  test('names files, packages, datasets and what the card says', async () => {
    const { bom, runId } = await richServer()
    const { json, status, headers } = await bom()
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('application/vnd.cyclonedx+json; version=1.6')
    const { component } = json.metadata
    expect(component).toMatchObject({
      type: 'machine-learning-model',
      name: 'fraud',
      version: '1',
      licenses: [{ license: { id: 'Apache-2.0' } }],
      modelCard: {
        modelParameters: {
          architectureFamily: 'sklearn',
          datasets: [{ ref: 'data:0' }],
          inputs: [{ format: 'double: amount' }],
          outputs: [{ format: 'tensor {"dtype":"int64","shape":[-1]}' }],
        },
        quantitativeAnalysis: {
          performanceMetrics: [
            { type: 'auc', value: '0.93' },
            { type: 'bad', value: 'NaN' },
            { type: 'recall', value: '0.81', slice: 'age<25' },
            { type: 'recall', value: '0.9', slice: 'age>=25 | all' },
          ],
        },
        considerations: {
          useCases: [fullCard.intended_use],
          ethicalConsiderations: [{ name: fullCard.ethical_considerations }],
          fairnessAssessments: [{ groupAtRisk: 'age<25' }, { groupAtRisk: 'age>=25 | all' }],
        },
      },
    })
    expect(component.properties).toContainEqual({ name: 'gatehouse:run', value: runId })
    const [data, ...others] = json.components
    expect(data).toMatchObject({ type: 'data', name: 'tx', version: '12ab34cd' })
    const packages = others.filter(({ type }: { type: string }) => type === 'library')
    expect(packages).toEqual([
      expect.objectContaining({ purl: 'pkg:pypi/scikit-learn@1.5.0', version: '1.5.0' }),
      expect.objectContaining({ name: 'mlflow' }),
      expect.objectContaining({ name: 'git+https://***@host/x.git' }),
    ])
    const files = others.filter(({ type }: { type: string }) => type === 'file')
    expect(files.map(({ name }: { name: string }) => name)).toEqual([
      'MLmodel',
      'requirements.txt',
      'weights.bin',
    ])
    expect(JSON.stringify(json)).not.toContain('secret')
  })

  test('has the same bytes while the version is in the same state, and others after it', async () => {
    const { bom, putCard } = await richServer()
    const [first, again] = [await bom(), await bom()]
    expect(again.text).toBe(first.text)
    const newer = await bom('?spec=1.7')
    expect(newer.json).toEqual({
      ...first.json,
      $schema: 'http://cyclonedx.org/schema/bom-1.7.schema.json',
      specVersion: '1.7',
    })
    await putCard('fraud', { revision: 1, card: { ...fullCard, licence: 'our own' } })
    const changed = await bom()
    expect(changed.json.serialNumber).not.toBe(first.json.serialNumber)
    expect(changed.json.metadata.component.licenses).toEqual([{ license: { name: 'our own' } }])
  })

  test('of a version without run, card and files says what is known', async () => {
    const { createModel, createVersion, send } = await cardServer()
    await createModel('m')
    await createVersion('m')
    const { json } = await readBom(send, 'm')
    expect(json.components).toEqual([])
    expect(json.metadata.component).toEqual({
      type: 'machine-learning-model',
      'bom-ref': 'model',
      name: 'm',
      version: '1',
      properties: [{ name: 'gatehouse:stage', value: 'None' }],
    })
  })

  test('is refused for a version that is not there, and in a form that is not made', async () => {
    const { createModel, call } = await cardServer()
    await createModel('m')
    const path = '/api/v1/models/m/versions/1/mlbom.json'
    expect(await call('GET', path)).toMatchObject({ status: 404 })
    expect(await call('GET', `${path}?spec=1.5`)).toMatchObject({ status: 400 })
  })

  test('tells nothing of a run that the caller may not read', async () => {
    const { admin, member, grant } = await team({ defaultPermission: 'NO_PERMISSIONS' })
    const { json } = await admin.post('experiments/create', { name: 'closed' })
    const run = await admin.post('runs/create', { experiment_id: json.experiment_id })
    const { run_id, artifact_uri } = run.json.run.info
    await admin.post('runs/log-metric', { run_id, key: 'auc', value: 0.93, timestamp: 1 })
    await admin.post('registered-models/create', { name: 'm' })
    const made = await admin.post('model-versions/create', {
      ...{ name: 'm', source: artifact_uri, run_id },
    })
    expect(made.status).toBe(200)
    const [reader, stranger] = [await member('reader'), await member('stranger')]
    await grant('reader', 'registered_model', 'm', 'READ')
    expect((await readBom(admin.send, 'm')).text).toContain('0.93')
    const shown = await readBom(reader.send, 'm')
    expect(shown.status).toBe(200)
    expect(shown.text).not.toMatch(/0\.93|closed/)
    expect((await readBom(stranger.send, 'm')).status).toBe(403)
  })
})
