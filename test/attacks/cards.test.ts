import { describe, expect, test } from 'vitest'
import { cardServer } from '../support/card-server.ts'

async function logged(text: string) {
  const server = await cardServer()
  await server.createModel('m')
  await server.seal('m', { 'README.md': text })
  const { json } = await server.getCard('m')
  const problems: string[] = json.derived.problems ?? []
  return { ...server, card: json.card, problems }
}

describe('a logged card loses nothing silently', () => {
  test('structured front matter keeps its content, and the answer tells where', async () => {
    const { card, problems } = await logged(`---
license: {name: Custom licence, link: https://example.com/licence}
authors: [{name: Ada, email: ada@example.com}, Bob]
contacts: {mail: risk@example.com}
---
## Limitations

Few.
`)
    expect(card).toMatchObject({ licence: 'Custom licence', owners: ['Ada', 'Bob'] })
    expect(card.limitations).toBe('Few.')
    for (const kept of ['https://example.com/licence', 'ada@example.com', 'risk@example.com']) {
      expect(card.notes).toContain(kept)
    }
    expect(problems).toHaveLength(3)
    for (const key of ['license', 'authors', 'contacts']) {
      expect(problems.some((problem) => problem.startsWith(`README.md: '${key}'`))).toBe(true)
    }
  })

  test('a value that does not fit its field keeps no other from being read', async () => {
    const { card, problems } = await logged(`---
license: mit
authors: [Ada, ${'x'.repeat(600)}]
---
## Owners

Cy

## Limitations

${'A long line of limitations.\n'.repeat(2_000)}
## Ethical considerations

Some.
`)
    expect(card).toMatchObject({ licence: 'mit', ethical_considerations: 'Some.' })
    expect(card.owners).toEqual(['Ada', 'Cy'])
    expect(card.notes).toContain('x'.repeat(600))
    const lines = `${card.limitations}\n${card.notes}`.match(/A long line of limitations\./g)
    expect(lines).toHaveLength(2_000)
    expect(problems).toEqual([
      expect.stringContaining("'Limitations' has more than 50000 characters"),
      expect.stringContaining("'Owners' has "),
    ])
  })

  test('front matter with thousands of lines of results keeps no key from being read', async () => {
    const results = Array.from(
      { length: 600 },
      (_, i) => `  - task: {type: Retrieval}
    dataset: {type: mteb/set-${i}, name: MTEB Set ${i}, config: default, split: test}
    metrics:
    - {type: ndcg_at_10, value: ${i}.5}`,
    )
    const matter = `tags: [mteb]\nmodel-index:\n- name: e5\n  results:\n${results.join('\n')}\nlicense: mit\n`
    expect(matter.length).toBeGreaterThan(64_000)
    const { card, problems } = await logged(`---\n${matter}---\n## Uses\n\nEmbed text.\n`)
    expect(card).toMatchObject({ licence: 'mit', intended_use: 'Embed text.' })
    for (const i of [0, 300, 599]) expect(card.notes).toContain(`mteb/set-${i}, `)
    expect(problems).toEqual([
      expect.stringContaining("'model-index' of its front matter is too long"),
    ])
  })

  test('an escaped control character keeps no other from being read, and the answer names it', async () => {
    const { card, problems } = await logged(`---
license: mit
owners: ["Ada\\a", Bob]
tags: ["b\\u0007ell"]
model-index:
- name: m
  results:
  - task: {type: other}
    dataset: {name: "young\\0", type: slice}
    metrics: [{type: recall, value: 0.8}]
---
## Limitations

Few.
`)
    expect(card).toMatchObject({ licence: 'mit', limitations: 'Few.', owners: ['Bob'] })
    for (const kept of ['Ada\\a', 'b\\aell', 'young\\0', '0.8']) expect(card.notes).toContain(kept)
    const why = 'has control characters, or is not valid Unicode; it is kept in notes'
    expect(problems).toEqual(
      ['model-index', 'owners'].map((key) => `README.md: '${key}' of its front matter ${why}`),
    )
  })

  test('a key that is no YAML keeps no other from being read', async () => {
    const { card, problems } = await logged('---\nlicense: mit\ntags: [a, {b\n---\n## Notes\n\nx\n')
    expect(card.licence).toBe('mit')
    expect(card.notes).toContain('tags: [a, {b')
    expect(problems).toEqual([expect.stringContaining("'tags'")])
  })

  test('a key that is there twice keeps both values', async () => {
    const { card, problems } = await logged('---\nlicense: mit\nlicense: gpl-3.0\n---\n')
    expect(card.licence).toBe('gpl-3.0')
    expect(card.notes).toContain('license: mit')
    expect(problems).toEqual([expect.stringContaining('twice')])
  })

  test('two results that differ in the config of their dataset are two lines that differ', async () => {
    const result = (config: string, type = 'text') => `
    - task: {type: other}
      dataset: {name: IMDb, type: ${type}, config: ${config}}
      metrics: [{type: accuracy, value: 0.9}]`
    const { card } = await logged(`---
model-index:
- name: m
  results:${result('plain')}${result('noisy')}${result('a', 'slice')}${result('b', 'slice')}
---
`)
    const lines: string[] = card.evaluation_data.split('\n')
    expect(new Set(lines).size).toBe(4)
    for (const config of ['plain', 'noisy', 'a', 'b']) {
      expect(lines.some((line) => line.includes(`config ${config}`))).toBe(true)
    }
  })

  test('a link in a field that holds lines is kept', async () => {
    const { card, problems } = await logged(
      '---\ntags: [a]\n---\n## License\n\n[Apache 2.0](https://example.com/licence)\n',
    )
    expect(card.licence).toBe('Apache 2.0')
    expect(card.notes).toContain('https://example.com/licence')
    expect(problems).toHaveLength(1)
  })

  test('front matter below a blank line is front matter', async () => {
    const { card, problems } = await logged('\n  \n---\nlicense: mit\n---\n## Uses\n\nSort.\n')
    expect(card).toEqual({ licence: 'mit', intended_use: 'Sort.' })
    expect(problems).toEqual([])
  })

  test('what was lost is told of the revision that was read in, and no more of the next', async () => {
    const { getCard, putCard } = await logged('---\nlicense: {name: x, y: z}\n---\n')
    await putCard('m', { notes: 'new' })
    expect((await getCard('m')).json.derived.problems).toBeUndefined()
    expect((await getCard('m', 1, '.md')).text).not.toContain('license')
    expect((await getCard('m', 1, '.md?revision=1')).text).toContain(
      "'license' of its front matter",
    )
  })
})

