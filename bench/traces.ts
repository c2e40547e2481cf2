/** `npm run bench -- --traces`: logging traces and looking for them, beside `mlflow server`. See README.md here. */
import { readdir, stat } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import Libsql from 'libsql'
import { fillFolded } from './fill-traces.ts'
import { type Call, measure } from './load.ts'
import { infoRequest, spansPerRequest, spansPerTrace, spansRequest, wordOf } from './otlp.ts'
import { cpuMsOf } from './process-tree.ts'
import { type BenchServer, mlflowDatabase, startGatehouse, startMlflow } from './servers.ts'

/** As many as are bearable: MLflow's search grows with their square. */
const counts = { Gatehouse: 100_000, MLflow: 1500 }
/** As many are sent; those beyond are put where they would be. */
const sentMax = 5000
const requestsPerTrace = spansPerTrace / spansPerRequest + 1
const searchesEach = 5
const pageSize = 500

type World = { readonly server: BenchServer; readonly experiment: string; readonly traces: number }

/** Both servers in turn. @param quick a tenth of the traces */
export async function measureTraces(quick: boolean, only: string | undefined): Promise<void> {
  console.log(`load ${loadavg()[0]?.toFixed(1)}`)
  for (const begin of [startGatehouse, startMlflow]) {
    const isOurs = begin === startGatehouse
    if (only !== undefined && (only === 'gatehouse') !== isOurs) continue
    const server = await begin()
    try {
      const most = isOurs ? counts.Gatehouse : counts.MLflow
      await measureServer(server, quick ? most / 10 : most)
    } finally {
      await server.stop()
    }
  }
}

async function measureServer(started: BenchServer, traces: number): Promise<void> {
  const experiment = await createExperiment(started)
  const headers = { ...started.headers, 'x-mlflow-experiment-id': experiment }
  const world = { server: { ...started, headers }, experiment, traces }
  const isOurs = started.name === 'Gatehouse'
  await measureIngestion(world)
  const sent = Math.min(traces, sentMax)
  await fill({ ...world, traces: sent })
  if (isOurs) {
    await foldAll({ ...world, traces: sent })
    await fillFolded({ folder: started.folder, experiment, like: 0, from: sent, to: traces })
  }
  await measureSearches(world)
  await measurePaging(world)
  if (isOurs) await measureGate(world)
  const sizes = isOurs
    ? await ourBytes(world)
    : { database: (await stat(mlflowDatabase(started.folder))).size, packs: 0 }
  tell(world, 'bytes a trace in the database', sizes.database / traces)
  tell(world, 'bytes a trace in packs', sizes.packs / traces)
}

function tell({ server, traces }: World, what: string, figure: number): void {
  console.log(`${server.name}, ${traces} traces | ${what} | ${figure.toFixed(2)}`)
}

async function post({ server }: World, path: string, body: string | Uint8Array) {
  const type = typeof body === 'string' ? 'application/json' : 'application/x-protobuf'
  const res = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { ...server.headers, 'content-type': type },
    body: body as BodyInit,
  })
  const text = await res.text()
  if (!res.ok) throw new Error(`${path}: ${res.status} ${text}`)
  return text
}

async function createExperiment(server: BenchServer): Promise<string> {
  const world = { server, experiment: '', traces: 0 }
  const made = await post(world, '/api/2.0/mlflow/experiments/create', '{"name": "traces"}')
  return JSON.parse(made).experiment_id
}

/** Traces of the measurement lie before those that searches walk. */
const measuredFrom = 10_000_000

/** Four requests of five spans and one info a trace, on 16 connections. */
async function measureIngestion(world: World): Promise<void> {
  const callOf = (i: number): Call => {
    const trace = measuredFrom + Math.floor(i / requestsPerTrace)
    const part = i % requestsPerTrace
    if (part === requestsPerTrace - 1) {
      const body = infoRequest(trace, world.experiment)
      return { method: 'POST', path: '/api/3.0/mlflow/traces', body }
    }
    const from = part * spansPerRequest
    const body = spansRequest([trace], from, from + spansPerRequest)
    return { method: 'POST', path: '/v1/traces', body }
  }
  const { cpuMsPerRequest, failures } = await measure(world.server, callOf, {
    ...{ warmUp: 3, measured: 10 },
  })
  tell(world, 'CPU ms to log a trace of 20 spans', cpuMsPerRequest * requestsPerTrace)
  tell(world, 'traces logged a CPU second', 1000 / (cpuMsPerRequest * requestsPerTrace))
  tell(world, 'failed requests meanwhile', failures)
  const most = 9e15
  await post(
    world,
    '/api/2.0/mlflow/traces/delete-traces',
    JSON.stringify({ experiment_id: world.experiment, max_timestamp_millis: most }),
  )
}

/** By the same requests, with many traces in each. */
async function fill(world: World): Promise<void> {
  const perRequest = 100
  for (let at = 0; at < world.traces; at += perRequest) {
    const some = Array.from({ length: Math.min(perRequest, world.traces - at) }, (_, i) => at + i)
    await post(world, '/v1/traces', spansRequest(some))
    for (const trace of some) {
      await post(world, '/api/3.0/mlflow/traces', infoRequest(trace, world.experiment))
    }
  }
}

/** As an hour later: all are quiet, and the server folds them. */
async function foldAll(world: World): Promise<void> {
  const db = new Libsql(join(world.server.folder, 'gatehouse.db'), { timeout: 60_000 })
  const before = cpuMsOf(world.server.pid)
  db.exec('update traces set touched_at_ms = touched_at_ms - 3600000')
  db.exec('update trace_folding set next_at_ms = 0')
  const unfolded = db.prepare('select 1 from trace_payloads limit 1')
  while (unfolded.get()) await wait(200)
  db.close()
  tell(world, 'CPU ms to fold a trace', (cpuMsOf(world.server.pid) - before) / world.traces)
}

