import { importsOf, readSources, type Sources } from './imports.ts'

/** Started by a tool and not by an import. */
const entries = [
  'src/cli/main.ts',
  'src/worker.ts',
  'src/client/index.ts',
  'drizzle/config.ts',
  'vitest.config.ts',
  'test/support/temporary-folder.ts',
  'test/check.ts',
  'test/run.ts',
  'test/java/run.ts',
  'test/recordings/run.ts',
  'test/runner/worker-server.ts',
  'bench/run.ts',
  'bench/audit-cost.ts',
]

/** Tables are exported for drizzle-kit, which reads every one. */
const exempt = /^(?:src\/\w+\/tables\.ts|test\/support\/platform\/)/

/**
 * Files in src/, test/ and bench/ that no entry reaches by imports, and exports that no other file
 * names. A type may be there for the sake of its own file's other exports; a value that only tests
 * name must serve its own file. Reads the text and not the program: a name that another file happens
 * to use counts as a use.
 */
export async function deadCode(root: string): Promise<string[]> {
  const files = await readSources(root, ['src', 'test', 'bench', 'drizzle', 'vitest.config.ts'])
  const reached = reachable(files)
  const unreached = [...files.keys()].filter((path) => !reached.has(path))
  const words = new Map([...files].map(([path, text]) => [path, wordsOf(text)]))
  const unused: string[] = []
  for (const [path, text] of files) {
    if (exempt.test(path) || entries.includes(path)) continue
    for (const { name, isType } of exportsOf(text)) {
      const users = [...words].filter(([user, used]) => user !== path && used.has(name))
      const isOwn = (text.match(new RegExp(`\\b${name}\\b`, 'g'))?.length ?? 0) > 1
      const isServing = users.some(([user]) => !path.startsWith('src/') || user.startsWith('src/'))
      const isUsed = isServing || (isOwn && (isType || users.length > 0))
      if (!isUsed) unused.push(`${path}: ${name} is not used`)
    }
  }
  return [...unreached.map((path) => `${path}: no entry imports it`), ...unused].sort()
}

function reachable(files: Sources): Set<string> {
  const tests = [...files.keys()].filter(
    (path) => path.endsWith('.test.ts') || path.startsWith('test/support/platform/'),
  )
  const tables = [...files.keys()].filter((path) => path.endsWith('/tables.ts'))
  const imported = Map.groupBy(importsOf(files), ({ from }) => from)
  const queue = [...entries, ...tests, ...tables]
  const reached = new Set<string>()
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (!files.has(path) || reached.has(path)) continue
    reached.add(path)
    for (const { to } of imported.get(path) ?? []) queue.push(to)
  }
  return reached
}

function exportsOf(text: string): { name: string; isType: boolean }[] {
  const declared = text.matchAll(
    /^export (?:async )?(function\*?|const|class|type|interface) (\w+)/gm,
  )
  return [...declared].map(([, kind, name = '']) => ({
    name,
    isType: kind === 'type' || kind === 'interface',
  }))
}

function wordsOf(text: string): Set<string> {
  return new Set(text.match(/\w+/g))
}
