/**
 * `npm run build`: what the package holds besides drizzle/. dist/gatehouse.js is the
 * command line, dist/server.js the server alone, dist/worker.js the Worker, dist/router-worker.js the one that routes, dist/client/ the typed client with its declarations.
 */
import { execFile } from 'node:child_process'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { bundleServer, common, partPrefix } from './bundle.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = `${root}dist/`
const isPacked = process.argv.includes('--pack')

await emptyDist()
await Promise.all([bundleServer(), bundleWorkers(), compileClient()])

/** What an earlier release compiled and this one lacks must not be packed. A server that runs may still import parts. */
async function emptyDist() {
  const entries = await readdir(dist, { withFileTypes: true }).catch(() => [])
  const old = entries.filter(
    (entry) =>
      (entry.isDirectory() && entry.name !== 'installing') ||
      (isPacked && entry.name.startsWith(partPrefix)),
  )
  await Promise.all(old.map(({ name }) => rm(dist + name, { recursive: true })))
}

async function bundleWorkers() {
  await build({
    ...common,
    entryPoints: ['src/worker.ts', 'src/router-worker.ts'],
    outdir: dist,
    conditions: ['workerd', 'worker', 'browser'],
    platform: 'neutral',
    mainFields: ['browser', 'module', 'main'],
    target: 'es2024',
  })
}

async function compileClient() {
  const compiler = `${root}node_modules/typescript/bin/tsc`
  await promisify(execFile)(process.execPath, [compiler, '-p', 'tsconfig.client.json'], {
    cwd: root,
  })
  // The compiler writes `./x.js` into programs and leaves `./x.ts` in declarations.
  const names = await readdir(dist, { recursive: true })
  for (const name of names.filter((path) => path.endsWith('.d.ts'))) {
    const text = await readFile(dist + name, 'utf8')
    await writeFile(dist + name, text.replace(/(['"]\.[^'"\n]*)\.ts(?=['"])/g, '$1.js'))
  }
}
