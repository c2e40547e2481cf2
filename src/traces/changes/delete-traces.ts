import { type SQL, sql } from 'drizzle-orm'
import { removeBelowEachStatement } from '../../artifacts/collect.ts'
import { type FolderRange, folderRangeOf, storePathOf } from '../../artifacts/path.ts'
import { commit, entryStatement } from '../../audit/commit.ts'
import { excerpt, invalid, RegistryError } from '../../core/error.ts'
import type { Int64 } from '../../core/int64.ts'
import { letOthersRun } from '../../core/rounds.ts'
import { int64Param } from '../../db/sql.ts'
import type { Context, Platform } from '../../platform/context.ts'
import { artifactUriColumn } from '../../tracking/experiments/artifact-location.ts'
import type { IsHeld } from '../ingest/merge-metadata.ts'

/** Which traces of an experiment are to go: those named, or the oldest up to a time. */
export type TraceDeletion = {
  readonly experimentId: number
  readonly traceIds: readonly string[]
  /** The latest time at which one began. */
  readonly upToMs?: Int64 | undefined
  /** The most that go by time. */
  readonly tracesMax?: Int64 | undefined
}

const perRound = 500
const idsMax = 1000
/** Spans of a trace that was deleted so long ago are no longer on their way. */
const memoryMs = 7 * 24 * 3_600_000

/**
 * Delete traces for good, with their spans, assessments, links and files. Spans of them that arrive in
 * the next days are dropped. By time those stay that are held.
 *
 * @returns how many there were
 * @throws INVALID_PARAMETER_VALUE neither ids nor a time, or both
 * @throws PERMISSION_DENIED one of those named is held; none is deleted
 */
export async function deleteTraces(
  ctx: Context,
  deletion: TraceDeletion,
  isHeld: IsHeld,
): Promise<number> {
  checkDeletion(deletion)
  return deletion.upToMs === undefined
    ? deleteNamed(ctx, deletion, isHeld)
    : deleteUpTo(ctx, { ...deletion, upToMs: deletion.upToMs }, isHeld)
}

async function deleteNamed(
  ctx: Context,
  { experimentId, traceIds }: TraceDeletion,
  isHeld: IsHeld,
): Promise<number> {
  const named = sql`json_each(${JSON.stringify(traceIds)}) w
    cross join traces x on x.workspace = ${ctx.workspace} and x.trace_id = w.value
      and x.experiment = ${experimentId}`
  const held = sql<{ trace_id: string }>`select x.trace_id from ${named} where ${isHeld(sql`x`)}`
  const count = await deleteRound(ctx, {
    experimentId,
    which: sql`select x.id from ${named}`,
    guard: sql`not exists (${held})`,
    isRecorded: true,
  })
  const kept =
    count > 0 ? undefined : await ctx.db.first(sql<{ trace_id: string }>`${held} limit 1`)
  if (!kept) return count
  throw new RegistryError(
    'PERMISSION_DENIED',
    `Trace '${excerpt(kept.trace_id)}' is of a model version under a legal hold and cannot be deleted before that is lifted; name others alone`,
  )
}

async function deleteUpTo(
  ctx: Context,
  { experimentId, upToMs, tracesMax }: TraceDeletion & { readonly upToMs: Int64 },
  isHeld: IsHeld,
): Promise<number> {
  let left = Number(tracesMax ?? Number.POSITIVE_INFINITY)
  let count = 0
  while (left > 0) {
    const most = Math.min(left, perRound)
    const guard = sql`t.request_time_ms <= ${int64Param(upToMs)} and not ${isHeld(sql`t`)}`
    const gone = await deleteRound(ctx, {
      experimentId,
      guard,
      isRecorded: true,
      which: sql`select t.id from traces t join experiments e on e.id = t.experiment
        where t.experiment = ${experimentId} and e.workspace = ${ctx.workspace} and ${guard}
        order by t.request_time_ms, t.trace_id limit ${most}`,
    })
    count += gone
    if (gone < most) break
    left -= gone
    await letOthersRun()
  }
  return count
}

function checkDeletion({ traceIds, upToMs, tracesMax }: TraceDeletion): void {
  const hasIds = traceIds.length > 0
  if (!hasIds && upToMs === undefined) {
    throw invalid('Either `max_timestamp_millis` or `trace_ids` must be specified.')
  }
  if (hasIds && upToMs !== undefined) {
    throw invalid('Only one of `max_timestamp_millis` and `trace_ids` can be specified.')
  }
  if (hasIds && tracesMax !== undefined) {
    throw invalid("`max_traces` can't be specified if `trace_ids` is specified.")
  }
  if (tracesMax !== undefined && tracesMax < 1) {
    throw invalid(`\`max_traces\` must be a positive integer, received ${tracesMax}.`)
  }
  if (traceIds.length > idsMax) {
    throw invalid(
      `At most ${idsMax} traces are deleted by id at once, and these are ${traceIds.length}`,
    )
  }
}

