import { describe, expect, test } from 'vitest'
import { asObject, startedRun } from '../started-run.ts'

const unknown = 'f'.repeat(32)

describe('runs/create', () => {
  test('answers the run with its name as a tag, and runs/get answers the same', async () => {
    const { post, run } = await startedRun()
    const created = await post('runs/create', {
      experiment_id: '0',
      user_id: 'ada',
      run_name: 'first',
      start_time: 1234,
      tags: [{ key: 'mlflow.user', value: 'ada' }],
    })
    const made = created.json.run
    const runId = made.info.run_id
    expect(runId).toMatch(/^[0-9a-f]{32}$/)
    expect(made).toEqual({
      info: {
        run_uuid: runId,
        run_id: runId,
        experiment_id: '0',
        run_name: 'first',
        user_id: 'ada',
        status: 'RUNNING',
        start_time: 1234,
        artifact_uri: `mlflow-artifacts:/0/${runId}/artifacts`,
        lifecycle_stage: 'active',
      },
      data: {
        tags: [
          { key: 'mlflow.user', value: 'ada' },
          { key: 'mlflow.runName', value: 'first' },
        ],
      },
      inputs: {},
    })
    const got = await run(runId)
    expect(got).toMatchObject({ info: made.info, inputs: {}, outputs: {} })
    expect(asObject(got.data.tags)).toEqual(asObject(made.data.tags))
  })

  test('makes up a name of adjective, animal and number where none is given', async () => {
    const { run } = await startedRun({ tags: [{ key: 'mlflow.runName', value: '' }] })
    const { info, data } = await run()
    expect(info.run_name).toMatch(/^[a-z]+-[a-z]+-\d{1,3}$/)
    expect(data.tags).toEqual([{ key: 'mlflow.runName', value: info.run_name }])
    expect(info.start_time).toBe(0)
    expect(info.user_id).toBe('')
  })

  test('takes the name from the tag, and refuses two different ones', async () => {
    const tags = [{ key: 'mlflow.runName', value: 'tagged' }]
    const { post, run } = await startedRun({ tags })
    expect((await run()).info.run_name).toBe('tagged')
    const both = await post('runs/create', { experiment_id: '0', run_name: 'other', tags })
    expect(both.json.error_code).toBe('INVALID_PARAMETER_VALUE')
  })

  test('refuses an experiment that is unknown, malformed or missing', async () => {
    const { post } = await startedRun()
    const status = async (body: object) => (await post('runs/create', body)).status
    expect(await status({ experiment_id: '777' })).toBe(404)
    expect(await status({ experiment_id: 'abc' })).toBe(400)
    expect(await status({ experiment_id: 0 })).toBe(400)
    expect(await status({})).toBe(400)
    expect(await status({ experiment_id: '0', start_time: 1.5 })).toBe(400)
    expect(await status({ experiment_id: '0', tags: [{ value: 'x' }] })).toBe(400)
    const twice = [
      { key: 'a', value: '1' },
      { key: 'a', value: '1' },
    ]
    expect(await status({ experiment_id: '0', tags: twice })).toBe(400)
  })

  test('keeps a start time of 2^63-1 exactly', async () => {
    const { post, get } = await startedRun()
    const body = '{"experiment_id": "0", "start_time": 9223372036854775807}'
    const { text, json } = await post('runs/create', body as unknown as object)
    expect(text).toMatch(/"start_time":\s*9223372036854775807\b/)
    const got = await get(`runs/get?run_id=${json.run.info.run_id}`)
    expect(got.text).toMatch(/"start_time":\s*9223372036854775807\b/)
  })

  test('makes 16 runs at once, each with its own id', async () => {
    const { post } = await startedRun()
    const made = await Promise.all(
      Array.from({ length: 16 }, () => post('runs/create', { experiment_id: '0' })),
    )
    expect(new Set(made.map(({ json }) => json.run.info.run_id)).size).toBe(16)
  })
})

describe('runs/get', () => {
  test('takes run_uuid for run_id; unknown is 404, none is 400', async () => {
    const { get, runId } = await startedRun()
    expect((await get(`runs/get?run_uuid=${runId}`)).status).toBe(200)
    expect((await get(`runs/get?run_id=${runId}&run_uuid=${runId}`)).status).toBe(200)
    expect((await get(`runs/get?run_id=${runId}&run_uuid=${unknown}`)).status).toBe(400)
    expect((await get(`runs/get?run_id=${unknown}`)).json.error_code).toBe(
      'RESOURCE_DOES_NOT_EXIST',
    )
    expect((await get('runs/get')).status).toBe(400)
  })
})

