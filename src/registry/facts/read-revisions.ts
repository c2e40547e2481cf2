import { sql } from 'drizzle-orm'
import { denied } from '../../access/permissions/rights.ts'
import { notFound } from '../../core/error.ts'
import type { PrincipalRecord } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import type { FactChange, FactsRevision } from './facts.ts'
import { findReadableFacts, maskFacts } from './readable-facts.ts'
import { readFacts } from './refresh-facts.ts'
import { factRevisionReads, revisionsFrom } from './store-facts.ts'

/** How a revision came to be, without its facts. */
export type FactsRevisionInfo = {
  readonly revision: number
  readonly atMs: number
  /** `sha256:` and hex, of the facts. */
  readonly digest: string
  /** What differs from the revision before: the first 100 changes, and how many more there are. */
  readonly changes: readonly FactChange[]
  readonly more: number
  /** Who wrote last to the run or the logged model before it was read, and when; undefined: not known. */
  readonly changedBy: PrincipalRecord | undefined
  readonly changedAtMs: number | undefined
}

export type FactsInFull = FactsRevisionInfo & Pick<FactsRevision, 'facts' | 'lateMetrics'>

/**
 * What a version is known by.
 *
 * @param id `model_versions.id`
 * @param revision absent: the newest, which is brought up to date first
 * @throws RESOURCE_DOES_NOT_EXIST no such revision
 * @throws PERMISSION_DENIED the caller may not read the experiment that it came from
 */
export async function getFacts(ctx: Context, id: number, revision?: number): Promise<FactsInFull> {
  const newest = await requireFacts(ctx, id)
  const number = revision ?? newest
  const found = revisionsFrom(await ctx.db.batch(factRevisionReads(id, number))).get(id)
  const [info] = await readInfos(ctx, id, { before: number + 1, count: 1 })
  if (!found || info?.revision !== number) throw notFound('Revision of facts', String(number))
  return { ...info, facts: maskFacts(found.facts), lateMetrics: found.lateMetrics }
}

/** The revisions of a version's facts, the newest first; errors are those of `getFacts`. */
export async function listFactRevisions(
  ctx: Context,
  id: number,
  page: RevisionPage,
): Promise<FactsRevisionInfo[]> {
  await requireFacts(ctx, id)
  return readInfos(ctx, id, page)
}

type RevisionPage = { readonly before: number; readonly count: number }

/** @returns the newest revision, which is up to date */
async function requireFacts(ctx: Context, id: number): Promise<number> {
  const found = (await readFacts(ctx, [id])).get(id)
  if (!found) throw notFound('Facts of version', String(id))
  if (!(await findReadableFacts(ctx, [id])).has(id)) {
    throw denied(ctx, 'READ on the experiment that the version came from is needed')
  }
  return found.revision
}

type InfoRow = {
  revision: number
  at_ms: number
  digest: string
  changed: string
  changed_more: number
  changed_by: string | null
  changed_at_ms: number | null
}

async function readInfos(
  ctx: Context,
  id: number,
  { before, count }: RevisionPage,
): Promise<FactsRevisionInfo[]> {
  const rows = await ctx.db.all(sql<InfoRow>`select revision, at_ms, digest, changed, changed_more,
      changed_by, changed_at_ms
    from version_facts where model_version = ${id} and revision < ${before}
    order by revision desc limit ${count}`)
  return rows.map((row) => ({
    revision: row.revision,
    atMs: row.at_ms,
    digest: row.digest,
    changes: JSON.parse(row.changed),
    more: row.changed_more,
    changedBy: row.changed_by === null ? undefined : JSON.parse(row.changed_by),
    changedAtMs: row.changed_at_ms ?? undefined,
  }))
}
