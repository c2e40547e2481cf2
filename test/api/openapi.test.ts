import { expect, test } from 'vitest'
import { testServer } from '../support/server.ts'

type Document = {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  security: Record<string, unknown>[]
  components: { securitySchemes: Record<string, { type: string; scheme: string }> }
}
type Operation = {
  operationId: string
  tags: string[]
  parameters?: { name: string; in: string; required?: boolean; description?: string }[]
}

/** Their URLs are signed by the server and made by nobody else. */
const signed = ['GET /api/v1/download', 'PUT /api/v1/upload']

async function documented() {
  const { app, call } = await testServer()
  const document: Document = (await call('GET', '/api/v1/openapi.json')).json
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method, path, operation })),
  )
  return { app, document, operations }
}

test('the OpenAPI document has every route of /api/v1, and nothing else', async () => {
  const { app, operations } = await documented()
  const live = app.routes
    .filter(({ method, path }) => method !== 'ALL' && path.startsWith('/api/v1'))
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)(\{[^}]*\})?/g, '{$1}')}`)
    .filter((route) => !signed.some((one) => route.startsWith(one)))
  const told = operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`)
  expect(told.sort()).toEqual([...new Set(live)].sort())
})

test('every operation has a name of its own, and its path parameters', async () => {
  const { operations } = await documented()
  const names = operations.map(({ operation }) => operation.operationId)
  expect(new Set(names).size).toBe(names.length)
  for (const { path, operation } of operations) {
    const given = (operation.parameters ?? []).filter((one) => one.in === 'path')
    expect(given.every(({ required }) => required)).toBe(true)
    expect(given.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? [])
  }
})

test('what a declaration says of a field stands in the document', async () => {
  const { operations } = await documented()
  const paged = operations.find(({ operation }) => operation.operationId === 'listPromotions')
  expect(paged?.operation.parameters).toContainEqual(
    expect.objectContaining({
      name: 'page_token',
      description: '`next_page_token` of the page before',
    }),
  )
})

test('the security that the document asks for is described in it', async () => {
  const { document } = await documented()
  expect(document.openapi).toBe('3.1.0')
  const { securitySchemes } = document.components
  for (const scheme of document.security.flatMap((one) => Object.keys(one))) {
    expect(securitySchemes[scheme]).toMatchObject({ type: 'http', scheme })
  }
})
