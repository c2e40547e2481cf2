import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { clausesMax } from '../../src/search/filter.ts'
import { orderItemsMax } from '../../src/search/order-by.ts'
import { testServer } from '../support/server.ts'

const text = await readFile(new URL('../../docs/search.md', import.meta.url), 'utf8')
const examples = text.slice(text.indexOf('## Examples'))

/** Example filters by the line above their block. */
const blocks = [
  ...examples.matchAll(/^([A-Z][a-z ]+):\n\n```\n([^`]*(?:`[^`]+`[^`]*)*)```$/gm),
].map(([, title = '', body = '']) => ({ title, filters: body.trim().split('\n') }))

test('docs/search.md has examples for all that can be searched', () => {
  expect(blocks.map(({ title }) => title)).toEqual([
    'Runs',
    'Experiments',
    'Logged models',
    'Registered models',
    'Model versions',
  ])
})

test.each(blocks)('the server understands the examples for $title', async ({ title, filters }) => {
  const { post, get } = await testServer()
  for (const filter of filters) {
    const query = new URLSearchParams({ filter })
    const { status, json } =
      title === 'Runs'
        ? await post('runs/search', { experiment_ids: ['0'], filter })
        : title === 'Experiments'
          ? await post('experiments/search', { max_results: 10, filter })
          : title === 'Logged models'
            ? await post('logged-models/search', { experiment_ids: ['0'], filter })
            : await get(`${title.toLowerCase().replace(' ', '-')}/search?${query}`)
    expect([filter, status, json?.message]).toEqual([filter, 200, undefined])
  }
})

test('docs/search.md states the limits of the code', () => {
  expect(text).toContain(`| clauses of a filter | ${clausesMax};`)
  expect(text).toContain(`| different keys of \`order_by\` | ${orderItemsMax} |`)
})
