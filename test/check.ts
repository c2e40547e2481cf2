/** `npm run check`: format, lint, types, imports, dead code and the lock file. Ends 1 if any fails. */
import { execFile } from 'node:child_process'
import { circlesOfFiles, circlesOfWings } from './check/circles.ts'
import { importsOutOfOrder } from './check/import-order.ts'
import { readSources } from './check/imports.ts'
import { functionsWithoutVerb, typesOfOneName } from './check/names.ts'
import { tooLarge } from './check/sizes.ts'

const root = new URL('..', import.meta.url).pathname

type Outcome = { readonly ok: boolean; readonly output: string }

const checks: Readonly<Record<string, () => Promise<Outcome>>> = {
  'format and lint': () => run('biome', ['check', '--max-diagnostics=50', '.']),
  'types for Workers': () => checkTypes('tsconfig.json'),
  'types for Node': () => checkTypes('tsconfig.node.json'),
  'import order': async () => {
    const files = await readSources(root, ['src'])
    return outcomeOf([
      ...importsOutOfOrder(files),
      ...circlesOfFiles(files),
      ...circlesOfWings(files),
    ])
  },
  'names and sizes': async () => {
    const files = await readSources(root, ['src'])
    return outcomeOf([...functionsWithoutVerb(files), ...typesOfOneName(files), ...tooLarge(files)])
  },
  'dead code': () => run('knip', ['--no-config-hints']),
  'code for tests alone': () => run('knip', ['--production', '--no-config-hints']),
  'lock file': lockFile,
}

let failed = 0
for (const [name, check] of Object.entries(checks)) {
  const startedAt = performance.now()
  const { ok, output } = await check()
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)`)
  if (!ok) {
    failed++
    console.log(output.trim().replace(/^/gm, '     '))
  }
}
const passed = Object.keys(checks).length - failed
console.log(`checks: ${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

function outcomeOf(found: readonly string[]): Outcome {
  return { ok: found.length === 0, output: found.join('\n') }
}

/** The second time it reads only what changed since the first. */
function checkTypes(project: string): Promise<Outcome> {
  const known = `node_modules/.cache/types/${project}.tsbuildinfo`
  return run('tsc', ['--noEmit', '-p', project, '--incremental', '--tsBuildInfoFile', known])
}

/** A lock without some platform's packages installs here and is refused elsewhere. */
async function lockFile(): Promise<Outcome> {
  const { ok, output } = await run('npm', ['ci', '--dry-run', '--loglevel=error'], 'npm')
  const isWhole = ok && !/Missing:/.test(output)
  return { ok: isWhole, output }
}

function run(
  tool: string,
  args: readonly string[],
  command = `${root}node_modules/.bin/${tool}`,
): Promise<Outcome> {
  return new Promise((done) => {
    execFile(command, args, { cwd: root, maxBuffer: 50_000_000 }, (err, stdout, stderr) => {
      done({ ok: err === null, output: stdout + stderr })
    })
  })
}
