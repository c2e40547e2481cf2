import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { readMarkdownCard } from '../../../src/governance/cards/read-markdown.ts'
import { cardServer, fullCard } from '../../support/card-server.ts'
import { workMs } from '../../support/work.ts'

async function modelServer(...overrides: Parameters<typeof cardServer>) {
  const server = await cardServer(...overrides)
  await server.createModel('m')
  return server
}

const readme = `---
license: apache-2.0
language: [en, de]
authors:
  - Ada
datasets:
  - imdb
metrics: [accuracy]
model-index:
  - name: m
    results:
      - task: {type: text-classification, name: Sentiment}
        dataset: {name: IMDb, type: imdb, split: test}
        metrics:
          - {type: accuracy, value: 0.91}
      - task: {type: other}
        dataset: {name: age<25, type: slice}
        metrics:
          - {type: recall, value: 0.81}
---
# Model Card for m

A small model.

## Uses

### Direct Use

Sort reviews.

### Out-of-scope use

Anything else.

## Bias, Risks, and Limitations

- English mostly

## How to get started

\`\`\`python
# Limitations
load()
\`\`\`
`

describe('a card that a client logged', () => {
  test.each([
    ['model_card.md', '## Limitations\n\nFew.\n'],
    ['model/model_card.md', '## Limitations\n\nFew.\n'],
    ['README.md', '---\nlicense: mit\n---\n## Limitations\n\nFew.\n'],
    ['run:model_card.md', '## Limitations\n\nFew.\n'],
  ])('as %s is the first revision once the version is registered', async (path, text) => {
    const { getCard, platform, seal } = await modelServer()
    await seal('m', { [path]: text })
    const rows = await platform.db.all<{ revision: number }>(sql`select revision from model_cards`)
    expect(rows).toEqual([{ revision: 1 }])
    const { json } = await getCard('m')
    expect(json).toMatchObject({ revision: 1, card: { limitations: 'Few.' } })
    expect(path).toContain(json.imported_from.split('/').at(-1))
    const [entry] = await platform.db.all<{ after: string; version: number }>(
      sql`select after, version from audit_entries where action = 'model_version.card_changed'`,
    )
    expect(entry?.version).toBe(1)
    expect(JSON.parse(entry?.after ?? '')).toMatchObject({
      revision: 1,
      fields: expect.arrayContaining(['limitations']),
    })
  })

  test('is read where it lies, and nothing written, while it has not been kept', async () => {
    const { getCard, platform, putCard, seal } = await modelServer()
    await seal('m', {})
    // As a version that was registered before this server knew of cards.
    await platform.db.batch({
      blob: sql`insert into blobs (sha256, size_bytes, key, created_at_ms)
        select ${await sha256('## Notes\n\nold')}, 13, 'blobs/ab/card', 1`,
      file: sql`insert into manifest_files (manifest, path, blob)
        select v.manifest, 'model_card.md', b.id from model_versions v, blobs b
        where b.key = 'blobs/ab/card'`,
    })
    await platform.blobs.put('blobs/ab/card', bytes('## Notes\n\nold'))
    const counted = () => platform.db.first(sql`select count(*) as n from model_cards`)
    expect((await getCard('m')).json).toMatchObject({ revision: 1, card: { notes: 'old' } })
    expect((await getCard('m', 1, '/revisions')).json.items).toHaveLength(1)
    expect((await getCard('m', 1, '/revisions/1')).json.card).toEqual({ notes: 'old' })
    expect(await counted()).toEqual({ n: 0 })
    expect((await putCard('m', { notes: 'new', revision: 1 })).json.revision).toBe(2)
    expect(await counted()).toEqual({ n: 2 })
    expect((await getCard('m', 1, '/revisions/1')).json).toMatchObject({
      card: { notes: 'old' },
      imported_from: 'model_card.md',
    })
    await platform.blobs.delete(['blobs/ab/card'])
    expect((await getCard('m')).json.card).toEqual({ notes: 'new' })
  })

  test('is told to be damaged when its stored bytes are', async () => {
    const { createVersion, getCard, platform, seal } = await modelServer()
    const { root, runId } = await seal('m', { 'model_card.md': '## Notes\n\nthe first' })
    const [blob] = await platform.db.all<{ key: string }>(sql`select b.key from manifest_files f
      join blobs b on b.id = f.blob where f.path = 'model_card.md'`)
    await platform.blobs.delete([blob?.key ?? ''])
    const again = await createVersion('m', `${root}/model`, { run_id: runId })
    expect(again.status).toBe(200)
    expect(await getCard('m', 2)).toMatchObject({ status: 410, json: { error_code: 'DATA_LOSS' } })
    await platform.blobs.put(blob?.key ?? '', bytes('## Notes\n\nthe other'.slice(0, 19)))
    expect(await getCard('m', 2)).toMatchObject({ status: 410, json: { error_code: 'DATA_LOSS' } })
    expect((await getCard('m')).json.card).toEqual({ notes: 'the first' })
  })

  test('that was logged after registering does not count, nor does a README of code', async () => {
    let clock = 1_764_000_000_000
    const { getCard, seal, upload } = await modelServer({ now: () => clock })
    const { root } = await seal('m', { 'README.md': '# How to build' })
    clock += 1
    await upload(`${root}/model_card.md`, '## Notes\n\nlate')
    expect((await getCard('m')).json).toMatchObject({ revision: 0, card: {} })
  })

  test('that cannot be read leaves the card empty and says why', async () => {
    const { getCard, seal } = await modelServer()
    await seal('m', { 'model_card.md': 'x'.repeat(200_001) })
    expect((await getCard('m')).json).toMatchObject({
      revision: 0,
      derived: { problems: ['model_card.md: it has 200001 bytes and at most 200000 are read'] },
    })
  })

  test('that has control characters is read with a sign in their place, and says so', async () => {
    const { getCard, seal } = await modelServer()
    const logged =
      '---\nlicense: mit\n---\n## Intended use\n\nSort\0 re\u001bviews.\n\n## Notes\n\n\u007f'
    await seal('m', { 'model_card.md': logged })
    const { status, json } = await getCard('m')
    expect([status, json.revision, json.card]).toEqual([
      200,
      1,
      { licence: 'mit', intended_use: 'Sort\ufffd re\ufffdviews.', notes: '\ufffd' },
    ])
    expect(json.derived.problems).toEqual([
      expect.stringMatching(/^model_card.md: it has control characters.* is kept as \ufffd$/),
    ])
  })
})

