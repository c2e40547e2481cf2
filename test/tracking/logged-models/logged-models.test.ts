import { describe, expect, test } from 'vitest'
import { testServer } from '../../support/server.ts'

type Server = Awaited<ReturnType<typeof testServer>>

const created = async (server: Server, body: object) => {
  const res = await server.post('logged-models', { experiment_id: '0', ...body })
  expect(res.status, res.text).toBe(200)
  return res.json.model
}
const patch = (server: Server, path: string, body: object) =>
  server.call('PATCH', `/api/2.0/mlflow/logged-models/${path}`, body)
const remove = (server: Server, path: string) =>
  server.call('DELETE', `/api/2.0/mlflow/logged-models/${path}`)

describe('creating a logged model', () => {
  test('answers what was given, PENDING, with an artifact address below the experiment', async () => {
    const server = await testServer({ now: () => 1234 })
    const model = await created(server, {
      name: 'mod',
      model_type: 'agent',
      source_run_id: 'no-such-run',
      params: [{ key: 'a', value: '1' }],
      tags: [{ key: 't', value: 'v' }, { key: 'bare' }],
    })
    const id = model.info.model_id
    expect(id).toMatch(/^m-[0-9a-f]{32}$/)
    expect(model).toEqual({
      info: {
        model_id: id,
        experiment_id: '0',
        name: 'mod',
        creation_timestamp_ms: 1234,
        last_updated_timestamp_ms: 1234,
        artifact_uri: `mlflow-artifacts:/0/models/${id}/artifacts`,
        status: 'LOGGED_MODEL_PENDING',
        model_type: 'agent',
        source_run_id: 'no-such-run',
        tags: [
          { key: 'bare', value: '' },
          { key: 't', value: 'v' },
        ],
      },
      data: { params: [{ key: 'a', value: '1' }] },
    })
    expect((await server.get(`logged-models/${id}`)).json).toEqual({ model })
  })

  test('without a name picks one, and leaves empty lists out', async () => {
    const server = await testServer()
    const model = await created(server, { name: '' })
    expect(model.info.name).toMatch(/^[a-z]+-[a-z]+-\d+$/)
    expect(model.info).toMatchObject({ model_type: '', source_run_id: '' })
    expect(model.info).not.toHaveProperty('tags')
    expect(model.data).toEqual({})
  })

  test.each([
    ['no experiment', { experiment_id: undefined }, 400, 'INVALID_PARAMETER_VALUE'],
    ['an experiment that is no number', { experiment_id: 'abc' }, 400, 'INVALID_PARAMETER_VALUE'],
    ['an unknown experiment', { experiment_id: '99999' }, 404, 'RESOURCE_DOES_NOT_EXIST'],
    ['a slash in the name', { name: 'a/b' }, 400, 'INVALID_PARAMETER_VALUE'],
    ['a colon in the name', { name: 'a:b' }, 400, 'INVALID_PARAMETER_VALUE'],
    ['a quote in the name', { name: "a'b" }, 400, 'INVALID_PARAMETER_VALUE'],
    ['a number as name', { name: 1 }, 400, 'INVALID_PARAMETER_VALUE'],
    [
      'a param twice',
      {
        params: [
          { key: 'a', value: '1' },
          { key: 'a', value: '1' },
        ],
      },
      400,
      'INVALID_PARAMETER_VALUE',
    ],
    ['a tag without key', { tags: [{ value: 'v' }] }, 400, 'INVALID_PARAMETER_VALUE'],
    [
      'a param of 100,001 characters',
      { params: [{ key: 'k', value: 'x'.repeat(100_001) }] },
      400,
      'INVALID_PARAMETER_VALUE',
    ],
  ])('with %s is refused and stores nothing', async (_, body, status, code) => {
    const server = await testServer()
    const res = await server.post('logged-models', { experiment_id: '0', ...body })
    expect([res.status, res.json?.error_code]).toEqual([status, code])
    const all = await server.post('logged-models/search', { experiment_ids: ['0'] })
    expect(all.json).toEqual({})
  })

  test('in a deleted experiment is refused', async () => {
    const server = await testServer()
    await server.post('experiments/delete', { experiment_id: '0' })
    const res = await server.post('logged-models', { experiment_id: '0' })
    expect(res.json).toMatchObject({ error_code: 'INVALID_PARAMETER_VALUE' })
  })

  test('keeps keys and values of any characters', async () => {
    const server = await testServer()
    const tags = ['__proto__', 'a#$/..//b', 'é ü', '"\'\\'].map((key) => ({
      key,
      value: `${key}☃`,
    }))
    const model = await created(server, { tags })
    const res = await server.get(`logged-models/${model.info.model_id}`)
    expect(res.json.model.info.tags).toEqual(expect.arrayContaining(tags))
  })
})

