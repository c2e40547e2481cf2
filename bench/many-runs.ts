/** Searches among very many runs of one experiment. These are written as rows: requests for a million would take an hour. */
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { LibsqlFile } from '../src/platform/node/libsql/libsql-file.ts'
import { cpuMsOf } from './process-tree.ts'
import { type BenchServer, startGatehouse } from './servers.ts'

const runsPerBatch = 50_000
/** Of each search; the first is not counted. */
const timesMeasured = 3

const searches: Readonly<Record<string, object>> = {
  'newest 100': {},
  'by a name, the oldest first': {
    filter: "attributes.run_name = 'run-500'",
    order_by: ['attributes.start_time ASC'],
  },
  'ordered by a metric': { order_by: ['metrics.loss ASC'] },
  'filtered by a param and a metric, ordered by a metric': {
    filter: "params.model = 'm3' and metrics.loss < 0.001",
    order_by: ['metrics.loss ASC'],
  },
  'the newest, deleted ones too': { run_view_type: 'ALL' },
  'ended last': { order_by: ['attributes.end_time DESC'] },
  'ordered by name, of two experiments': {
    experiment_ids: ['0', '1'],
    order_by: ['attributes.run_name ASC'],
  },
  'ordered by a metric, of two experiments': {
    experiment_ids: ['0', '1'],
    order_by: ['metrics.loss ASC'],
  },
  'ordered by a param': { order_by: ['params.model ASC'] },
}

/** Print the time of a processor that each search takes. @param count how many runs there are */
export async function measureManyRuns(count: number): Promise<void> {
  const server = await startGatehouse()
  try {
    const bytes = await fill(server, count)
    console.log(`${count} runs of two metrics and two params, ${Math.round(bytes / 1e6)} MB`)
    console.log('search | CPU ms | runs found')
    for (const [name, search] of Object.entries(searches)) {
      let found = await ask(server, search)
      const before = cpuMsOf(server.pid)
      for (let time = 0; time < timesMeasured; time += 1) found = await ask(server, search)
      const cpuMs = (cpuMsOf(server.pid) - before) / timesMeasured
      console.log([name, cpuMs.toFixed(0), found].join(' | '))
    }
  } finally {
    await server.stop()
  }
}

/** @returns the size of the database */
async function fill(server: BenchServer, count: number): Promise<number> {
  const db = new LibsqlFile(join(server.folder, 'gatehouse.db'))
  try {
    for (let from = 1; from <= count; from += runsPerBatch) {
      await fillRuns(db, { from, to: Math.min(count, from + runsPerBatch - 1) })
    }
    const size = await db.first(sql<{ bytes: number }>`select page_count * page_size as bytes
      from pragma_page_count, pragma_page_size`)
    return size?.bytes ?? 0
  } finally {
    await db.close()
  }
}

function fillRuns(db: LibsqlFile, { from, to }: { readonly from: number; readonly to: number }) {
  const numbers = sql`with recursive n (i) as (select cast(${from} as integer) union all select i + 1 from n where i < ${to})`
  const value = sql`((n.i * 7919 + m.at * 104729) % 10007) / 10007.0`
  return db.batch({
    runs: sql`${numbers} insert into runs (id, run_id, experiment, name, user_id, status, start_time_ms,
        end_time_ms, artifact_uri, lifecycle_stage)
      select i, printf('%032x', i * 2654435761), 0, 'run-' || i, 'bench', 'FINISHED',
        1700000000000 + i * 1000, 1700000000000 + i * 1000 + i % 7919 * 500, 'mlflow-artifacts:/0/' || i, 'active' from n`,
    metrics: sql`${numbers} insert into latest_metrics (run, key, value, is_nan, step, timestamp_ms)
      select n.i, m.key, ${value}, 0, 1, 1 from n
      cross join (select 0 as at, 'loss' as key union all select 1, 'accuracy') m`,
    params: sql`${numbers} insert into params (run, key, value)
      select n.i, p.key, 'm' || (n.i % 10) from n cross join (select 'model' as key union all select 'depth') p`,
    // As the background does ten minutes after they have ended.
    ranked: sql`update runs set unranked_at_ms = null where id between ${from} and ${to}`,
  })
}

async function ask({ url, headers }: BenchServer, search: object): Promise<number> {
  const res = await fetch(`${url}/api/2.0/mlflow/runs/search`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ experiment_ids: ['0'], max_results: 100, ...search }),
  })
  if (!res.ok) throw new Error(`a search answered ${res.status}: ${await res.text()}`)
  const { runs = [] } = (await res.json()) as { runs?: unknown[] }
  return runs.length
}
