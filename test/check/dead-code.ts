import { readdir, readFile } from 'node:fs/promises'

/** Started by a tool and not by an import. */
const entries = [
  'src/cli/main.ts',
  'src/worker.ts',
  'src/client/index.ts',
  'drizzle/config.ts',
  'vitest.config.ts',
  'test/temporary-folder.ts',
  'test/check.ts',
  'test/run.ts',
  'test/java/run.ts',
  'test/recordings/run.ts',
  'test/runner/worker-server.ts',
  'bench/run.ts',
  'bench/audit-cost.ts',
]

/** Tables are exported for drizzle-kit, which reads every one. */
const exempt = /^(?:src\/\w+\/tables\.ts|test\/platform\/)/

const folders = ['src', 'test', 'bench', 'drizzle']

/**
 * Files in src/, test/ and bench/ that no entry reaches by imports, and exports that no other file
 * names. A type may be there for the sake of its own file's other exports; a value that only tests
 * name must serve its own file. Reads the text and not the program: a name that another file happens
 * to use counts as a use.
 */
export async function deadCode(root: string): Promise<string[]> {
  const files = await sources(root)
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

async function sources(root: string): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  for (const folder of folders) {
    const names = await readdir(`${root}${folder}`, { recursive: true }).catch(() => [])
    for (const name of names) {
      if (!/\.tsx?$/.test(name) || name.endsWith('.d.ts')) continue
      files.set(`${folder}/${name}`, await readFile(`${root}${folder}/${name}`, 'utf8'))
    }
  }
  files.set('vitest.config.ts', await readFile(`${root}vitest.config.ts`, 'utf8'))
  return files
}

function reachable(files: ReadonlyMap<string, string>): Set<string> {
  const tests = [...files.keys()].filter(
    (path) => path.endsWith('.test.ts') || path.startsWith('test/platform/'),
  )
  const tables = [...files.keys()].filter((path) => path.endsWith('/tables.ts'))
  const queue = [...entries, ...tests, ...tables]
  const reached = new Set<string>()
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const text = files.get(path)
    if (text === undefined || reached.has(path)) continue
    reached.add(path)
    for (const [, specifier = ''] of text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)) {
      queue.push(new URL(specifier, `file:///${path}`).pathname.slice(1))
    }
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
