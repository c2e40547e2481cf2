import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { type BenchServer, mlflowDatabase } from './servers.ts'

/** What the cases ask for; the same on every server, ids apart. */
export type World = {
  readonly experimentId: string
  /** A run with five metrics, params and tags. */
  readonly runId: string
  /** A run whose metric `loss` has 10,000 points. */
  readonly historyRunId: string
  /** A folder of three small files in the first run. */
  readonly source: string
}

export const modelName = 'bench-model'
/** Versions 1 to 8 exist before the cases begin. */
export const versionsBefore = 8
const runCount = 10_000
const api = '/api/2.0/mlflow/'

/** POST to `server`, for preparing: anything but 2xx ends the benchmark. */
async function post(
  server: BenchServer,
  path: string,
  body: object,
  // biome-ignore lint/suspicious/noExplicitAny: answers of an API that this file knows
): Promise<any> {
  const res = await fetch(`${server.url}${api}${path}`, {
    method: 'POST',
    headers: { ...server.headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const text = await res.text()
  if (!res.ok) throw new Error(`${server.name}: POST ${path}: ${res.status} ${text}`)
  return text.startsWith('{') ? JSON.parse(text) : undefined
}

/** Fill a server that has just started. */
export async function prepare(server: BenchServer): Promise<World> {
  const { experiment_id: experimentId } = await post(server, 'experiments/create', {
    name: 'bench',
  })
  const runId = await createRun(server, experimentId, 0)
  const historyRunId = await createRun(server, experimentId, 1)
  for (let batch = 0; batch < 10; batch += 1) {
    const metrics = Array.from({ length: 1000 }, (_, i) => ({
      key: 'history',
      value: Math.sin(i),
      timestamp: 1_700_000_000_000 + batch * 1000 + i,
      step: batch * 1000 + i,
    }))
    await post(server, 'runs/log-batch', { run_id: historyRunId, metrics })
  }
  const source = server.serves.includes('registry')
    ? await prepareRegistry(server, experimentId, runId)
    : ''
  if (server.serves.includes('search')) {
    if (server.name === 'MLflow') copyRuns(mlflowDatabase(server.folder), runId)
    else await createRuns(server, experimentId)
  }
  return { experimentId, runId, historyRunId, source }
}

/** A model with versions of one run. @returns where their files are */
async function prepareRegistry(
  server: BenchServer,
  experimentId: string,
  runId: string,
): Promise<string> {
  const folder = `${experimentId}/${runId}/artifacts/model`
  for (const name of ['MLmodel', 'model.pkl', 'requirements.txt']) {
    const path = `${server.url}/api/2.0/mlflow-artifacts/artifacts/${folder}/${name}`
    const res = await fetch(path, {
      method: 'PUT',
      headers: server.headers,
      body: `${name} `.repeat(100),
    })
    if (!res.ok) throw new Error(`${server.name}: PUT ${path}: ${res.status}`)
  }
  const source = `mlflow-artifacts:/${folder}`
  await post(server, 'registered-models/create', { name: modelName })
  for (let i = 0; i < versionsBefore; i += 1) {
    await post(server, 'model-versions/create', { name: modelName, source, run_id: runId })
  }
  await post(server, 'registered-models/alias', {
    name: modelName,
    alias: 'champion',
    version: '1',
  })
  await post(server, 'model-versions/transition-stage', {
    name: modelName,
    version: '1',
    stage: 'Production',
    archive_existing_versions: true,
  })
  return source
}

/** One of the 10,000 runs; `i` decides all its values. */
async function createRun(server: BenchServer, experimentId: string, i: number): Promise<string> {
  const { run } = await post(server, 'runs/create', {
    experiment_id: experimentId,
    run_name: `run-${i}`,
    start_time: startTimeMs(i),
    tags: ['a', 'b', 'c'].map((key) => ({ key, value: `tag ${key}` })),
  })
  await post(server, 'runs/log-batch', {
    run_id: run.info.run_id,
    metrics: metricKeys.map((key, m) => ({ key, value: value(i, m), timestamp: 1, step: 1 })),
    params: paramKeys.map((key) => ({ key, value: paramValue(i) })),
  })
  return run.info.run_id
}

const metricKeys = ['loss', 'accuracy', 'f1', 'precision', 'recall']
const paramKeys = ['model', 'depth', 'rate', 'seed', 'folds']
const startTimeMs = (i: number) => 1_700_000_000_000 + i * 1000
const value = (i: number, m: number) => ((i * 7919 + m * 104_729) % 10_007) / 10_007
const paramValue = (i: number) => `m${i % 10}`

async function createRuns(server: BenchServer, experimentId: string): Promise<void> {
  let next = 2
  const writer = async () => {
    while (next < runCount) await createRun(server, experimentId, next++)
  }
  await Promise.all(Array.from({ length: 16 }, writer))
}

/**
 * The same runs for MLflow, whose REST API would take ten minutes for them: the rows that its
 * server wrote for the first run, copied with other ids, times and values.
 */
function copyRuns(path: string, template: string): void {
  const db = new DatabaseSync(path, { timeout: 30_000 })
  db.exec('begin immediate')
  for (const table of ['runs', 'metrics', 'latest_metrics', 'params', 'tags']) {
    const rows = db.prepare(`select * from ${table} where run_uuid = ?`).all(template)
    const columns = Object.keys(rows[0] ?? {})
    const insert = db.prepare(
      `insert into ${table} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`,
    )
    for (let i = 2; i < runCount; i += 1) {
      const runId = i.toString(16).padStart(32, '0')
      for (const row of rows) {
        const copy = { ...row, ...changed(table, row, i), run_uuid: runId }
        if ('artifact_uri' in copy) {
          copy.artifact_uri = String(copy.artifact_uri).replace(template, runId)
        }
        insert.run(...Object.values(copy))
      }
    }
  }
  db.exec('commit')
  db.close()
}

type SqlRow = Record<string, SQLInputValue>

/** What differs between the rows of the first run and those of run `i`. */
function changed(table: string, row: SqlRow, i: number): SqlRow {
  switch (table) {
    case 'runs':
      return { name: `run-${i}`, start_time: startTimeMs(i) }
    case 'metrics':
    case 'latest_metrics':
      return { value: value(i, metricKeys.indexOf(String(row.key))) }
    case 'params':
      return { value: paramValue(i) }
    default:
      return row.key === 'mlflow.runName' ? { value: `run-${i}` } : {}
  }
}
