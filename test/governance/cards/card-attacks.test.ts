import { expect, test } from 'vitest'
import { parseMarkdown } from '../../../src/governance/cards/markdown.ts'
import { writeMarkdown } from '../../../src/governance/cards/write-markdown.ts'
import { cardServer, fullCard } from '../../support/card-server.ts'
import { workMs } from '../../support/work.ts'
import { markupIn } from '../../ui/page.ts'

/** What somebody might try to have a reader's browser do. */
const attacks = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<svg/onload=alert(1)>',
  '</style><script>alert(1)</script>',
  '</title><script>alert(1)</script>',
  '--><script>alert(1)</script>',
  '"><script>alert(1)</script>',
  "' onmouseover='alert(1)",
  '<iframe srcdoc="&lt;script&gt;alert(1)&lt;/script&gt;">',
  '<a href="javascript:alert(1)">x</a>',
  '<base href="https://evil.example/">',
  '<meta http-equiv="refresh" content="0;url=https://evil.example">',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '&#60;script&#62;alert(1)&#x3c;/script&#x3e;',
  '[x](javascript:alert(1))',
  '[x](JaVaScRiPt:alert(1))',
  '[x](java&Tab;script:alert(1))',
  '[x](java&#10;script:alert(1))',
  '[x](&#x6A;avascript:alert(1))',
  '[x](<javascript:alert(1)>)',
  '[x](%6aavascript:alert(1))',
  '[x](\u0001javascript:alert(1))',
  '[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)',
  '[x](data:image/svg+xml,<svg/onload=alert(1)>)',
  '[x](vbscript:msgbox(1))',
  '[x](file:///etc/passwd)',
  '[x](//evil.example/x)',
  '[x](blob:https://example.com/1)',
  '[x](https:javascript:alert(1))',
  '[x](https://example.com/"onmouseover="alert(1))',
  '[x](https://example.com "t\\" onmouseover=\\"alert(1)")',
  '[x](https://example.com \'title" onclick="alert(1)\')',
  '[x][r]\n\n[r]: javascript:alert(1) "t"',
  '<javascript:alert(1)>',
  '<https://example.com/?"onmouseover="alert(1)>',
  '![x](javascript:alert(1))',
  '![x](https://evil.example/pixel.png)',
  '![x" onerror="alert(1)](https://evil.example/p.png)',
  '[![x](javascript:alert(1))](javascript:alert(2))',
  '[<img src=x onerror=alert(1)>](https://example.com)',
  '`<script>alert(1)</script>`',
  '```html"><script>alert(1)</script>\n<script>alert(1)</script>\n```',
  '    <script>alert(1)</script>',
  '| <script>alert(1)</script> | b |\n| - | - |\n| [x](javascript:alert(1)) | `|` |',
  '# <script>alert(1)</script>',
  '<!-- <script>alert(1)</script> -->',
  '<![CDATA[<script>alert(1)</script>]]>',
  '<?php echo 1 ?>',
  '\\<script>alert(1)\\</script>',
  '<scr<script>ipt>alert(1)</scr</script>ipt>',
  '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>',
]

/** Tags that pages may have, each with no attribute but those it needs. */
const allowed =
  /^<(?:\/?(?:html|head|body|header|main|section|aside|title|style|h[1-6]|p|span|strong|em|del|blockquote|ul|ol|li|pre|code|hr|br|div|table|caption|thead|tbody|tr|th|td|a|dl|dt|dd|details|summary|time|meter|meta|bdi)|!doctype html)(?: (?:class|lang|charset|name|content|scope|start|tabindex|href|rel|datetime|min|max|value|id|aria-label|aria-labelledby)="[^"<>]*")* ?\/?>$/

/** What the frame has around the card, the same on every page of a version. */
const frame = [
  /<link rel="(?:icon|stylesheet)" href="[^"<>]*"(?: nonce="[0-9a-f]{32}")?\/>/g,
  /<a class="skip" href="#content">[^<]*<\/a>/,
  /<header class="bar">[\s\S]*?<\/header>/,
  /<nav class="crumbs" aria-label="The way here">[\s\S]*?<\/nav>/,
  /<footer class="foot">[\s\S]*?<\/footer>/,
]

function withoutFrame(html: string): string {
  return frame.reduce((rest, part) => rest.replace(part, ''), html)
}

