import { expect, test } from 'vitest'
import { described } from '../../src/api/routes.ts'
import { testServer } from '../support/server.ts'
import { markupIn } from './page.ts'

test('the page of the API has every endpoint, with what it takes, and no script but that of pages', async () => {
  const { app } = await testServer()
  const res = await app.request('/docs')
  expect(res.status).toBe(200)
  expect(res.headers.get('content-security-policy')).toContain("default-src 'none'")
  const html = await res.text()
  for (const { name, path } of described) {
    expect(html).toContain(`id="${name}"`)
    expect(html).toContain(`<code>${path}</code>`)
  }
  expect(html).toContain(
    '<code>archive_existing</code> <span class="byline">boolean, default false</span>',
  )
  expect(html).toContain(
    '<code>max_results</code> <span class="byline">integer from 1 up to 10000, default 1000</span>',
  )
  expect(html).toContain('<p>How many items a page has at most</p>')
  expect(html).toContain('&quot;open&quot; | &quot;merged&quot; | ')
  expect(html).not.toContain('9007199254740991')
  expect(markupIn(html)).toEqual([])
  expect(html).not.toMatch(/https?:\/\/(?!localhost)[a-z.]+\/[^"]*\.(js|css)/)
  expect(html).toContain('/api/v1/openapi.json"')
})