type Page = { readonly traces: number; readonly token: string | undefined }

async function search(world: World, body: object): Promise<Page> {
  const text = await post(
    world,
    '/api/3.0/mlflow/traces/search',
    JSON.stringify({
      locations: [
        { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: world.experiment } },
      ],
      ...body,
    }),
  )
  const { traces = [], next_page_token } = JSON.parse(text)
  return { traces: traces.length, token: next_page_token || undefined }
}

/** CPU time of all answers until there is no token, and of one. */
async function measureSearches(world: World): Promise<void> {
  const some = Math.floor(Math.min(world.traces, sentMax) / 2)
  const filters = {
    'the newest 100': '',
    'by a tag': "tags.team = 'team 3'",
    'by a session': "metadata.`mlflow.trace.session` = 'session 7'",
    'by name and type of a span': "span.name = 'step 3' AND span.type = 'LLM'",
    'by a span that is nowhere': "span.name = 'nowhere'",
    'by a text of one trace': `trace.text LIKE '% no. ${some}.%'`,
    'by a rare word in any case': `trace.text ILIKE '%${wordOf(some).toUpperCase()}%'`,
    'by a text of no trace': "trace.text LIKE '%persimmon%'",
    'by an attribute of one trace': `span.attributes.mlflow.spanOutputs LIKE '%no. ${some}.'`,
    'by a word of all traces': "trace.text ILIKE '%AUTUMN%'",
  }
  for (const [name, filter] of Object.entries(filters)) {
    const isRare = /one trace|no trace|rare|nowhere|session/.test(name)
    const times = isRare && world.server.name === 'MLflow' ? 1 : searchesEach
    const before = cpuMsOf(world.server.pid)
    let [answers, found] = [0, 0]
    for (let i = 0; i < times; i++) {
      let token: string | undefined
      do {
        const page: Page = await search(world, { filter, max_results: 100, page_token: token })
        answers += 1
        found += page.traces
        token = isRare ? page.token : undefined
      } while (token)
    }
    const cpuMs = cpuMsOf(world.server.pid) - before
    tell(
      world,
      `CPU ms to search ${name} (${found / times} found, ${answers / times} answers)`,
      cpuMs / times,
    )
  }
}

/** Whether later pages cost what the first ones do. */
async function measurePaging(world: World): Promise<void> {
  const cpu: number[] = []
  let token: string | undefined
  do {
    const before = cpuMsOf(world.server.pid)
    token = (await search(world, { max_results: pageSize, page_token: token })).token
    cpu.push(cpuMsOf(world.server.pid) - before)
  } while (token)
  const part = Math.max(1, Math.floor(cpu.length / 10))
  const mean = (some: readonly number[]) => some.reduce((sum, ms) => sum + ms, 0) / some.length
  tell(world, `CPU ms a page of ${pageSize}, the first ${part}`, mean(cpu.slice(0, part)))
  tell(world, `CPU ms a page of ${pageSize}, the last ${part}`, mean(cpu.slice(-part)))
}

/** What a gate on the traces of a version takes where all of them are the version's: a merge asks twice. */
async function measureGate(world: World): Promise<void> {
  const api = '/api/2.0/mlflow'
  const { experiment: experiment_id, server } = world
  const made = await post(world, `${api}/runs/create`, JSON.stringify({ experiment_id }))
  const run_id: string = JSON.parse(made).run.info.run_id
  const name = 'judged'
  await post(world, `${api}/registered-models/create`, JSON.stringify({ name }))
  const version = { name, source: 's3://none/m', run_id }
  await post(world, `${api}/model-versions/create`, JSON.stringify(version))
  const db = new Libsql(join(server.folder, 'gatehouse.db'), { timeout: 60_000 })
  db.prepare(`update traces set metadata = json_set(metadata, '$."mlflow.sourceRun"', ?)`).run(
    run_id,
  )
  db.exec(`update traces set request_time_ms = ${Date.now()} - id`)
  db.close()
  const gate = { name: 'behaves', type: 'traces', window_hours: 24, min_count: world.traces }
  const limits = { max_error_rate: 1, max_latency_ms: { p95: 1e9 } }
  const policy = {
    applies_to: { models: '*', stage: 'Production' },
    gates: [{ ...gate, ...limits }],
  }
  const asked = { model: name, version: '1', to: { stage: 'Production' }, policy }
  const before = cpuMsOf(server.pid)
  for (let i = 0; i < searchesEach; i++) {
    const { gates } = JSON.parse(
      await post(world, '/api/v1/policies/evaluate', JSON.stringify(asked)),
    )
    if (gates[0].status !== 'passed') throw new Error(`the gate saw not all: ${gates[0].detail}`)
  }
  tell(world, 'CPU ms to judge a gate on them', (cpuMsOf(server.pid) - before) / searchesEach)
}

async function ourBytes({ server }: World) {
  const db = new Libsql(join(server.folder, 'gatehouse.db'))
  const row: unknown = db
    .prepare(
      `select (page_count - freelist_count) * page_size as bytes
       from pragma_page_count(), pragma_page_size(), pragma_freelist_count()`,
    )
    .get()
  db.close()
  const folder = join(server.folder, 'artifacts', 'traces')
  const names = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = names.filter((entry) => entry.isFile())
  const sizes = await Promise.all(files.map((file) => stat(join(file.parentPath, file.name))))
  return {
    database: isSized(row) ? row.bytes : Number.NaN,
    packs: sizes.reduce((sum, { size }) => sum + size, 0),
  }
}

function isSized(row: unknown): row is { readonly bytes: number } {
  return typeof row === 'object' && row !== null && 'bytes' in row && typeof row.bytes === 'number'
}
