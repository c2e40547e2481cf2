import { loadavg } from 'node:os'
import { gzipSync } from 'node:zlib'
import { cpuMsOf } from './process-tree.ts'
import { type BenchServer, startGatehouseWithAuth } from './servers.ts'
import { modelName, prepare, type World } from './world.ts'

const modelCount = 1000
const atOnce = 16
const warmUps = 3
const measured = 30

/** The pages of a server with 10,000 runs and 1,000 models, by what they show. */
function pagesOf({ experimentId, runId, historyRunId }: World): readonly [string, string][] {
  const table = `/experiments/${experimentId}`
  const filter = `q=${encodeURIComponent("params.model = 'm3' AND metrics.accuracy > 0.5")}`
  const model = `/models/${modelName}`
  return [
    ['home', '/'],
    ['models', '/models'],
    ['models by words', '/models?q=model-77'],
    ['a model', model],
    ['a version', `${model}/1`],
    ['two versions', `${model}/compare?v=1,2`],
    ['promotions', '/promotions'],
    ['deployments', '/deployments'],
    ['experiments', '/experiments'],
    ['10,000 runs', table],
    ['runs by a metric', `${table}?${filter}&sort=-m.accuracy`],
    ['a run', `/runs/${runId}`],
    ['charts, 10,000 points', `/runs/${historyRunId}/charts`],
    ['two runs', `/runs/compare?ids=${runId},${historyRunId}`],
    ['datasets', '/datasets'],
    ['find', '/find?q=model-77'],
    ['profile', '/profile'],
  ]
}

async function send(server: BenchServer, path: string, body: object): Promise<void> {
  const res = await fetch(`${server.url}/api/2.0/mlflow/${path}`, {
    method: 'POST',
    headers: { ...server.headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!res.ok) throw new Error(`${path}: ${res.status} ${await res.text()}`)
}

/** Models with a version each, every third of them in Production, and runs that name a dataset. */
async function addModels(server: BenchServer, { source, runId }: World): Promise<void> {
  const dataset = {
    name: 'transactions',
    digest: '9f2c01aa',
    source_type: 's3',
    source: 's3://lake',
  }
  await send(server, 'runs/log-inputs', { run_id: runId, datasets: [{ dataset }] })
  let next = 1
  const writer = async () => {
    for (let i = next++; i < modelCount; i = next++) {
      const name = `model-${i}`
      await send(server, 'registered-models/create', { name })
      await send(server, 'model-versions/create', { name, source, run_id: runId })
      const stage = { version: '1', stage: 'Production', archive_existing_versions: true }
      if (i % 3 === 0) await send(server, 'model-versions/transition-stage', { name, ...stage })
    }
  }
  await Promise.all(Array.from({ length: atOnce }, writer))
}

/** One page after another, as one reader asks for them. */
async function measurePage(server: BenchServer, path: string) {
  const headers = { ...server.headers, accept: 'text/html' }
  let html = ''
  const times: number[] = []
  let cpuBefore = 0
  for (let i = 0; i < warmUps + measured; i++) {
    if (i === warmUps) cpuBefore = cpuMsOf(server.pid)
    const begun = performance.now()
    const res = await fetch(server.url + path, { headers, redirect: 'error' })
    html = await res.text()
    if (!res.ok) throw new Error(`${path}: ${res.status}`)
    if (i >= warmUps) times.push(performance.now() - begun)
  }
  const cpuMs = (cpuMsOf(server.pid) - cpuBefore) / measured
  times.sort((a, b) => a - b)
  const at = (part: number) => times[Math.floor((times.length - 1) * part)] ?? Number.NaN
  return {
    bytes: html.length,
    gzipBytes: gzipSync(html).length,
    cpuMs,
    p50: at(0.5),
    p95: at(0.95),
  }
}

/** Measure the pages of a large server, and print what each takes. */
export async function measurePages(): Promise<void> {
  const server = await startGatehouseWithAuth()
  try {
    const world = await prepare(server)
    await addModels(server, world)
    console.log(`load of the machine: ${loadavg().map((load) => load.toFixed(2))}`)
    console.log(
      '| page | kB | gzip kB | CPU ms | p50 ms | p95 ms |\n| --- | ---: | ---: | ---: | ---: | ---: |',
    )
    for (const [name, path] of pagesOf(world)) {
      const { bytes, gzipBytes, cpuMs, p50, p95 } = await measurePage(server, path)
      const figures = [bytes / 1000, gzipBytes / 1000, cpuMs, p50, p95].map((one) => one.toFixed(1))
      console.log(`| ${name} | ${figures.join(' | ')} |`)
    }
  } finally {
    await server.stop()
  }
}