describe('runs/update', () => {
  test('changes what is given, and answers the run info', async () => {
    const { log, run } = await startedRun({ run_name: 'a' })
    const done = await log('update', { status: 'FINISHED', end_time: 5 })
    expect(done.json.run_info).toMatchObject({ status: 'FINISHED', end_time: 5, run_name: 'a' })
    const renamed = await log('update', { run_name: 'b' })
    expect(renamed.json.run_info).toMatchObject({ status: 'FINISHED', end_time: 5, run_name: 'b' })
    expect(asObject((await run()).data.tags)).toEqual({ 'mlflow.runName': 'b' })
    const same = await log('update', { run_name: '' })
    expect(same.json.run_info.run_name).toBe('b')
    const byNumber = await log('update', { status: 5, end_time: '9223372036854775807' })
    expect(byNumber.text).toMatch(/9223372036854775807/)
    expect(byNumber.json.run_info.status).toBe('KILLED')
  })

  test('refuses a status that is none, and changes nothing then', async () => {
    const { log, run } = await startedRun({ run_name: 'a' })
    for (const status of ['DONE', 'finished', 0, 6, true]) {
      expect((await log('update', { status, run_name: 'b' })).status, String(status)).toBe(400)
    }
    expect((await run()).info).toMatchObject({ status: 'RUNNING', run_name: 'a' })
  })
})

describe('tags', () => {
  test('are set, replaced and deleted; deleting one that is not there is 404', async () => {
    const { log, run } = await startedRun({ run_name: 'a' })
    await log('set-tag', { key: 'k', value: '1' })
    await log('set-tag', { key: 'k', value: 'ü\n"' })
    await log('set-tag', { key: 'constructor' })
    const tags = { 'mlflow.runName': 'a', k: 'ü\n"', constructor: '' }
    expect(asObject((await run()).data.tags)).toEqual(tags)
    expect((await log('delete-tag', { key: 'k' })).json).toEqual({})
    expect((await log('delete-tag', { key: 'k' })).json.error_code).toBe('RESOURCE_DOES_NOT_EXIST')
  })

  test('an error quotes the beginning of a long key or name, and no more', async () => {
    const { log, post } = await startedRun()
    const long = 'x'.repeat(100_000)
    const tags = [{ key: 'mlflow.runName', value: long }]
    const replies = [
      await log('delete-tag', { key: long }),
      await post('runs/create', { experiment_id: '0', run_name: `${long}y`, tags }),
    ]
    for (const { status, json } of replies) {
      expect(status).toBeGreaterThanOrEqual(400)
      expect(json.message.length).toBeLessThan(600)
    }
  })

  test('mlflow.runName renames the run, an empty one changes nothing, deleting it keeps the name', async () => {
    const { log, run } = await startedRun({ run_name: 'a' })
    await log('set-tag', { key: 'mlflow.runName', value: 'b' })
    expect((await run()).info.run_name).toBe('b')
    await log('log-batch', { tags: [{ key: 'mlflow.runName', value: 'c' }] })
    expect((await run()).info.run_name).toBe('c')
    await log('set-tag', { key: 'mlflow.runName', value: '' })
    expect(asObject((await run()).data.tags)).toEqual({ 'mlflow.runName': 'c' })
    await log('delete-tag', { key: 'mlflow.runName' })
    const { info, data } = await run()
    expect([info.run_name, data.tags]).toEqual(['c', undefined])
  })

  test('longer than 8000 characters are cut there, as MLflow cuts them', async () => {
    const { log, run } = await startedRun()
    expect((await log('set-tag', { key: 'k', value: '😀'.repeat(8001) })).status).toBe(200)
    expect(asObject((await run()).data.tags).k).toBe('😀'.repeat(8000))
  })

  test.each(['', 'a?b', 'a#b', 'a\tb', '../x', 'a//b', '/a', 'a/', '.', 'a/./b', 'k'.repeat(251)])(
    'key %j is refused',
    async (key) => {
      const { log, run } = await startedRun({ run_name: 'a' })
      expect((await log('set-tag', { key, value: 'v' })).status).toBe(400)
      expect((await log('log-parameter', { key, value: 'v' })).status).toBe(400)
      expect((await log('log-metric', { key, value: 1, timestamp: 1 })).status).toBe(400)
      expect((await run()).data).toEqual({ tags: [{ key: 'mlflow.runName', value: 'a' }] })
    },
  )

  test.each(['a/b:c d.e-f_g', 'clé', '日本', ' ', 'a..b', '__proto__', 'k'.repeat(250)])(
    'key %j is taken',
    async (key) => {
      const { log, run } = await startedRun({ run_name: 'a' })
      expect((await log('set-tag', { key, value: 'v' })).status).toBe(200)
      expect((await run()).data.tags).toContainEqual({ key, value: 'v' })
    },
  )
})