test("a card's fields come from headings and Hugging Face's keys, the rest is kept as notes", async () => {
  const read = await readMarkdownCard(readme)
  expect('card' in read && read.card).toEqual({
    licence: 'apache-2.0',
    owners: ['Ada'],
    training_data: 'Datasets:\n\n- imdb',
    evaluation_data:
      '- IMDb (Sentiment): accuracy 0.91; dataset type imdb, split test; task type text-classification',
    fairness: [{ slice: 'age<25', metric: 'recall', value: 0.81 }],
    intended_use: 'Sort reviews.',
    limitations: '- English mostly',
    notes: `A small model.

### Out-of-scope use

Anything else.

## How to get started

\`\`\`python
# Limitations
load()
\`\`\`

\`\`\`
language:
  - en
  - de
metrics:
  - accuracy
\`\`\``,
  })
})

test.each([
  ['no front matter', 'only text', { notes: 'only text' }],
  ['front matter that is no YAML', '---\na: [\n---\ntext', { notes: '---\na: [\n---\ntext' }],
  ['front matter that is a list', '---\n- a\n---\ntext', { notes: '---\n- a\n---\ntext' }],
  ['front matter without end', '---\na: b\ntext', { notes: '---\na: b\ntext' }],
  ['empty front matter', '---\n---\ntext', { notes: 'text' }],
  [
    'Windows lines',
    '---\r\nlicense: mit\r\n---\r\n## Notes\r\nn\r\n',
    { licence: 'mit', notes: 'n' },
  ],
  ['a heading twice', '## Limitations\na\n## Limitations\nb', { limitations: 'a\n\nb' }],
  ['underlined headings', 'Limitations\n===========\n\na', { limitations: 'a' }],
  ['a table that is no fairness', '## Fairness\nfine', { notes: '## Fairness\n\nfine' }],
  [
    'a fairness table',
    '## Fairness\n\n| Metric | Slice | Value |\n|-|-|-|\n| f1 | a \\| b | 0.5 |\n| f1 | a \\| b | 1 |',
    {
      fairness: [{ slice: 'a | b', metric: 'f1', value: 0.5 }],
      notes:
        '## Fairness\n\n| Metric | Slice | Value |\n|-|-|-|\n| f1 | a \\| b | 0.5 |\n| f1 | a \\| b | 1 |',
    },
  ],
  ['names in a line', '## Owners\nada, bob', { owners: ['ada', 'bob'] }],
  [
    'an author that no line can hold',
    `---\nauthors: [bob, ${'a'.repeat(501)}]\nlicense: mit\n---\n`,
    { licence: 'mit', owners: ['bob'], notes: `## Owners\n\n- ${'a'.repeat(501)}` },
  ],
  [
    'keys that objects have',
    '---\n__proto__: {a: b}\nconstructor: c\n---\n',
    {
      notes: '```\n__proto__:\n  a: b\nconstructor: c\n```',
    },
  ],
  ['nothing', '', {}],
])('a markdown file with %s is still a card', async (_what, text, card) => {
  const read = await readMarkdownCard(text)
  expect('card' in read && read.card).toEqual(card)
})

