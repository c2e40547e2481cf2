import { expect, test } from 'vitest'
import { described } from '../../src/api/routes.ts'
import { testServer } from '../app.ts'

test('the page of the API has every endpoint, with what it takes, and no script', async () => {
  const { app } = await testServer()
  const res = await app.request('/docs')
  expect(res.status).toBe(200)
  expect(res.headers.get('content-security-policy')).toContain("default-src 'none'")
  const html = await res.text()
  for (const { name, path } of described) {
    expect(html).toContain(`id="${name}"`)
    expect(html).toContain(`<code>${path}</code>`)
  }
  expect(html).toContain('archive_existing')
  expect(html).not.toMatch(/<script|https?:\/\/(?!json-schema|localhost)[a-z.]+\/[^"]*\.(js|css)/)
  expect(html).toContain('/api/v1/openapi.json"')
})
