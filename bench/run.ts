/**
 * `npm run bench`: Gatehouse and `mlflow server` in turn on this machine, the same requests, the
 * figures side by side. See README.md here.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { endAll } from '../test/runner/processes.ts'
import { cases } from './cases.ts'
import { type Measured, measure } from './load.ts'
import { measureManyRuns } from './many-runs.ts'
import { measurePages } from './pages.ts'
import { startFastTrackml, startFloor } from './peers.ts'
import { resetPeakRss, usageOf } from './process-tree.ts'
import { type Figures, type Large, report } from './report.ts'
import { measureSearching } from './searching.ts'
import { type BenchServer, startGatehouse, startGatehouseWithAuth, startMlflow } from './servers.ts'
import { measureServing } from './serving.ts'
import { measureTraces } from './traces.ts'
import { download, type Transfer, upload } from './transfer.ts'
import { prepare } from './world.ts'

const results = new URL('results/', import.meta.url).pathname
const { values: options } = parseArgs({
  options: {
    /** A few seconds a case instead of ten. */
    quick: { type: 'boolean' },
    /** Names of cases begin so; transfers are left out. */
    only: { type: 'string' },
    /** Of `gatehouse`, `mlflow` and `fasttrackml`, with commas between them; all when absent. */
    server: { type: 'string' },
    /** The least that a server in Node could do beside them: node:http, and that with node:sqlite. */
    floor: { type: 'boolean' },
    /** Gatehouse with access control on, and an access token on every request. */
    auth: { type: 'boolean' },
    /** What `gatehouse serve` adds to a call, and nothing else. */
    serving: { type: 'boolean' },
    /** What the pages of a large server take, and nothing else. */
    pages: { type: 'boolean' },
    /** What searches take from those who log meanwhile, and nothing else. */
    searching: { type: 'boolean' },
    /** Searches among so many runs, and nothing else. */
    runs: { type: 'string' },
    /** What traces take, and nothing else. */
    traces: { type: 'boolean' },
    /** Gatehouse alone, under V8's profiler; the .cpuprofile lands in results/. */
    profile: { type: 'boolean' },
  },
})
const seconds = options.quick ? { warmUp: 0.5, measured: 2 } : { warmUp: 3, measured: 10 }
const chosen = cases.filter(({ name }) => name.startsWith(options.only ?? ''))

async function figuresOf(server: BenchServer): Promise<Figures> {
  await wait(1000)
  const idlePssBytes = usageOf(server.pid).pssBytes
  tell(`${server.name}: ready after ${(server.startMs / 1000).toFixed(2)} s; filling it`)
  const world = await prepare(server)
  const measured: Record<string, Measured> = {}
  for (const { name, kind, connections, callOf } of chosen) {
    if (!server.serves.includes(kind)) continue
    measured[name] = await measure(server, (i) => callOf(world, i), { ...seconds, connections })
    tell(`${server.name}: ${name}: ${measured[name].cpuMsPerRequest.toFixed(2)} ms CPU`)
  }
  const loadedPssBytes = usageOf(server.pid).pssBytes
  const isWhole = options.only === undefined && server.serves.includes('files')
  const files = isWhole ? await transferred(server, 256) : undefined
  return {
    name: server.name,
    startMs: server.startMs,
    idlePssBytes,
    loadedPssBytes,
    cases: measured,
    upload: files?.up,
    download: files?.down,
  }
}

async function transferred(server: BenchServer, mebibytes: number) {
  const name = `file-${mebibytes}.bin`
  const up: Transfer = await upload(server, name, mebibytes)
  const down = await download(server, name, mebibytes)
  return { up, down }
}

async function largeOn(server: BenchServer): Promise<Large> {
  resetPeakRss(server.pid)
  const { up, down } = await transferred(server, 2048)
  return { upload: up, download: down, peakRssBytes: usageOf(server.pid).peakRssBytes }
}

async function withServer<T>(
  begin: () => Promise<BenchServer>,
  work: (server: BenchServer) => Promise<T>,
): Promise<T> {
  const server = await begin()
  try {
    return await work(server)
  } finally {
    await server.stop()
  }
}

function tell(line: string): void {
  console.error(line)
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    endAll()
    process.exit(130)
  })
}
if (options.pages) {
  await measurePages()
  process.exit(0)
}
if (options.runs !== undefined) {
  await measureManyRuns(Number(options.runs))
  process.exit(0)
}
if (options.searching) {
  await measureSearching()
  process.exit(0)
}
if (options.traces) {
  await measureTraces(options.quick ?? false, options.server)
  process.exit(0)
}
if (options.serving) {
  await measureServing()
  process.exit(0)
}
await mkdir(results, { recursive: true })
const profiles = options.profile ? results : undefined
const begin = () => (options.auth ? startGatehouseWithAuth(profiles) : startGatehouse(profiles))
const wanted = options.profile ? ['gatehouse'] : options.server?.split(',')
const starts = {
  gatehouse: begin,
  mlflow: startMlflow,
  fasttrackml: startFastTrackml,
}
const servers: Figures[] = []
for (const [name, startServer] of Object.entries(starts)) {
  if (wanted !== undefined && !wanted.includes(name)) continue
  // A peer that cannot be had here leaves the others their figures.
  const figures = await withServer(startServer, figuresOf).catch((err) => {
    if (name === 'gatehouse') throw err
    tell(`without ${name}: ${err.message}`)
  })
  if (figures) servers.push(figures)
}
for (const kind of options.floor ? (['http', 'sqlite'] as const) : []) {
  servers.push(await withServer(() => startFloor(kind), figuresOf))
}
// A server of its own: nothing that the cases left behind counts into its peak.
const isWhole =
  options.only === undefined && !options.profile && wanted?.includes('gatehouse') !== false
const large = isWhole ? await withServer(begin, largeOn) : undefined

const at = new Date().toISOString()
const machine = { cores: cpus().length, cpu: cpus()[0]?.model, node: process.version }
const file = `${results}${at.replaceAll(':', '-')}.json`
await writeFile(file, JSON.stringify({ at, machine, seconds, servers, large }, null, 2))
console.log(report(servers, large))
tell(`written to ${file}`)
