import { expect, test } from 'vitest'
import { circlesOfFiles, circlesOfWings } from '../check/circles.ts'
import { importsOutOfOrder } from '../check/import-order.ts'

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
  ['src/client/planted.ts', '../core/thing.ts'],
  ['src/core/planted.ts', '../../test/thing.ts'],
  ['src/registry/planted.ts', 'commander'],
  ['src/platform/planted.ts', 'aws4fetch'],
  ...[...surfaces, 'cli'].flatMap((from) =>
    ['drizzle-orm', 'drizzle-orm/sqlite-core', '../db/sql.ts', '../registry/tables.ts'].map(
      (to): [string, string] => [`src/${from}/planted.ts`, to],
    ),
  ),
]

test('an import against each rule is refused, of values and of types', () => {
  for (const form of ["import { thing } from '%'", "import type { Thing } from '%'"]) {
    const missed = violations.filter(([file, imported]) => {
      const files = new Map([[file, `\n${form.replace('%', imported)}\n`]])
      return !importsOutOfOrder(files).some((line) => line.startsWith(`${file}:2: `))
    })
    expect(missed).toEqual([])
  }
})

test('an import is seen in every form that it may have', () => {
  const forms = [
    "import { one,\n  two } from '../http/thing.ts'",
    "import '../http/thing.ts'",
    "import * as thing from '../http/thing.ts'",
    "export * from '../http/thing.ts'",
    "export { one } from '../http/thing.ts'",
    "const thing = await import('../http/thing.ts')",
    "const thing: import('../http/thing.ts').Thing = 1",
  ]
  const seen = (form: string) => importsOutOfOrder(new Map([['src/core/planted.ts', form]]))
  expect(forms.filter((form) => seen(form).length !== 1)).toEqual([])
})

test('imports along the order pass', () => {
  const along = [
    ...order.slice(1).map((from, i) => [`src/${from}/fine.ts`, `../${order[i]}/thing.ts`]),
    ['src/mlflow/fine.ts', '../registry/transition-stage.ts'],
    ['src/cli/fine.ts', '../node.ts'],
    ['src/cli/commands/fine.ts', '../../platform/node/thing.ts'],
    ['src/node.ts', './platform/node/thing.ts'],
    ['src/node.ts', 'node:fs'],
    ['src/worker.ts', './platform/workers/thing.ts'],
    ['src/http/fine.ts', 'hono'],
    ['src/registry/fine.ts', 'drizzle-orm'],
    ['src/client/fine.ts', '../api/endpoints/thing.ts'],
  ] as const
  const refused = along.flatMap(([file = '', to = '']) =>
    importsOutOfOrder(new Map([[file, `import * as fine from '${to}'`]])),
  )
  expect(refused).toEqual([])
})

test('a folder that the order lacks is refused until it has a place', () => {
  const files = new Map([['src/nowhere/new.ts', "import { now } from '../core/now.ts'"]])
  expect(importsOutOfOrder(files)).toHaveLength(1)
})

test('two files that import each other are refused, though one imports only a type', () => {
  const files = new Map([
    ['src/core/one.ts', "import { two } from './two.ts'\nexport const one = () => two"],
    ['src/core/two.ts', "import type { one } from './one.ts'\nexport type Two = typeof one"],
    ['src/core/three.ts', "import { one } from './one.ts'"],
  ])
  expect(circlesOfFiles(files)).toEqual([
    'a circle of imports: src/core/one.ts -> src/core/two.ts, src/core/two.ts -> src/core/one.ts',
  ])
})

test('two wings that import each other are refused, though no two files do', () => {
  const files = new Map([
    ['src/access/accounts/users.ts', "import { a } from '../sign-in/a.ts'"],
    ['src/access/sign-in/b.ts', "import { c } from '../accounts/c.ts'"],
  ])
  expect(circlesOfFiles(files)).toEqual([])
  expect(circlesOfWings(files)).toHaveLength(1)
})