/** Everything of the page that a browser could act on must be of our making. */
function expectInert(html: string): void {
  const tagsOfName = html.match(
    /<(?:header class="bar"|nav class="crumbs"|footer)[\s\S]*?<\/(?:header|nav|footer)>/g,
  )
  expect(tagsOfName?.flatMap((part) => markupIn(part))).toEqual([])
  const page = withoutFrame(html)
  for (const [tag] of page.matchAll(/<[^>]*>?/g)) expect(tag).toMatch(allowed)
  for (const [, href] of page.matchAll(/href="([^"]*)"/g)) {
    expect(href).toMatch(/^(?:https?:\/\/|mailto:)/i)
  }
}

async function attacked() {
  const server = await cardServer()
  await server.createModel('m')
  await server.createVersion('m')
  return server
}

test('no markdown in any prose field becomes anything a browser acts on', async () => {
  const { getCard, putCard } = await attacked()
  for (const attack of attacks) {
    const text = attack.replaceAll('\u0001', '&#1;')
    const prose = {
      limitations: text,
      notes: `a\n\n${text}\n\n- ${text}\n\n> ${text}`,
      training_data: text,
    }
    expect((await putCard('m', prose)).status).toBe(200)
    expectInert((await getCard('m', 1, '.html')).text)
  }
})

test('no value of any other field becomes markup', async () => {
  const { call, getCard, putCard } = await attacked()
  for (const attack of attacks) {
    const text = attack.replaceAll('\u0001', ' ').replaceAll('\n', ' ')
    const card = {
      owners: [text],
      contacts: [text],
      licence: text,
      fairness: [{ slice: text, metric: text, value: 1 }],
    }
    expect((await putCard('m', card)).status).toBe(200)
    const { text: html } = await getCard('m', 1, '.html')
    expectInert(html)
    expect(withoutFrame(html)).not.toMatch(/<a /)
    const markdown = (await getCard('m', 1, '.md')).text
    expect(markdown).not.toMatch(/<|[^\\]\]\(/)
    expect(JSON.stringify(parseMarkdown(markdown))).not.toContain('"type":"link"')
  }
  expect((await call('PUT', '/api/v1/models/m/card-template', { notes: attacks[0] })).status).toBe(
    200,
  )
})

