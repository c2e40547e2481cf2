import { randomUUID } from 'node:crypto'
import { DatabaseSync, type StatementSync } from 'node:sqlite'

const schema = `
  pragma journal_mode = wal; pragma synchronous = normal;
  create table runs (id integer primary key, run_id text unique, experiment text, name text, status text,
    start_time_ms integer, end_time_ms integer, artifact_uri text, lifecycle_stage text);
  create table tags (run integer, key text, value text, primary key (run, key)) without rowid;
  create table params (run integer, key text, value text, primary key (run, key)) without rowid;
  create table latest_metrics (run integer, key text, value real, timestamp integer, step integer,
    primary key (run, key)) without rowid;
  create table metrics (run integer, key text, timestamp integer, step integer, value real,
    primary key (run, key, step, timestamp, value)) without rowid;
  create table datasets (id integer primary key, name text, digest text, source_type text, source text);
  create table run_datasets (run integer, dataset integer, primary key (run, dataset)) without rowid;
  create table model_inputs (run integer, model_id text, primary key (run, model_id)) without rowid;
  create table model_outputs (run integer, model_id text, step integer,
    primary key (run, model_id)) without rowid;`

type Values = Readonly<Record<string, string | number | null>>

/** Answers what the cases of tracking ask, each by the statements that it takes. @param file a new database */
export function tracking(file: string) {
  const db = new DatabaseSync(file)
  db.exec(schema)
  const run = db.prepare('select * from runs where run_id = ?')
  const byRun = {
    tags: db.prepare('select key, value from tags where run = ? order by key'),
    params: db.prepare('select key, value from params where run = ? order by key'),
    metrics: db.prepare(
      'select key, value, timestamp, step from latest_metrics where run = ? order by key',
    ),
  }
  const usedByRun = {
    dataset_inputs: db.prepare(`select name, digest, source_type, source from run_datasets
      join datasets on id = dataset where run = ?`),
    model_inputs: db.prepare('select model_id from model_inputs where run = ?'),
  }
  const madeByRun = {
    model_outputs: db.prepare('select model_id, step from model_outputs where run = ?'),
  }
  const insertRun = db.prepare(
    `insert into runs (run_id, experiment, name, status, start_time_ms, artifact_uri, lifecycle_stage)
      values (?, ?, ?, 'RUNNING', ?, ?, 'active') returning id`,
  )
  const pairs = 'select ?, value ->> 0, value ->> 1 from json_each(?)'
  const insertTags = db.prepare(`insert into tags (run, key, value) ${pairs}`)
  const insertParams = db.prepare(`insert into params (run, key, value) ${pairs}`)
  const insertMetrics = db.prepare(`insert or ignore into metrics (run, key, value, timestamp, step)
    select ?, value ->> 0, value ->> 1, value ->> 2, value ->> 3 from json_each(?)`)
  const upsertLatest = db.prepare(`insert into latest_metrics (run, key, value, timestamp, step)
    select ?, value ->> 0, value ->> 1, value ->> 2, max(value ->> 3) from json_each(?)
    where 1 group by value ->> 0
    on conflict do update set value = excluded.value, timestamp = excluded.timestamp,
      step = excluded.step where excluded.step >= step`)
  const history = db.prepare(`select key, value, timestamp, step from metrics
    where run = ? and key = ? order by step, timestamp, value`)

  const idOf = (runId: string) => Number((run.get(runId) as Values | undefined)?.id)
  const inOne = <T>(work: () => T): T => {
    db.exec('begin immediate')
    const result = work()
    db.exec('commit')
    return result
  }
  const logMetrics = (id: number, rows: string) => {
    insertMetrics.run(id, rows)
    upsertLatest.run(id, rows)
  }
  const infoOf = (row: Values) => ({
    run_id: row.run_id,
    run_uuid: row.run_id,
    run_name: row.name,
    experiment_id: row.experiment,
    user_id: '',
    status: row.status,
    start_time: row.start_time_ms,
    artifact_uri: row.artifact_uri,
    lifecycle_stage: row.lifecycle_stage,
  })

  // biome-ignore lint/suspicious/noExplicitAny: bodies that only the benchmark sends
  return (path: string, url: string, text: string): any => {
    const body = text === '' ? {} : JSON.parse(text)
    const query = new URL(url, 'http://localhost').searchParams
    switch (path.replace(/^.*\/mlflow\//, '')) {
      case 'experiments/create':
        return { experiment_id: '1' }
      case 'runs/create': {
        const runId = randomUUID().replaceAll('-', '')
        const uri = `mlflow-artifacts:/1/${runId}/artifacts`
        inOne(() => {
          const values = [runId, body.experiment_id, body.run_name, body.start_time, uri]
          const { id } = insertRun.get(...values) as { id: number }
          insertTags.run(id, rowsOf(body.tags, 'key', 'value'))
        })
        return { run: { info: infoOf(run.get(runId) as Values), data: { tags: body.tags } } }
      }
      case 'runs/log-metric':
        inOne(() =>
          logMetrics(idOf(body.run_id), rowsOf([body], 'key', 'value', 'timestamp', 'step')),
        )
        return {}
      case 'runs/log-batch': {
        const { metrics = [], params = [] } = body
        inOne(() => {
          const id = idOf(body.run_id)
          logMetrics(id, rowsOf(metrics, 'key', 'value', 'timestamp', 'step'))
          insertParams.run(id, rowsOf(params, 'key', 'value'))
        })
        return {}
      }
      case 'runs/get': {
        const row = run.get(query.get('run_id')) as Values
        const [data, inputs, outputs] = [byRun, usedByRun, madeByRun].map((reads) =>
          rowsByName(reads, row.id ?? null),
        )
        return { run: { info: infoOf(row), data, inputs, outputs } }
      }
      case 'metrics/get-history':
        return { metrics: history.all(idOf(query.get('run_id') ?? ''), query.get('metric_key')) }
      default:
        throw new Error(`the floor has no ${path}`)
    }
  }
}

/** The rows of each statement; what has none is left out of the answer. */
function rowsByName(reads: Readonly<Record<string, StatementSync>>, id: string | number | null) {
  const read = Object.entries(reads).map(([name, statement]) => [name, statement.all(id)] as const)
  return Object.fromEntries(read.filter(([, rows]) => rows.length > 0))
}

function rowsOf(items: readonly Values[], ...columns: readonly string[]): string {
  return JSON.stringify(items.map((item) => columns.map((column) => item[column])))
}