describe('params', () => {
  test('are written once: the same value again is fine, another one is 400', async () => {
    const { log, run } = await startedRun()
    expect((await log('log-parameter', { key: 'p', value: '1' })).json).toEqual({})
    expect((await log('log-parameter', { key: 'p', value: '1' })).json).toEqual({})
    expect((await log('log-param', { key: 'q' })).json).toEqual({})
    const changed = await log('log-parameter', { key: 'p', value: '2' })
    expect(changed.json.error_code).toBe('INVALID_PARAMETER_VALUE')
    expect(changed.json.message).toMatch(/Changing param values is not allowed.*'p'.*'1'.*'2'/)
    expect(asObject((await run()).data.params)).toEqual({ p: '1', q: '' })
    expect((await log('log-parameter', { key: 'n', value: 2 })).status).toBe(400)
  })

  test('of 16 who log different values of one param at once, one wins and it stays', async () => {
    const { log, run } = await startedRun()
    const replies = await Promise.all(
      Array.from({ length: 16 }, (_, i) => log('log-parameter', { key: 'p', value: String(i) })),
    )
    const winners = replies.flatMap(({ status }, i) => (status === 200 ? [String(i)] : []))
    expect(winners).toHaveLength(1)
    expect(replies.filter(({ status }) => status === 400)).toHaveLength(15)
    expect((await run()).data.params).toEqual([{ key: 'p', value: winners[0] }])
  })

  test('longer than 6000 characters are cut there, as MLflow cuts them', async () => {
    const { log, run } = await startedRun()
    const value = 'v'.repeat(6000)
    expect((await log('log-parameter', { key: 'p', value: `${value}x` })).status).toBe(200)
    expect((await log('log-parameter', { key: 'p', value: `${value}yz` })).status).toBe(200)
    expect((await run()).data.params).toEqual([{ key: 'p', value }])
  })
})

describe('delete and restore', () => {
  test('are idempotent, and a deleted run can still be read', async () => {
    const { log, run } = await startedRun()
    for (const [path, stage] of [
      ['delete', 'deleted'],
      ['delete', 'deleted'],
      ['restore', 'active'],
      ['restore', 'active'],
    ]) {
      expect((await log(`${path}`, {})).json).toEqual({})
      expect((await run()).info.lifecycle_stage).toBe(stage)
    }
  })

  const writes = {
    'log-metric': { key: 'm', value: 1, timestamp: 1 },
    'log-parameter': { key: 'p', value: '1' },
    'set-tag': { key: 't', value: '1' },
    'delete-tag': { key: 'mlflow.runName' },
    'log-batch': { tags: [{ key: 't', value: '1' }] },
    update: { status: 'FINISHED', run_name: 'other' },
    'log-inputs': { datasets: [{ dataset: { name: 'd', digest: '1' } }] },
    outputs: { models: [{ model_id: 'm-1', step: 0 }] },
    'log-model': {
      model_json: '{"artifact_path":"m","flavors":{},"utc_time_created":"x","run_id":"r"}',
    },
  }

  test.each(Object.entries(writes))(
    'runs/%s to a deleted run is 400 and leaves no trace',
    async (path, body) => {
      const { log, run } = await startedRun()
      await log('delete', {})
      const before = await run()
      const reply = await log(path, body)
      expect([reply.status, reply.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
      await log('restore', {})
      expect(await run()).toEqual({
        ...before,
        info: { ...before.info, lifecycle_stage: 'active' },
      })
    },
  )

  test.each([...Object.entries(writes), ['delete', {}], ['restore', {}]])(
    'runs/%s to an unknown run is 404',
    async (path, body) => {
      const { post } = await startedRun()
      const reply = await post(`runs/${path}`, { ...(body as object), run_id: unknown })
      expect([reply.status, reply.json.error_code]).toEqual([404, 'RESOURCE_DOES_NOT_EXIST'])
    },
  )
})