test.each([
  ['that is cut off', '---\na: {b: [\n---\n'],
  ['nested too deep', `---\na: ${'['.repeat(60_000)}\n---\n`],
  [
    'of too many aliases',
    `---\na: &a [x]\n${Array.from({ length: 30 }, (_, i) => `b${i}: &b${i} [${Array(9).fill(i ? `*b${i - 1}` : '*a')}]`).join('\n')}\n---\n`,
  ],
  ['of a tag that makes things', "---\na: !!js/function 'function () {}'\n---\n"],
])('YAML %s is read as text or as notes, quickly', async (_what, text) => {
  const took = await workMs(async () => {
    const read = await readMarkdownCard(text)
    expect('card' in read && read.card).toEqual({ notes: expect.any(String) })
  })
  expect(took).toBeLessThan(2000)
})

test('the export in the Hugging Face form reads in again as the same card', async () => {
  const { getCard, putCard, seal } = await modelServer()
  await seal('m', { MLmodel: 'flavors:\n  sklearn: {}\n' })
  await putCard('m', fullCard)
  const { text } = await getCard('m', 1, '.md?format=huggingface')
  expect(text.split('---\n')[1]).toBe(`license: apache-2.0
library_name: sklearn
metrics:
  - recall
model-index:
  - name: m
    results:
      - task:
          type: other
        dataset:
          name: age<25
          type: slice
        metrics:
          - type: recall
            value: 0.81
      - task:
          type: other
        dataset:
          name: age>=25 | all
          type: slice
        metrics:
          - type: recall
            value: 0.9
`)
  const read = await readMarkdownCard(text)
  // `library_name` and `metrics` have no field of their own.
  expect('card' in read && { ...read.card, notes: read.card.notes?.split('\n\n')[0] }).toEqual(
    fullCard,
  )
  const plain = await getCard('m', 1, '.md')
  expect(await readMarkdownCard(plain.text)).toEqual({ card: fullCard })
})

async function* bytes(text: string) {
  yield new TextEncoder().encode(text)
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