describe('an earlier revision of a card', () => {
  test('is what card.html and card.md show when they are asked for it', async () => {
    const { createModel, createVersion, getCard, putCard } = await cardServer()
    await createModel('m')
    await createVersion('m')
    await putCard('m', { notes: 'the first' })
    await putCard('m', { notes: 'the second' })
    for (const form of ['.html', '.md']) {
      expect((await getCard('m', 1, form)).text).toContain('the second')
      const { status, text } = await getCard('m', 1, `${form}?revision=1`)
      expect(status).toBe(200)
      expect(text).toContain('the first')
      expect(text).not.toContain('the second')
      expect((await getCard('m', 1, `${form}?revision=3`)).status).toBe(404)
      for (const bad of ['0', 'x', '1.5', '1&revision=2', '']) {
        expect((await getCard('m', 1, `${form}?revision=${bad}`)).status).toBe(400)
      }
    }
    expect((await getCard('m', 1, '.html?revision=1')).text).toContain('Revision 1 by')
  })

  test('prints: nothing is folded, scrolled away or dark', async () => {
    const { app, createModel, createVersion, getCard } = await cardServer()
    await createModel('m')
    await createVersion('m')
    const { text } = await getCard('m', 1, '.html')
    const [, href = ''] = /<link rel="stylesheet" href="([^"]+)"/.exec(text) ?? []
    const style = await (await app.request(href)).text()
    const print = style.slice(style.indexOf('@media print'))
    for (const rule of [
      'color-scheme: light',
      'max-block-size: none',
      'details::details-content',
    ]) {
      expect(print).toContain(rule)
    }
  })
})

test('credentials in a logged requirements.txt are shown by no card and no comparison', async () => {
  const { call, createModel, getCard, seal } = await cardServer()
  await createModel('m')
  const lines = [
    '--extra-index-url https://bob:hunter2@pypi.example.com/simple',
    'tool @ git+https://hunter2@github.com/acme/tool.git',
    'wheel @ https://example.com/w.whl?X-Token=hunter2&a=1',
    'kept @ git+ssh://git@github.com/acme/kept.git',
  ]
  await seal('m', { 'requirements.txt': lines.join('\n') })
  await seal('m', { 'requirements.txt': 'numpy==1' })
  for (const form of ['', '.md', '.html']) {
    const { text } = await getCard('m', 1, form)
    expect(text).not.toContain('hunter2')
    expect(text).toContain('git@github.com')
  }
  const compared = await call('GET', '/api/v1/models/m/compare?versions=1,2')
  expect(compared.status).toBe(200)
  expect(JSON.stringify(compared.json.environment)).toContain('***@pypi.example.com')
  expect(JSON.stringify(compared.json.environment)).not.toContain('hunter2')
})