describe('finalizing a logged model', () => {
  test('sets its status and the time of its last update, and no other field', async () => {
    let now = 1
    const server = await testServer({ now: () => now })
    const model = await created(server, { name: 'm' })
    const id = model.info.model_id
    now = 2
    const res = await patch(server, id, { model_id: id, status: 'LOGGED_MODEL_READY' })
    const info = { ...model.info, status: 'LOGGED_MODEL_READY', last_updated_timestamp_ms: 2 }
    expect(res.json).toEqual({ model: { info, data: {} } })
  })

  test.each([
    ['a status by number', 3, 200],
    ['an unknown status', 'READY', 400],
    ['the status UNSPECIFIED', 'LOGGED_MODEL_STATUS_UNSPECIFIED', 400],
    ['no status', undefined, 400],
  ])('with %s answers rightly', async (_, status, expected) => {
    const server = await testServer()
    const { info } = await created(server, {})
    const res = await patch(server, info.model_id, { model_id: info.model_id, status })
    expect(res.status).toBe(expected)
    const wanted = expected === 200 ? 'LOGGED_MODEL_UPLOAD_FAILED' : 'LOGGED_MODEL_PENDING'
    const { json } = await server.get(`logged-models/${info.model_id}`)
    expect(json.model.info.status).toBe(wanted)
  })

  test('of an unknown model is 404', async () => {
    const server = await testServer()
    const res = await patch(server, 'm-zz', { model_id: 'm-zz', status: 'LOGGED_MODEL_READY' })
    expect([res.status, res.json.error_code]).toEqual([404, 'RESOURCE_DOES_NOT_EXIST'])
  })
})

describe('deleting a logged model', () => {
  test('hides it from get and search, may be repeated, and leaves it to allow_deleted', async () => {
    const server = await testServer()
    const { info } = await created(server, {})
    expect((await remove(server, info.model_id)).json).toEqual({})
    expect((await remove(server, info.model_id)).status).toBe(200)
    const gone = await server.get(`logged-models/${info.model_id}`)
    expect([gone.status, gone.json.message]).toEqual([
      404,
      `Logged model with ID '${info.model_id}' not found.`,
    ])
    const search = await server.post('logged-models/search', { experiment_ids: ['0'] })
    expect(search.json).toEqual({})
    expect((await server.get(`logged-models/${info.model_id}?allow_deleted=true`)).status).toBe(200)
  })

  test('of an unknown model is 404', async () => {
    expect((await remove(await testServer(), 'm-zz')).status).toBe(404)
  })
})

describe('params of a logged model', () => {
  test('are written once: the same value again changes nothing', async () => {
    const server = await testServer()
    const { info } = await created(server, { params: [{ key: 'a', value: '1' }] })
    const params = [
      { key: 'a', value: '1' },
      { key: 'b', value: '2' },
    ]
    const res = await server.post(`logged-models/${info.model_id}/params`, { params })
    expect(res.json).toEqual({})
    expect((await server.get(`logged-models/${info.model_id}`)).json.model.data).toEqual({ params })
  })

  test('are all refused when one has another value already', async () => {
    const server = await testServer()
    const { info } = await created(server, { params: [{ key: 'b', value: '1' }] })
    const res = await server.post(`logged-models/${info.model_id}/params`, {
      params: [
        { key: 'a', value: '1' },
        { key: 'b', value: '2' },
        { key: 'c', value: '3' },
      ],
    })
    expect([res.status, res.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    const { json } = await server.get(`logged-models/${info.model_id}`)
    expect(json.model.data).toEqual({ params: [{ key: 'b', value: '1' }] })
  })

  test('of an unknown model are 404', async () => {
    const server = await testServer()
    const res = await server.post('logged-models/m-zz/params', { params: [{ key: 'a' }] })
    expect(res.status).toBe(404)
  })
})

describe('tags of a logged model', () => {
  test('are set, replaced and deleted, the last of a repeated key counting', async () => {
    const server = await testServer()
    const { info } = await created(server, { tags: [{ key: 'a', value: 'old' }] })
    const tags = [
      { key: 'a', value: '1' },
      { key: 'a', value: '2' },
      { key: 'b/c ü', value: '3' },
    ]
    expect((await patch(server, `${info.model_id}/tags`, { tags })).json).toEqual({})
    const got = await server.get(`logged-models/${info.model_id}`)
    expect(got.json.model.info.tags).toEqual(tags.slice(1))
    await remove(server, `${info.model_id}/tags/${encodeURIComponent('b/c ü')}`)
    const left = await server.get(`logged-models/${info.model_id}`)
    expect(left.json.model.info.tags).toEqual(tags.slice(1, 2))
  })

  test('cannot be deleted twice, nor set on an unknown model', async () => {
    const server = await testServer()
    const { info } = await created(server, {})
    expect((await remove(server, `${info.model_id}/tags/zz`)).json).toMatchObject({
      error_code: 'RESOURCE_DOES_NOT_EXIST',
      message: `No tag with key 'zz' found for model with ID '${info.model_id}'.`,
    })
    expect((await patch(server, 'm-zz/tags', { tags: [{ key: 'a' }] })).status).toBe(404)
  })

  test('set by sixteen writers at once are all there', async () => {
    const server = await testServer()
    const { info } = await created(server, {})
    const tags = Array.from({ length: 16 }, (_, i) => ({ key: `k${i + 10}`, value: `${i}` }))
    await Promise.all(tags.map((tag) => patch(server, `${info.model_id}/tags`, { tags: [tag] })))
    const { json } = await server.get(`logged-models/${info.model_id}`)
    expect(json.model.info.tags).toEqual(tags)
  })
})