type GoingRow = { readonly id: number; readonly trace_id: string; readonly artifact_uri: string }

type DeletionRound = {
  readonly experimentId: number
  /** A select of `traces.id`, of some hundreds. */
  readonly which: SQL
  /** What must still hold of a trace `t` when it is deleted. */
  readonly guard?: SQL
  /** Whether the audit log tells of it: somebody asked for it, and no rule that is on record. */
  readonly isRecorded?: boolean
}

/** So many ids stand in an entry. */
const recordedMax = 100

/** Delete some traces with all that belongs to them. @returns how many */
export async function deleteRound(
  ctx: Context,
  { experimentId, which, guard = sql`1`, isRecorded = false }: DeletionRound,
): Promise<number> {
  const rows = await ctx.db.all(sql<GoingRow>`select t.id, t.trace_id,
      ${artifactUriColumn(ctx, sql`'/traces/' || t.trace_id || '/artifacts'`)} as artifact_uri
    from traces t join experiments on experiments.id = t.experiment where t.id in (${which})`)
  if (rows.length === 0) return 0
  const ids = JSON.stringify(rows.map(({ trace_id }) => trace_id))
  const now = ctx.now()
  // One that was made again in another experiment is not that which the caller may delete.
  const own = sql`t.workspace = ${ctx.workspace} and t.experiment = ${experimentId} and ${guard}`
  const going = sql`select t.trace_id from traces t where ${own}
    and t.trace_id in (select value from json_each(${ids}))`
  const statements = {
    entry: isRecorded ? deletionEntry(ctx, experimentId, going) : undefined,
    files: removeBelowEachStatement(
      ctx.workspace,
      rows.flatMap(({ artifact_uri, trace_id: key }) =>
        folderOf(ctx, artifact_uri).map((range) => ({ ...range, key })),
      ),
      (key) => sql`exists (select 1 from traces t where ${own} and t.trace_id = ${key})`,
    ),
    noted: sql`insert into deleted_traces (workspace, trace_id, deleted_at_ms)
      select ${ctx.workspace}, value, ${now} from json_each(${ids})
      where exists (select 1 from traces t where ${own} and t.trace_id = value)
      on conflict (workspace, trace_id) do update set deleted_at_ms = excluded.deleted_at_ms`,
    deleted: sql<{ id: number }>`delete from traces as t where ${own}
      and t.trace_id in (select value from json_each(${ids})) returning id`,
  }
  const { deleted } = await (isRecorded ? commit(ctx, statements) : ctx.db.batch(statements))
  return deleted.length
}

/** @param going a select of the `trace_id` of each trace that goes */
function deletionEntry(ctx: Context, experimentId: number, going: SQL): SQL {
  return entryStatement(ctx, {
    action: 'traces.deleted',
    from: sql`(select count(*) as n from (${going})) d where d.n > 0`,
    before: sql`json_object('experiment', ${String(experimentId)}, 'count', d.n, 'traces',
      (select json_group_array(trace_id) from (${going} order by t.trace_id limit ${recordedMax})))`,
  })
}

/**
 * Delete the traces of an experiment that goes for good, while it is deleted, but for those that are held;
 * its files go with its folder.
 */
export async function purgeTraces(
  { db }: Pick<Platform, 'db'>,
  experimentId: number,
  isHeld: IsHeld,
): Promise<void> {
  for (;;) {
    const gone = await db.all(sql`delete from traces
      where id in (select x.id from traces x where x.experiment = ${experimentId} and not ${isHeld(sql`x`)} and exists
        (select 1 from experiments e where e.id = x.experiment and e.lifecycle_stage = 'deleted')
        limit ${perRound})
      returning id`)
    if (gone.length < perRound) return
    await letOthersRun()
  }
}

/** Of the files of a trace; nothing where they are in no store of ours. */
function folderOf(ctx: Context, artifactUri: string): readonly FolderRange[] {
  const path = storePathOf(artifactUri, ctx.workspace)
  return path === undefined ? [] : [folderRangeOf(path)]
}

/** Forget traces that were deleted long ago. */
export async function sweepDeletedTraces({ db, now }: Platform): Promise<void> {
  const isOld = sql`deleted_at_ms < ${now() - memoryMs}`
  const old = await db.first(sql`select 1 from deleted_traces where ${isOld} limit 1`)
  if (old) await db.all(sql`delete from deleted_traces where ${isOld}`)
}