test('nor does the name of a model, a dataset, an experiment, a param or a metric', async () => {
  const { call, createRun, getCard, post, upload, createVersion, createModel } = await attacked()
  const name = '<img src=x onerror=alert(1)>'
  await createModel(name)
  const run = await createRun()
  await post('experiments/update', {
    experiment_id: run.experimentId,
    new_name: '<script>alert("experiment")</script>',
  })
  await post('runs/log-parameter', {
    run_id: run.runId,
    key: 'p',
    value: '<script>alert(1)</script>',
  })
  await post('runs/set-tag', {
    run_id: run.runId,
    key: 'mlflow.source.git.commit',
    value: '"><script>alert(1)</script>',
  })
  const dataset = {
    name: '<svg onload=alert(1)>',
    digest: '<b>d</b>',
    source_type: 's',
    source: '</pre><script>',
  }
  await post('runs/log-inputs', { run_id: run.runId, datasets: [{ dataset, tags: [] }] })
  const mlmodel =
    'flavors:\n  "<script>alert(1)</script>": {}\nsignature:\n  inputs: \'[{"name":"</code><script>"}]\'\n'
  await upload(`${run.root}/model/MLmodel`, mlmodel)
  await upload(`${run.root}/model/requirements.txt`, '</pre><script>alert(1)</script>\n')
  const made = await createVersion(name, `${run.root}/model`, { run_id: run.runId })
  expect(made.status).toBe(200)
  const { text: html } = await getCard(name, 1, '.html')
  expectInert(html)
  expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;')
  expect((await getCard(name, 1, '.md')).text.replace(/```[^`]*```/g, '')).not.toContain('<')
  expect(
    (await call('GET', `/api/v1/models/${encodeURIComponent('<script>')}/versions/1/card.html`))
      .json,
  ).toMatchObject({ error_code: 'RESOURCE_DOES_NOT_EXIST' })
})

test('the page allows its own style and nothing else', async () => {
  const { getCard } = await attacked()
  const { headers, text } = await getCard('m', 1, '.html')
  const policy = headers.get('content-security-policy') ?? ''
  expect(policy).toMatch(
    /^default-src 'none'; style-src 'nonce-[0-9a-f]{32}'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'$/,
  )
  const [, nonce = ''] = /nonce="([0-9a-f]{32})"/.exec(text) ?? []
  expect(policy).toContain(`'nonce-${nonce}'`)
  expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
  for (const rest of ['', '.md', '.html']) {
    const answer = await getCard('m', 1, rest)
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(answer.headers.get('x-frame-options')).toBe('SAMEORIGIN')
  }
  expect((await getCard('m', 1, '.md')).headers.get('content-type')).toBe(
    'text/markdown; charset=utf-8',
  )
})

test.each(attacks)(
  'written out again, %j is still nothing but text and safe links',
  async (attack) => {
    const written = await writeMarkdown(await parseMarkdown(attack))
    const outsideCode = written.replace(/```[^`]*```|`[^`]*`/g, '')
    expect(outsideCode).not.toMatch(/</)
    expect(outsideCode.toLowerCase()).not.toMatch(/(?<!\\)\]\((?!https?:\/\/|mailto:)/)
    expect(await writeMarkdown(await parseMarkdown(written))).toBe(written)
  },
)

test('good markdown survives being written out again', async () => {
  const text = `## Data

A *b* **c** ~~d~~ \`e|f\` [g](https://example.com/a_b%29) <mailto:a@b.example> 1 < 2 & 3

1. one
   - two

     three
2. four

> quoted
> on

| a | b |
| - | - |
| \`x\` | y \\| z |

---

\`\`\`python
a = "<b>"
\`\`\`
`
  const tree = await parseMarkdown(text)
  expect(await parseMarkdown(await writeMarkdown(tree))).toEqual(tree)
  expect(tree.map(({ type }) => type)).toEqual([
    'heading',
    'paragraph',
    'list',
    'blockquote',
    'table',
    'thematicBreak',
    'code',
  ])
})

test.each([
  ['brackets', '['.repeat(200_000)],
  ['images', '!['.repeat(100_000)],
  ['links', '[a]('.repeat(50_000)],
  ['stars', '*a **a '.repeat(28_000)],
  ['pairs of stars', '*a'.repeat(12_500)],
  ['stars that close', 'a* '.repeat(66_000)],
  ['a run of stars', '*'.repeat(200_000)],
  ['underscores', '_a __a '.repeat(28_000)],
  ['tildes', '~~a '.repeat(50_000)],
  ['backticks', Array.from({ length: 600 }, (_, i) => '`'.repeat(i)).join(' ')],
  ['quotes', '>'.repeat(200_000)],
  ['quotes with text', '> a\n'.repeat(12_500)],
  ['numbered items', '1. a\n'.repeat(10_000)],
  ['paragraphs', 'a\n\n'.repeat(16_600)],
  ['headings', '# a\n'.repeat(12_500)],
  ['lists in one line', '- '.repeat(100_000)],
  ['lines', 'a\n'.repeat(100_000)],
  ['fences', '```\n'.repeat(50_000)],
  ['lists', Array.from({ length: 600 }, (_, i) => `${' '.repeat(i)}- a`).join('\n')],
  ['entities', '&#x'.repeat(66_000)],
  ['a wide table', `${'|a'.repeat(5000)}|\n${'|-'.repeat(5000)}|\n${'|a\n'.repeat(20_000)}`],
  ['references', '[a]: b\n'.repeat(25_000)],
  ['angles', '<'.repeat(200_000)],
  ['escapes', '\\'.repeat(200_000)],
])('%s, as many as a field holds, are rendered within ten seconds', async (_what, text) => {
  const took = await workMs(async () => writeMarkdown(await parseMarkdown(text.slice(0, 200_000))))
  expect(took).toBeLessThan(10_000)
})

test('the card that all of these tests start from is rendered whole', async () => {
  const { getCard, putCard } = await attacked()
  await putCard('m', fullCard)
  const { text } = await getCard('m', 1, '.html')
  expectInert(text)
  for (const shown of ['Ada Lovelace', 'age&lt;25', '<strong>2025</strong>', 'gap 0.09']) {
    expect(text).toContain(shown)
  }
})
