import { type SQL, sql } from 'drizzle-orm'
import { type Collector, removeBelowStatement } from '../artifacts/collect.ts'
import { folderRangeOf, storePathOf } from '../artifacts/path.ts'

export type Purged = {
  readonly runs: number
  readonly loggedModels: number
  readonly experiments: number
}

/** Conditions in SQL under which a row, given by its alias, may go: the registry knows what it needs. */
export type Purgeable = {
  run(alias: SQL): SQL
  loggedModel(alias: SQL): SQL
}

/** Delete for good, in rounds, what a deleted experiment has besides. */
export type EmptyExperiment = (id: number) => Promise<void>

/** How that is done, and whether nothing is left that must be kept: a condition on a row by its alias. */
export type Emptying = {
  readonly emptyExperiment: EmptyExperiment
  readonly isEmpty: (alias: SQL) => SQL
  /** Whether something of it may go: what is kept whole takes no other's place among the most that are looked at. */
  readonly mayEmpty: (alias: SQL) => SQL
}

const perRound = 200

/** What goes: what was deleted before a time, and of each kind the most at once. */
export type PurgeBound = { readonly beforeMs: number; readonly most?: number }

/** A deleted thing that has its own folder of artifacts: `name` is a segment of that folder's path. */
type DeletedRow = { id: number; name: string; workspace: string; artifact_uri: string | null }

/**
 * Delete for good the runs, logged models and experiments that were deleted before `beforeMs`, with
 * their paths in the artifact store; an experiment takes all its runs and logged models along.
 * Versions made from them keep their files. The Default experiment stays, and so does an experiment
 * that has a run, logged model or trace which must be kept, or for which it was not time yet.
 */
export async function purgeDeleted(
  collector: Collector,
  { beforeMs, most = Number.POSITIVE_INFINITY }: PurgeBound,
  { emptyExperiment, isEmpty, mayEmpty, ...purgeable }: Purgeable & Emptying,
): Promise<Purged> {
  const gone = sql`e.lifecycle_stage = 'deleted' and e.updated_at_ms <= ${beforeMs} and e.id <> 0`
  const own = sql`t.lifecycle_stage = 'deleted' and t.deleted_at_ms <= ${beforeMs}`
  const children = (table: SQL, name: SQL, allowed: SQL) => ({
    table,
    guard: sql`((${own}) or exists (
      select 1 from experiments e where e.id = t.experiment and ${gone})) and ${allowed}`,
    columns: sql`t.id, ${name} as name, t.artifact_uri,
      (select workspace from experiments where id = t.experiment) as workspace`,
  })
  // Else a row that goes would take all of them along in one statement.
  const childless = (table: SQL, allowed: SQL) =>
    sql`not exists (select 1 from ${table} c where c.experiment = t.id
      and ${collector.dryRun ? sql`not (${allowed})` : sql`1`})`
  const runs = await purge(collector, {
    most,
    ...children(sql`runs`, sql`t.run_id`, purgeable.run(sql`t`)),
    takesAlong: unusedDatasetsStatement,
  })
  const loggedModels = await purge(collector, {
    most,
    ...children(sql`logged_models`, sql`t.model_id`, purgeable.loggedModel(sql`t`)),
  })
  const experiments = await purge(collector, {
    most,
    table: sql`experiments`,
    guard: sql`t.lifecycle_stage = 'deleted' and t.updated_at_ms <= ${beforeMs} and t.id <> 0
      and ${childless(sql`runs`, purgeable.run(sql`c`))}
      and ${childless(sql`logged_models`, purgeable.loggedModel(sql`c`))}`,
    columns: sql`t.id, cast(t.id as text) as name, t.workspace, t.artifact_location as artifact_uri`,
    empty: emptyExperiment,
    once: isEmpty(sql`t`),
    worth: sql`(${isEmpty(sql`t`)} or ${mayEmpty(sql`t`)})`,
  })
  return { runs, loggedModels, experiments }
}

type Purge = {
  /** So many rows are looked at. */
  readonly most: number
  readonly table: SQL
  readonly guard: SQL
  readonly columns: SQL
  /** The statement that deletes what no other row needs. @param still a select of the row's id */
  readonly takesAlong?: (still: SQL) => SQL
  /** What is too much for one statement goes first. */
  readonly empty?: EmptyExperiment
  /** What must hold besides the guard once that is gone. */
  readonly once?: SQL
  /** Of which rows something may go. */
  readonly worth?: SQL
}

/** A dataset goes with the last run that used it. @param run a select of its id */
function unusedDatasetsStatement(run: SQL): SQL {
  return sql`delete from datasets where id in (select dataset from run_datasets where run in (${run}))
    and not exists (select 1 from run_datasets used
      where used.dataset = datasets.id and used.run not in (${run}))`
}

/** The guard stands in every statement, so what is restored between reading and deleting stays whole. */
async function purge(
  { db, dryRun }: Collector,
  { most, table, guard, columns, takesAlong, empty, once = sql`1`, worth = sql`1` }: Purge,
): Promise<number> {
  let count = 0
  let after = -1
  for (let left = most; left > 0; ) {
    const limit = Math.min(left, perRound)
    const rows = await db.all(sql<DeletedRow>`
      select ${columns} from ${table} t where t.id > ${after} and ${guard} and ${worth} order by t.id limit ${limit}`)
    left -= rows.length
    for (const row of rows) {
      const still = sql`select t.id from ${table} t where t.id = ${row.id} and ${guard}`
      if (dryRun) {
        count += 1
        continue
      }
      if (empty && (await db.first(still))) await empty(row.id)
      const now = sql`${still} and ${once}`
      const { gone } = await db.batch({
        folder: removeFolderStatement(row, sql`exists (${now})`),
        along: takesAlong?.(now),
        gone: sql<{ id: number }>`delete from ${table} where id in (${now}) returning id`,
      })
      count += gone.length
    }
    const last = rows.at(-1)
    if (!last || rows.length < limit) break
    after = last.id
  }
  return count
}

/**
 * Undefined where the folder may hold files of other things too, as an experiment's location may
 * that was given by hand.
 */
function removeFolderStatement(row: DeletedRow, guard: SQL): SQL | undefined {
  const path = row.artifact_uri === null ? undefined : storePathOf(row.artifact_uri, row.workspace)
  if (path === undefined || !path.split('/').includes(row.name)) return undefined
  const isExperiment = /^\d+$/.test(row.name)
  if (isExperiment && !path.endsWith(`/${row.name}`) && path !== row.name) return undefined
  const { start, end } = folderRangeOf(path)
  return removeBelowStatement(row.workspace, { start, end }, guard)
}
