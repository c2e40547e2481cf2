import { expect, test } from 'vitest'
import { testServer } from '../support/server.ts'

/** JSON that is slow to parse for its size. */
const slow = {
  keys: (values: number) => `{${Array.from({ length: values }, (_, i) => `"k${i}":1`).join(',')}}`,
  'empty objects': (values: number) => `{"tags":[${'{},'.repeat(values)}{}]}`,
  'nested lists': (values: number) => `{"tags":[${'[[]],'.repeat(values / 2)}[]]}`,
}
const longInteger = (text: string) => `${text.slice(0, -1)},"big":1234567890123456789}`
const inText = (text: string) => JSON.stringify(text)

test.each(
  Object.entries(slow).flatMap(([what, of]) => [
    [`200,000 ${what}`, '/api/2.0/mlflow/runs/search', of(200_000)],
    [`200,000 ${what} in a text`, '/api/2.0/mlflow/runs/search', inText(of(200_000))],
    [`50,000 ${what} and a long integer`, '/api/2.0/mlflow/runs/search', longInteger(of(50_000))],
    [`200,000 ${what} for our own surface`, '/api/v1/groups/g', of(200_000)],
    [
      `50,000 ${what} and half a character`,
      '/api/v1/groups/g',
      `{"\\ud800":1,${of(50_000).slice(1)}`,
    ],
  ]),
)('%s hold nobody up', async (_what, path, body) => {
  const { call } = await testServer()
  const res = await call(path.startsWith('/api/v1') ? 'PUT' : 'POST', path, body)
  expect(res).toMatchObject({ status: 413, json: { error_code: 'PAYLOAD_TOO_LARGE' } })
  expect(res.json.message).toMatch(/^The request's JSON has more than \d+ values; send fewer/)
})

test('a model of 200,000 values that a run logs holds nobody up', async () => {
  const { post } = await testServer()
  const res = await post('runs/log-model', { run_id: 'r', model_json: slow.keys(200_000) })
  expect(res.json).toMatchObject({ error_code: 'PAYLOAD_TOO_LARGE' })
})

test('a page token of megabytes holds nobody up', async () => {
  const { post } = await testServer()
  const token = btoa(`[1,${'1,'.repeat(2_000_000)}1]`)
  const res = await post('runs/search', { experiment_ids: ['0'], page_token: token })
  expect(res.status).toBe(400)
  expect(res.json.message).toBe('Invalid page token: it is not one that this server gave out')
})

test('a body of 9 MB of text is read, and is refused for what it is', async () => {
  const { post } = await testServer()
  const res = await post('registered-models/create', {
    name: 'm',
    description: '"é,{\\'.repeat(1_100_000),
  })
  expect(res).toMatchObject({ status: 400, json: { error_code: 'INVALID_PARAMETER_VALUE' } })
})

test('a search may name 100,000 experiments', async () => {
  const { post } = await testServer()
  const experiment_ids = Array.from({ length: 100_000 }, (_, i) => String(i))
  expect((await post('runs/search', { experiment_ids })).status).toBe(200)
})

test('a batch of 1,000 metrics may have long integers', async () => {
  const { post } = await testServer()
  const run = await post('runs/create', { experiment_id: '0' })
  const one = '{"key":"k","value":1,"timestamp":1,"step":9223372036854775807}'
  const metrics = Array.from({ length: 1000 }, () => one).join(',')
  const id = run.json.run.info.run_id
  const res = await post('runs/log-batch', `{"run_id":"${id}","metrics":[${metrics}]}`)
  expect(res.status, res.text).toBe(200)
})
