import { type SQL, sql } from 'drizzle-orm'
import { excerpt, notFound, RegistryError } from '../../core/error.ts'
import type { PrincipalRecord } from '../../core/principal.ts'
import { findClosedAmong } from '../../governance/closed-runs.ts'
import { mayReadAuditOf } from '../../governance/history/audit-scope.ts'
import type { Context } from '../../platform/context.ts'
import type { releaseBundles } from '../tables.ts'
import type { BundleTexts } from './sign-release.ts'

/** What was signed about a version at some time. */
export type ReleaseBundle = {
  readonly id: number
  readonly model: string
  readonly version: number
  /** `sha256:` and hex. */
  readonly digest: string
  readonly manifestId: number
  /** The hint of the key that signed it. */
  readonly key: string
  readonly createdAtMs: number
  readonly createdBy: PrincipalRecord
  /** `model_versions.id` of those of whose runs it tells. */
  readonly runsOf: readonly number[]
  readonly hasAudit: boolean
}

type ReleaseBundleRow = typeof releaseBundles.$inferSelect & {
  name: string
  version: number
  digest: string
  manifest: number
}

/** @param which a condition on `release_bundles b`, `model_versions v` and `registered_models m` */
export function releaseBundleRead(which: SQL, countMax = -1): SQL<ReleaseBundleRow> {
  return sql<ReleaseBundleRow>`select b.*, m.name, v.version, v.manifest, s.digest
    from release_bundles b join model_versions v on v.id = b.model_version
    join registered_models m on m.id = v.registered_model join manifests s on s.id = v.manifest
    where ${which} order by b.id desc limit ${countMax}`
}

export function releaseBundleFrom(row: ReleaseBundleRow): ReleaseBundle {
  return {
    id: row.id,
    model: row.name,
    version: row.version,
    digest: row.digest,
    manifestId: row.manifest,
    key: row.key,
    createdAtMs: row.created_at_ms,
    createdBy: JSON.parse(row.created_by),
    runsOf: JSON.parse(row.runs_of),
    hasAudit: row.has_audit === 1,
  }
}

/** A model version in the workspace of the caller. */
type NamedVersion = { readonly name: string; readonly version: number }

/** The bundles of a version, the newest first, at most `count` of them of a lower id than `before`. */
export async function listBundles(
  ctx: Context,
  of: NamedVersion,
  { before, count }: { readonly before: number; readonly count: number },
): Promise<ReleaseBundle[]> {
  const rows = await ctx.db.all(
    releaseBundleRead(sql`${isOf(ctx, of)} and b.id < ${before}`, count),
  )
  return rows.map(releaseBundleFrom)
}

/** The newest bundle of a version that `openBundle` opens for the caller; undefined: there is none. */
export async function findReadableBundle(
  ctx: Context,
  of: NamedVersion,
): Promise<ReleaseBundle | undefined> {
  const told = await ctx.db.all(sql<{ id: number | null }>`select distinct r.value as id
    from release_bundles b join model_versions v on v.id = b.model_version
    join registered_models m on m.id = v.registered_model
    left join json_each(b.runs_of) r on 1 where ${isOf(ctx, of)}`)
  if (told.length === 0) return undefined
  const ids = told.flatMap(({ id }) => id ?? [])
  const [closed, mayReadAudit] = await Promise.all([
    findClosedAmong(ctx, ids),
    mayReadAuditOf(ctx, of.name),
  ])
  const isOpen = sql`(b.has_audit = 0 or ${mayReadAudit ? 1 : 0}) and not exists (
    select 1 from json_each(b.runs_of) r
    where r.value in (select value from json_each(${JSON.stringify([...closed])})))`
  const row = await ctx.db.first(releaseBundleRead(sql`${isOf(ctx, of)} and ${isOpen}`, 1))
  return row && releaseBundleFrom(row)
}

/**
 * A bundle that the caller may read, with all that it holds beside the files of the version.
 *
 * @param id absent: the newest one
 * @throws RESOURCE_DOES_NOT_EXIST no such bundle
 * @throws PERMISSION_DENIED it tells what the caller may not read
 */
export async function openBundle(
  ctx: Context,
  of: NamedVersion,
  id: number | undefined,
): Promise<{ readonly bundle: ReleaseBundle; readonly texts: BundleTexts }> {
  const wanted = id === undefined ? sql`1` : sql`b.id = ${id}`
  const [row] = await ctx.db.all(releaseBundleRead(sql`${isOf(ctx, of)} and ${wanted}`, 1))
  const what = `Bundle of '${excerpt(of.name)}' version ${of.version}`
  if (!row) throw notFound(what, id === undefined ? 'any' : String(id))
  const bundle = releaseBundleFrom(row)
  await refuseClosed(ctx, bundle)
  const parts = await ctx.db.all(sql<{ text: string }>`select text from release_bundle_parts
    where bundle = ${bundle.id} order by part`)
  const texts: BundleTexts = JSON.parse(parts.map(({ text }) => text).join(''))
  return { bundle, texts }
}

/** What the caller may not read of what each of these bundles tells; none: they get it. */
export async function findClosedParts(
  ctx: Context,
  bundles: readonly ReleaseBundle[],
): Promise<ReadonlyMap<number, readonly string[]>> {
  const [first] = bundles
  if (!first) return new Map()
  const [closed, mayReadAudit] = await Promise.all([
    findClosedAmong(ctx, [...new Set(bundles.flatMap(({ runsOf }) => runsOf))]),
    mayReadAuditOf(ctx, first.model),
  ])
  return new Map(
    bundles.map(({ id, runsOf, hasAudit }) => [
      id,
      [
        ...(runsOf.some((run) => closed.has(run)) ? ['runs'] : []),
        ...(hasAudit && !mayReadAudit ? ["the model's part of the audit log"] : []),
      ],
    ]),
  )
}

async function refuseClosed(ctx: Context, bundle: ReleaseBundle): Promise<void> {
  const what = (await findClosedParts(ctx, [bundle])).get(bundle.id) ?? []
  if (what.length === 0) return
  throw new RegistryError(
    'PERMISSION_DENIED',
    `Bundle ${bundle.id} tells of ${what.join(' and of ')}, which you may not read; one that you make has only what you may`,
  )
}

function isOf(ctx: Context, { name, version }: NamedVersion): SQL {
  return sql`m.workspace = ${ctx.workspace} and m.name = ${name} and v.version = ${version}`
}
