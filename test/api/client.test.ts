import { expect, test } from 'vitest'
import { getCard, getCardMarkdown, getCardPage } from '../../src/api/endpoints/cards.ts'
import { ApiError, GatehouseClient } from '../../src/client/client.ts'
import { registryServer } from '../support/registry-server.ts'

async function clientOf() {
  const server = await registryServer()
  await server.createModel('a model')
  await server.createVersion('a model')
  const send = async (request: Request) => server.app.request(request)
  return new GatehouseClient('http://localhost', {}, send)
}

const params = { name: 'a model', version: 1 }

test('an answer comes as its endpoint declares it: JSON as a value, all else as text', async () => {
  const client = await clientOf()
  expect(await client.call(getCard, { params })).toMatchObject({ revision: 0, card: {} })
  const markdown = await client.call(getCardMarkdown, { params, query: {} })
  expect(markdown).toMatch(/^# Model card: a model, version 1/)
  expect(await client.call(getCardPage, { params, query: {} })).toMatch(/^<!doctype html>/)
})

test('what the server refuses is thrown in its words', async () => {
  const client = await clientOf()
  const refused = client.call(getCard, { params: { ...params, version: 2 } })
  await expect(refused).rejects.toBeInstanceOf(ApiError)
  await expect(refused).rejects.toMatchObject({
    status: 404,
    code: 'RESOURCE_DOES_NOT_EXIST',
    message: expect.stringContaining('a model'),
  })
})
