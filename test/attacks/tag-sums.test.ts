import { describe, expect, test } from 'vitest'
import type { Client, Reply } from '../support/client.ts'
import { testServer } from '../support/server.ts'

const bytesMax = 5_000_000
const long = 'x'.repeat(99_000)

type Kind = {
  /** Makes the object: its id. */
  make(server: Client): Promise<string>
  /** Writes some, under keys of their own. */
  write(server: Client, id: string, i: number): Promise<Reply>
  read(server: Client, id: string): Promise<Reply>
}

const items = (i: number, count: number, value: string) =>
  Array.from({ length: count }, (_, n) => ({ key: `k${i}-${n}`, value }))

const makeRun = async ({ post }: Client) =>
  (await post('runs/create', { experiment_id: '0' })).json.run.info.run_id
const readRun = ({ get }: Client, id: string) => get(`runs/get?run_id=${id}`)
const makeModel = async ({ post }: Client) => {
  await post('registered-models/create', { name: 'm' })
  await post('model-versions/create', { name: 'm', source: 's3://b/m' })
  return 'm'
}
const makeLogged = async ({ post }: Client) =>
  (await post('logged-models', { experiment_id: '0' })).json.model.info.model_id
const readLogged = ({ get }: Client, id: string) => get(`logged-models/${id}`)

const kinds: Readonly<Record<string, Kind>> = {
  'tags of a registered model': {
    make: makeModel,
    write: ({ post }, name, i) =>
      post('registered-models/set-tag', { name, key: `k${i}`, value: long }),
    read: ({ get }, name) => get(`registered-models/get?name=${name}`),
  },
  'tags of a model version': {
    make: makeModel,
    write: ({ post }, name, i) =>
      post('model-versions/set-tag', { name, version: '1', key: `k${i}`, value: long }),
    read: ({ get }, name) => get(`model-versions/get?name=${name}&version=1`),
  },
  'tags of an experiment': {
    make: async ({ post }) => (await post('experiments/create', { name: 'e' })).json.experiment_id,
    write: ({ post }, experiment_id, i) =>
      post('experiments/set-experiment-tag', {
        ...{ experiment_id, key: `k${i}`, value: 'x'.repeat(20_000) },
      }),
    read: ({ get }, id) => get(`experiments/get?experiment_id=${id}`),
  },
  'tags of a run': {
    make: makeRun,
    write: ({ post }, run_id, i) =>
      post('runs/log-batch', { run_id, tags: items(i, 50, 'x'.repeat(8000)) }),
    read: readRun,
  },
  'params of a run': {
    make: makeRun,
    write: ({ post }, run_id, i) =>
      post('runs/log-batch', { run_id, params: items(i, 100, 'x'.repeat(6000)) }),
    read: readRun,
  },
  'tags of a logged model': {
    make: makeLogged,
    write: ({ patch }, id, i) => patch(`logged-models/${id}/tags`, { tags: items(i, 3, long) }),
    read: readLogged,
  },
  'params of a logged model': {
    make: makeLogged,
    write: ({ post }, id, i) => post(`logged-models/${id}/params`, { params: items(i, 3, long) }),
    read: readLogged,
  },
}

describe.each(Object.entries(kinds))('the %s', (_name, { make, write, read }) => {
  test('are bounded in sum, and what was written before stays', async () => {
    const server = await testServer()
    const id = await make(server)
    let refused: Reply | undefined
    let written = 0
    for (; written < 400 && !refused; written++) {
      const res = await write(server, id, written)
      if (res.status !== 200) refused = res
    }
    expect(refused).toMatchObject({ status: 400, json: { error_code: 'INVALID_PARAMETER_VALUE' } })
    expect(refused?.json.message).toContain(`may have ${bytesMax} bytes in sum`)
    const { status, text } = await read(server, id)
    expect(status).toBe(200)
    expect(text.length).toBeGreaterThan(0.85 * bytesMax)
    expect(text.length).toBeLessThan(1.05 * bytesMax)
    // The same again adds nothing, and small ones still fit.
    expect((await write(server, id, 0)).status).toBe(200)
  })
})

test('a tag that is deleted makes room, and a value that takes the place of another counts alone', async () => {
  const server = await testServer()
  const { post, del } = server
  await makeModel(server)
  const set = (i: number) =>
    post('registered-models/set-tag', { name: 'm', key: `k${i}`, value: long })
  let i = 0
  while ((await set(i)).status === 200) i++
  expect((await set(0)).status).toBe(200)
  expect((await set(i)).status).toBe(400)
  await del('registered-models/delete-tag', { name: 'm', key: 'k0' })
  expect((await set(i)).status).toBe(200)
})

test('nothing is made with more tags than it may have', async () => {
  const { post, get } = await testServer()
  const tags = items(0, 60, long)
  await post('registered-models/create', { name: 'm' })
  const made = [
    await post('registered-models/create', { name: 'n', tags }),
    await post('model-versions/create', { name: 'm', source: 's3://b/m', tags }),
    await post('runs/create', { experiment_id: '0', tags: items(0, 700, 'x'.repeat(8000)) }),
    await post('experiments/create', { name: 'e', tags: items(0, 300, 'x'.repeat(20_000)) }),
  ]
  for (const res of made) {
    expect(res, res.text).toMatchObject({
      status: 400,
      json: { message: expect.stringContaining('bytes in sum') },
    })
  }
  expect((await get('registered-models/get?name=n')).status).toBe(404)
  expect((await get('model-versions/get?name=m&version=1')).status).toBe(404)
  expect((await get('experiments/get-by-name?experiment_name=e')).status).toBe(404)
  expect((await post('runs/search', { experiment_ids: ['0'] })).json).not.toHaveProperty('runs')
})

test('many small tags are bounded as few long ones are', async () => {
  const server = await testServer()
  const id = await makeLogged(server)
  const set = (i: number) =>
    server.patch(`logged-models/${id}/tags`, { tags: items(i, 20_000, '') })
  expect([(await set(0)).status, (await set(1)).status]).toEqual([200, 200])
  expect((await set(2)).json.message).toContain('bytes in sum')
})
