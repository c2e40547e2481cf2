import { access, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { clientEnvironment, environment, programOf } from './environments.ts'
import { run } from './processes.ts'
import { portIsFree, startNodeServer } from './servers.ts'
import type { Suite } from './suite.ts'
import { add, nothing, type Result, type Sums } from './sums.ts'

const root = new URL('../..', import.meta.url).pathname

/** The address that the scripts name themselves, as a user's do. */
const namedPort = 5000
const namedUrl = `http://localhost:${namedPort}`

/** `client` is who runs them. */
const trained = /Loaded Production model accuracy: 0\.\d{4}\s*$/
const rolledBack = /Rolled back by the guard: 0 failed; Production is version \d+ again\s/
const scripts = [
  { path: 'examples/fraud_detector.py', client: 'mlflow-3.17.2', last: trained },
  { path: 'examples/serving/story.py', client: 'mlflow-3.17.2', last: rolledBack },
  { path: 'examples/fraud_detector.py', client: 'mlflow-3.11.1', last: trained },
  // Kept outside the project; where it lies next to it, it must run as it is.
  {
    path: '../shared/examples/model_registry_example.py',
    client: 'mlflow-3.11.1',
    last: trained,
  },
]

/**
 * Each example to its last line, against one server on the default port. Where something else
 * listens there, copies of them name a free one.
 */
export const exampleSuite: Suite = {
  name: 'examples',
  group: 'clients',
  environments: [...new Set(scripts.map(({ client }) => client))],
  async run() {
    const isFree = await portIsFree(namedPort)
    const server = await startNodeServer(isFree ? namedPort : undefined)
    try {
      const results: Result[] = []
      for (const script of scripts) {
        results.push(await runExample(script, isFree ? namedUrl : server.url))
      }
      return joined(results)
    } finally {
      await server.stop()
    }
  },
}

async function runExample(
  { path, client, last }: (typeof scripts)[number],
  url: string,
): Promise<Result> {
  const script = join(root, path)
  if (!(await exists(script))) {
    return { passed: 0, failed: 0, skipped: 1, output: '', note: `skipped: ${path} is not here` }
  }
  const problem = await environment(client)
  if (problem !== undefined) return { passed: 0, failed: 1, skipped: 0, output: problem }
  const cwd = await mkdtemp(join(tmpdir(), 'gatehouse-example-'))
  const started = url === namedUrl ? script : await copyFor(url, script, cwd)
  const { code, output } = await run(programOf(client, 'python'), [started], {
    cwd,
    env: {
      ...clientEnvironment(url),
      PATH: `${await commandsOf(client, cwd)}:${process.env.PATH}`,
      GATEHOUSE: join(root, 'bin/gatehouse'),
    },
  })
  const finished = code === 0 && last.test(output)
  const sums: Sums = { passed: finished ? 1 : 0, failed: finished ? 0 : 1, skipped: 0 }
  return { ...sums, output: finished ? '' : `${path} with ${client}:\n${output}` }
}

/**
 * What the PATH of an active environment has. The environment's own scripts name the place where it was
 * made, which may be another one.
 */
async function commandsOf(client: string, cwd: string): Promise<string> {
  const folder = join(cwd, 'commands')
  await mkdir(folder)
  for (const name of ['mlflow', 'uvicorn']) {
    const text = `#!/bin/sh\nexec '${programOf(client, 'python')}' -m ${name} "$@"\n`
    await writeFile(join(folder, name), text, { mode: 0o755 })
  }
  return folder
}

/** @returns the path of the copy */
async function copyFor(url: string, script: string, folder: string): Promise<string> {
  const text = await readFile(script, 'utf8')
  if (!text.includes(namedUrl)) throw new Error(`${script} does not name ${namedUrl}`)
  const copy = join(folder, basename(script))
  await writeFile(copy, text.replaceAll(namedUrl, url))
  return copy
}

function joined(results: readonly Result[]): Result {
  const sums = results.reduce<Sums>(add, nothing)
  const notes = results.flatMap((result) => result.note ?? [])
  const output = results.map((result) => result.output).join('\n')
  return { ...sums, output, ...(notes.length > 0 ? { note: notes.join('; ') } : {}) }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
