import { describe, expect, test } from 'vitest'
import { asObject, startedRun } from '../started-run.ts'

const iris = { name: 'iris', digest: 'd1', source_type: 'local', source: '{}' }
const train = [{ key: 'mlflow.data.context', value: 'train' }]

describe('runs/log-inputs', () => {
  test('records datasets with their tags, once each', async () => {
    const { log, run } = await startedRun()
    const whole = { ...iris, schema: '{"s":1}', profile: '{"p":1}' }
    const datasets = [{ dataset: whole, tags: train }]
    expect((await log('log-inputs', { datasets })).json).toEqual({})
    expect((await log('log-inputs', { datasets })).json).toEqual({})
    expect((await run()).inputs).toEqual({ dataset_inputs: [{ tags: train, dataset: whole }] })
  })

  test('the first use counts: a dataset that the run has keeps its tags, as in MLflow', async () => {
    const { log, run } = await startedRun()
    await log('log-inputs', { datasets: [{ dataset: iris }] })
    await log('log-inputs', { datasets: [{ dataset: { ...iris, schema: 'x' }, tags: train }] })
    expect((await run()).inputs).toEqual({ dataset_inputs: [{ dataset: iris }] })
  })

  test('two runs share a dataset of one name and digest, each with its own tags', async () => {
    const { log, run, post } = await startedRun()
    const other = (await post('runs/create', { experiment_id: '0' })).json.run.info.run_id
    await log('log-inputs', { datasets: [{ dataset: iris, tags: train }] })
    await post('runs/log-inputs', { run_id: other, datasets: [{ dataset: iris }] })
    expect((await run()).inputs.dataset_inputs[0].tags).toEqual(train)
    expect((await run(other)).inputs).toEqual({ dataset_inputs: [{ dataset: iris }] })
  })

  test('records model inputs, once each', async () => {
    const { log, run } = await startedRun()
    await log('log-inputs', { models: [{ model_id: 'm-1' }, { model_id: 'm-2' }] })
    await log('log-inputs', { models: [{ model_id: 'm-1' }] })
    expect((await run()).inputs).toEqual({
      model_inputs: [{ model_id: 'm-1' }, { model_id: 'm-2' }],
    })
  })

  test('takes a dataset without a name as one with the empty name, and nothing as nothing', async () => {
    const { log, run } = await startedRun()
    expect((await log('log-inputs', {})).json).toEqual({})
    await log('log-inputs', {
      datasets: [{ dataset: { digest: 'a', source_type: 'x', source: 'y' } }],
    })
    expect((await run()).inputs.dataset_inputs[0].dataset.name).toBe('')
  })

  test.each([
    { dataset: { ...iris, name: 'n'.repeat(501) } },
    { dataset: { ...iris, digest: 'd'.repeat(37) } },
    { dataset: { ...iris, source: 's'.repeat(65_536) } },
    { dataset: iris, tags: [{ key: 'k'.repeat(256), value: 'v' }] },
    { dataset: iris, tags: [{ key: 'k', value: 'v'.repeat(501) }] },
    { dataset: iris, tags: [...train, ...train] },
    { dataset: 'iris' },
    { tags: train },
  ])('refuses what is too long or malformed, and keeps nothing of it (case %#)', async (input) => {
    const { log, run } = await startedRun()
    const reply = await log('log-inputs', {
      datasets: [{ dataset: { ...iris, name: 'ok' } }, input],
    })
    expect([reply.status, reply.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    expect((await run()).inputs).toEqual({})
  })

  test('16 runs that log the same dataset at once all have it', async () => {
    const { post, run } = await startedRun()
    const made = await Promise.all(
      Array.from({ length: 16 }, () => post('runs/create', { experiment_id: '0' })),
    )
    const ids = made.map(({ json }) => json.run.info.run_id as string)
    await Promise.all(
      ids.map((id) => post('runs/log-inputs', { run_id: id, datasets: [{ dataset: iris }] })),
    )
    for (const id of ids) expect((await run(id)).inputs.dataset_inputs).toHaveLength(1)
  })
})

describe('runs/outputs', () => {
  test('records logged models that need not exist; the same again gets the new step', async () => {
    const { log, run } = await startedRun()
    expect((await log('outputs', { models: [{ model_id: 'm-1', step: 1 }] })).json).toEqual({})
    await log('outputs', { models: [{ model_id: 'm-1', step: 2 }, { model_id: 'm-2' }] })
    expect((await run()).outputs).toEqual({
      model_outputs: [
        { model_id: 'm-1', step: 2 },
        { model_id: 'm-2', step: 0 },
      ],
    })
    expect((await log('outputs', { models: [{ step: 1 }] })).status).toBe(400)
  })
})

describe('runs/log-model', () => {
  const model = {
    artifact_path: 'model',
    flavors: { f: { x: 1.5 } },
    utc_time_created: 'now',
    run_id: 'r',
  }

  test('appends to the tag mlflow.log-model.history', async () => {
    const { log, run } = await startedRun()
    const send = (more: object) =>
      log('log-model', { model_json: JSON.stringify({ ...model, ...more, extra: 'left out' }) })
    expect((await send({})).json).toEqual({})
    expect((await send({ model_uuid: 'u' })).json).toEqual({})
    const tags = asObject((await run()).data.tags)
    expect(JSON.parse(tags['mlflow.log-model.history'] as string)).toEqual([
      { ...model, model_uuid: null },
      { ...model, model_uuid: 'u' },
    ])
    // As Python writes it, which programs compare as text.
    expect(tags['mlflow.log-model.history']).toContain('"flavors": {"f": {"x": 1.5}}}, {"')
  })

  test('16 at once are all kept', async () => {
    const { log, run } = await startedRun()
    await Promise.all(
      Array.from({ length: 16 }, (_, i) =>
        log('log-model', { model_json: JSON.stringify({ ...model, artifact_path: `${i}` }) }),
      ),
    )
    const tags = asObject((await run()).data.tags)
    expect(JSON.parse(tags['mlflow.log-model.history'] as string)).toHaveLength(16)
  })

  test.each(['x', '[]', '"text"', '1', 'null', '{}', '{"run_id":"r"}'])(
    'refuses %s',
    async (modelJson) => {
      const { log } = await startedRun()
      const reply = await log('log-model', { model_json: modelJson })
      expect([reply.status, reply.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    },
  )

  test.each([501, 1500, 50_000])('refuses flavors that are nested %i deep', async (levels) => {
    const { log } = await startedRun()
    const deep = '['.repeat(levels) + ']'.repeat(levels)
    const modelJson = `{"run_id":"r","artifact_path":"m","utc_time_created":"t","flavors":${deep}}`
    const reply = await log('log-model', { model_json: modelJson })
    expect([reply.status, reply.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
  })
})
