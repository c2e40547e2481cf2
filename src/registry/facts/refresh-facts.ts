import { type SQL, sql } from 'drizzle-orm'
import { commit } from '../../audit/commit.ts'
import { gatehouse } from '../../core/principal.ts'
import { ConstraintError } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import { versionEntry } from '../audit-entries.ts'
import { describeVersion, type ModelDescription } from '../model-files/describe-model.ts'
import { descriptionIn, differenceOf, type FactsRevision } from './facts.ts'
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

/** Where the facts of a version come from, and whether that was written to since they were read. */
export type FactOrigin = {
  readonly id: number
  readonly run_id: string | null
  readonly model_id: string | null
  readonly source: string
  readonly manifest: number | null
  readonly is_stale: number
}

/** What was read of some versions, and how often: 1 for the first time. */
export type FactsRead = {
  readonly origins: readonly FactOrigin[]
  readonly newest: ReadonlyMap<number, FactsRevision>
  readonly round: number
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
    const { origins, ...rows } = await ctx.db.batch({
      origins: factOriginRead(ids),
      ...newestFactReads(ids),
    })
    const newest = revisionsFrom(rows)
    if (!(await refreshFacts(ctx, { origins, newest, round }))) return newest
  }
}

/**
 * Read facts anew where they are stale, and where files that they come from were damaged, which may
 * have been restored.
 *
 * @returns whether the versions are to be read again; false after a few rounds, since a run may be
 *   written to all the time
 */
export async function refreshFacts(
  ctx: Context,
  { origins, newest, round }: FactsRead,
): Promise<boolean> {
  if (round > roundsMax) return false
  const isDue = ({ id, is_stale }: FactOrigin) =>
    is_stale === 1 || (round === 1 && isDamaged(newest.get(id)))
  const due = origins.filter(isDue)
  for (const origin of due) await refresh(ctx, origin, newest.get(origin.id))
  return due.length > 0
}

function isDamaged(revision: FactsRevision | undefined): boolean {
  return revision?.facts.problems?.some(({ isDamage }) => isDamage) ?? false
}

/** The statement that reads where facts come from. @param ids a select of `model_versions.id` */
export function factOriginRead(ids: SQL): SQL<FactOrigin> {
  return sql<FactOrigin>`select v.id, v.run_id, v.model_id, v.source, v.manifest,
      ${isStale} as is_stale
    from ${withOrigins} where v.id in (${ids})`
}

/** A condition: the stored facts of these versions hold. @param ids a select of `model_versions.id` */
export function areFactsFresh(ids: SQL): SQL {
  return sql`not exists (select 1 from ${withOrigins} where v.id in (${ids}) and ${isStale})`
}

const withOrigins = sql`model_versions v
  left join version_facts f on f.model_version = v.id and f.revision =
    (select max(n.revision) from version_facts n where n.model_version = v.id)
  left join runs r on r.run_id = v.run_id
  left join logged_models l on l.model_id = v.model_id`

/** There are none, or what they come from was written to since. Nobody writes to what is gone. */
const isStale = sql`(f.revision is null
  or (r.id is not null and r.registered_writes is not f.run_writes)
  or (l.id is not null and l.registered_writes is not f.model_writes))`

/**
 * The statement that reads the first versions after `after` whose facts are stale, and whose run or
 * logged model is deleted or is in a deleted experiment.
 */
export function staleOfDeletedRead(
  after: number,
  count: number,
): SQL<{ version: number; workspace: string }> {
  const isDeleted = (alias: SQL) => sql`(${alias}.lifecycle_stage = 'deleted' or exists (
    select 1 from experiments e where e.id = ${alias}.experiment and e.lifecycle_stage = 'deleted'))`
  return sql<{ version: number; workspace: string }>`select v.id as version, m.workspace
    from ${withOrigins} join registered_models m on m.id = v.registered_model
    where v.id > ${after} and ${isStale} and (${isDeleted(sql`r`)} or ${isDeleted(sql`l`)})
    order by v.id limit ${count}`
}

/** Read the facts of a version anew, and write a revision if they differ from the newest one. */
async function refresh(
  ctx: Context,
  origin: FactOrigin,
  stored: FactsRevision | undefined,
): Promise<void> {
  const { id, run_id: runId, model_id: modelId } = origin
  const description = await describe(ctx, origin, stored)
  const built = await readTrackedFacts(
    ctx,
    { runId, modelId },
    { description, stored: stored?.facts },
  )
  const first = await makeFirstFacts(ctx, built)
  if (!stored) return write(ctx, id, { facts: first })
  if (first.digest === stored.digest) return noteUnchanged(ctx, stored, first)
  const changes = differenceOf(stored.facts, first.facts)
  const facts = { ...first, revision: stored.revision + 1, changes }
  await write(ctx, id, { facts, before: stored })
}

/** What the files say never changes. Where none are sealed, the run says it. */
async function describe(
  ctx: Context,
  { run_id: runId, source, manifest: manifestId }: FactOrigin,
  stored: FactsRevision | undefined,
): Promise<ModelDescription> {
  const known = stored && descriptionIn(stored.facts)
  if (known && manifestId !== null && !isDamaged(stored)) return known
  const described = await describeVersion(ctx, { runId, source, manifestId })
  const isSilent = Object.keys(described).length === 0
  return known && isSilent ? known : described
}

/** The stored facts hold for what was written since, too. */
async function noteUnchanged(
  ctx: Context,
  { versionId, revision }: FactsRevision,
  { writes, lateMetrics, runStatus }: NewFacts,
): Promise<void> {
  await ctx.db.all(sql`update version_facts set run_writes = ${writes.run},
      model_writes = ${writes.model}, late_metrics = ${JSON.stringify(lateMetrics)},
      run_status = coalesce(${runStatus}, run_status)
    where model_version = ${versionId} and revision = ${revision}`)
}

/** @param before the revision that it follows; undefined: it is the first one */
async function write(
  ctx: Context,
  id: number,
  { facts, before }: { readonly facts: NewFacts; readonly before?: FactsRevision },
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
