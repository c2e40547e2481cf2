import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const root = new URL('../..', import.meta.url).pathname
const folder = await mkdtemp(join(tmpdir(), 'gatehouse-rules-'))

const capabilities = [
  'search',
  'audit',
  'access',
  'artifacts',
  'tracking',
  'registry',
  'governance',
  'webhooks',
]
const order = ['core', 'db', 'platform', ...capabilities, 'http']
const surfaces = ['mlflow', 'api', 'ui']

/** One import that breaks each rule: the file it stands in, and what it imports. */
const violations: [string, string][] = [
  ...order.flatMap((from, i) =>
    [...order.slice(i + 1), ...surfaces, 'cli'].map((to): [string, string] => [
      `src/${from}/planted.ts`,
      `../${to}/thing.ts`,
    ]),
  ),
  ...[...order, ...surfaces].flatMap((from) =>
    ['../app.ts', '../node.ts', '../worker.ts'].map((to): [string, string] => [
      `src/${from}/planted.ts`,
      to,
    ]),
  ),
  ...surfaces.flatMap((from) =>
    surfaces
      .filter((to) => to !== from)
      .map((to): [string, string] => [`src/${from}/planted.ts`, `../${to}/thing.ts`]),
  ),
  ['src/mlflow/wire/planted.ts', '../../cli/thing.ts'],
  ['src/app.ts', './cli/thing.ts'],
  ['src/app.ts', './node.ts'],
  ['src/worker.ts', './node.ts'],
  ['src/node.ts', './worker.ts'],
  ['src/node.ts', './cli/thing.ts'],
  ['src/cli/planted.ts', '../worker.ts'],
  ...['core', 'db', 'platform', ...capabilities].flatMap((from) =>
    ['hono', 'hono/cors', 'node:fs', 'node:fs/promises', 'cloudflare:workers', 'libsql'].map(
      (to): [string, string] => [`src/${from}/planted.ts`, to],
    ),
  ),
  ...['http', ...surfaces, ...capabilities].flatMap((from) =>
    ['../platform/node/thing.ts', '../platform/workers/thing.ts'].map((to): [string, string] => [
      `src/${from}/planted.ts`,
      to,
    ]),
  ),
  ['src/platform/planted.ts', './node/thing.ts'],
  ['src/platform/node/planted.ts', 'cloudflare:workers'],
  ['src/platform/node/planted.ts', '../workers/thing.ts'],
  ['src/platform/workers/planted.ts', 'node:fs'],
  ['src/platform/workers/planted.ts', '../node/thing.ts'],
  ['src/http/planted.ts', 'node:fs'],
  ['src/worker.ts', 'node:fs'],
  ['src/worker.ts', './platform/node/thing.ts'],
  ['src/app.ts', './platform/node/thing.ts'],
  ...[...surfaces, 'cli'].flatMap((from) =>
    ['drizzle-orm', 'drizzle-orm/sqlite-core', '../db/sql.ts', '../registry/tables.ts'].map(
      (to): [string, string] => [`src/${from}/planted.ts`, to],
    ),
  ),
]

test('the linter refuses an import against each rule', async () => {
  const planted = new Map<string, string[]>()
  for (const [file, imported] of violations) {
    const lines = planted.get(file) ?? []
    planted.set(file, [...lines, `import * as planted${lines.length} from '${imported}'`])
  }
  await plant(planted)
  const refused = await lint('noRestrictedImports')
  const missed = violations.filter(([file, imported]) => {
    const line = planted.get(file)?.findIndex((text) => text.endsWith(`'${imported}'`)) ?? -1
    return !refused.has(`${file}:${line + 1}`)
  })
  expect(missed).toEqual([])
})

test('the linter lets imports along the order pass', async () => {
  const along = [
    ...order.slice(1).map((from, i) => [`src/${from}/fine.ts`, `../${order[i]}/thing.ts`]),
    ['src/mlflow/fine.ts', '../registry/transition-stage.ts'],
    ['src/cli/fine.ts', '../node.ts'],
    ['src/node.ts', './platform/node/thing.ts'],
    ['src/http/fine.ts', 'hono'],
  ] as const
  await plant(
    new Map(along.map(([file = '', to = '']) => [file, [`import * as fine from '${to}'`]])),
  )
  const refused = await lint('noRestrictedImports')
  expect(along.filter(([file]) => refused.has(`${file}:1`))).toEqual([])
})

test('the linter refuses two files that import each other', async () => {
  await plant(
    new Map([
      ['src/core/one.ts', ["import { two } from './two.ts'", 'export const one = () => two']],
      ['src/core/two.ts', ["import { one } from './one.ts'", 'export const two = () => one']],
    ]),
  )
  expect(await lint('noImportCycles')).toContain('src/core/one.ts:1')
})

async function plant(files: ReadonlyMap<string, readonly string[]>): Promise<void> {
  const config = JSON.parse(await readFile(`${root}biome.json`, 'utf8'))
  await writeFile(join(folder, 'biome.json'), JSON.stringify({ ...config, vcs: {} }))
  await copyFile(`${root}package.json`, join(folder, 'package.json'))
  for (const [file, lines] of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), `${lines.join('\n')}\n`)
  }
}

/** Where the linter complained of `rule`, as `file:line`. */
async function lint(rule: string): Promise<Set<string>> {
  const args = ['lint', '--reporter=github', '--max-diagnostics=none', 'src']
  const output = await new Promise<string>((done) => {
    const options = { cwd: folder, maxBuffer: 50_000_000 }
    execFile(`${root}node_modules/.bin/biome`, args, options, (_err, stdout, stderr) =>
      done(stdout + stderr),
    )
  })
  const found = output.matchAll(/^::\w+ title=([^,]+),file=(?:[^,]*?\/)?(src\/[^,]+),line=(\d+)/gm)
  return new Set(
    [...found]
      .filter(([, title]) => title?.includes(rule))
      .map(([, , file, line]) => `${file}:${line}`),
  )
}
