import { type SQL, sql } from 'drizzle-orm'
import { commit } from '../../audit/commit.ts'
import { gatehouse } from '../../core/principal.ts'
import { ConstraintError } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import { versionEntry } from '../audit-entries.ts'
import { describeVersion, type ModelDescription } from '../model-files/describe-model.ts'
import { descriptionIn, differenceOf, type Facts, type FactsRevision } from './facts.ts'
import { readTrackedFacts } from './read-tracked.ts'
import {
  factInserts,
  makeFirstFacts,
  type NewFacts,
  newestFactReads,
  revisionsFrom,
} from './store-facts.ts'

/** How often a version's facts are read anew while its run goes on changing. */
const roundsMax = 3
/** The entry in the audit log has the first of the changes; the revision has more of them. */
const entryChangesMax = 20

type StaleRow = {
  id: number
  run_id: string | null
  model_id: string | null
  source: string
  manifest: number | null
}

/**
 * The newest facts of these versions, by `model_versions.id`. Where a run or a logged model was
 * written to since they were read, they are read anew first, and a difference makes a revision. A
 * version that never existed has none.
 */
export async function readFacts(
  ctx: Context,
  versionIds: readonly number[],
): Promise<Map<number, FactsRevision>> {
  const ids = sql`select value from json_each(${JSON.stringify(versionIds)})`
  for (let round = 1; ; round++) {
    const { stale, ...rows } = await ctx.db.batch({
      stale: staleRead(ids),
      ...newestFactReads(ids),
    })
    const newest = revisionsFrom(rows)
    if (stale.length === 0 || round > roundsMax) return newest
    for (const row of stale) await refresh(ctx, row, newest.get(row.id))
  }
}

/** Those of the versions that have no facts, or whose run or logged model was written to since. */
function staleRead(ids: SQL): SQL<StaleRow> {
  const differs = (alias: SQL, stored: SQL) =>
    sql`(${alias}.id is not null and ${alias}.registered_writes is not ${stored})`
  return sql<StaleRow>`select v.id, v.run_id, v.model_id, v.source, v.manifest
    from model_versions v
    left join version_facts f on f.model_version = v.id and f.revision =
      (select max(n.revision) from version_facts n where n.model_version = v.id)
    left join runs r on r.run_id = v.run_id
    left join logged_models l on l.model_id = v.model_id
    where v.id in (${ids}) and (f.revision is null
      or ${differs(sql`r`, sql`f.run_writes`)} or ${differs(sql`l`, sql`f.model_writes`)})`
}

/** Read the facts of a version anew, and write a revision if they differ from the newest one. */
async function refresh(
  ctx: Context,
  row: StaleRow,
  stored: FactsRevision | undefined,
): Promise<void> {
  const { id, run_id: runId, model_id: modelId } = row
  const description = await describe(ctx, row, stored?.facts)
  const built = await readTrackedFacts(
    ctx,
    { runId, modelId },
    { description, stored: stored?.facts },
  )
  const first = await makeFirstFacts(ctx, built)
  if (!stored) return write(ctx, id, first)
  if (first.digest === stored.digest) return noteUnchanged(ctx, stored, first)
  const changes = differenceOf(stored.facts, built.facts)
  await write(ctx, id, { ...first, revision: stored.revision + 1, changes }, stored)
}

/** What the files say never changes. Where none are sealed, the run says it. */
async function describe(
  ctx: Context,
  { run_id: runId, source, manifest: manifestId }: StaleRow,
  stored: Facts | undefined,
): Promise<ModelDescription> {
  if (stored && manifestId !== null) return descriptionIn(stored)
  const described = await describeVersion(ctx, { runId, source, manifestId })
  const isSilent = Object.keys(described).length === 0
  return stored && isSilent ? descriptionIn(stored) : described
}

/** The stored facts hold for what was written since, too. */
async function noteUnchanged(
  ctx: Context,
  { versionId, revision }: FactsRevision,
  { writes, lateMetrics }: NewFacts,
): Promise<void> {
  await ctx.db.all(sql`update version_facts set run_writes = ${writes.run},
      model_writes = ${writes.model}, late_metrics = ${JSON.stringify(lateMetrics)}
    where model_version = ${versionId} and revision = ${revision}`)
}

/** @param before the revision that it follows; undefined: it is the first one */
async function write(
  ctx: Context,
  id: number,
  facts: NewFacts,
  before?: FactsRevision,
): Promise<void> {
  const version = sql`select ${id}`
  try {
    await commit(ctx, {
      ...factInserts(ctx, version, facts),
      entry: before && changedEntry(ctx, version, { before, after: facts }),
    })
  } catch (err) {
    // Another call found the same: its revision stands.
    if (!(err instanceof ConstraintError && err.subject.includes('version_facts'))) throw err
  }
}

function changedEntry(
  ctx: Context,
  version: SQL,
  { before, after }: { readonly before: FactsRevision; readonly after: NewFacts },
): SQL {
  const { revision, digest, changes, lastWrite } = after
  const changed = changes.listed.slice(0, entryChangesMax)
  const more = changes.more + changes.listed.length - changed.length
  return versionEntry({ ...ctx, principal: gatehouse }, version, {
    action: 'model_version.facts_changed',
    before: sql`${JSON.stringify({ revision: before.revision, digest: before.digest })}`,
    after: sql`${JSON.stringify({
      revision,
      digest,
      changed,
      ...(more > 0 && { more }),
      ...(lastWrite && { by: JSON.parse(lastWrite.by), at: lastWrite.atMs }),
    })}`,
  })
}
