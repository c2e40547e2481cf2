import { type SQL, sql } from 'drizzle-orm'
import { commit } from '../../audit/commit.ts'
import { conflict, excerpt } from '../../core/error.ts'
import { writeBounded } from '../../db/bound.ts'
import { ConstraintError } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import { versionEntry } from '../audit-entries.ts'
import { versionTagsRemoval, versionTagsWrite } from '../many-tags.ts'
import type { ModelVersion } from '../versions/read-versions.ts'
import { getVersion } from '../versions/versions.ts'
import { givenText, type PackageMembers, readPackageMembers } from './model-packages.ts'
import { keepsSource, type LateSource, sourceWrites } from './package-source.ts'

/** What of a package is changed; what is left out stays. */
export type PackageChange = {
  readonly tags: Readonly<Record<string, string>>
  /** Keys; those that are not there are no error. */
  readonly tagsToRemove: readonly string[]
  /** Members as they are kept now, to those that are to be kept. */
  readonly change: (given: PackageMembers) => PackageMembers
  readonly late?: LateSource | undefined
}

const attemptsMax = 5

/**
 * Change the tags of a version and what SageMaker's clients keep with it, all or nothing.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such version
 * @throws INVALID_PARAMETER_VALUE tags or members are too much
 * @throws RESOURCE_CONFLICT it kept changing; it keeps the source that it has
 */
export async function updatePackage(
  ctx: Context,
  { name, version: number }: { readonly name: string; readonly version: number },
  change: PackageChange,
): Promise<ModelVersion> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const version = await getVersion(ctx, name, number)
    if (await writeChange(ctx, version, change)) return getVersion(ctx, name, number)
  }
  throw conflict(`Version ${number} of '${excerpt(name)}' kept changing; try again`)
}

/**
 * Look whether `updatePackage` would refuse a change: it is made and taken back in one batch.
 *
 * @throws as `updatePackage`, but for what keeps changing
 */
export async function checkPackageUpdate(
  ctx: Context,
  { name, version: number }: { readonly name: string; readonly version: number },
  change: PackageChange,
): Promise<void> {
  const version = await getVersion(ctx, name, number)
  // The schema refuses a row without them.
  const back = sql`insert into model_packages (model_version, given) values (${version.id}, null)`
  try {
    await writeChange(ctx, version, { ...change, back })
  } catch (err) {
    const isBack =
      err instanceof ConstraintError &&
      err.kind === 'not null' &&
      err.subject.endsWith('model_packages.given')
    if (!isBack) throw err
  }
}

/** @returns false: the members changed meanwhile, and nothing was written */
async function writeChange(
  ctx: Context,
  version: ModelVersion,
  { tags, tagsToRemove, change, late, back }: PackageChange & { readonly back?: SQL },
): Promise<boolean> {
  const { id: versionId } = version
  const moved = late && sourceWrites(ctx, version, late)
  const before = (await readPackageMembers(ctx, [versionId])).get(versionId)
  const given = givenText(change(before ?? {}))
  const id = sql`select id from model_versions where id = ${versionId}`
  const kept = sql`(select given from model_packages where model_version = ${versionId})`
  const isKept = sql`${kept} is ${before === undefined ? null : JSON.stringify(before)}`
  const isSame = moved ? sql`${isKept} and ${moved.isFree}` : isKept
  const isOther = given !== JSON.stringify(before ?? {})
  const { still } = await writeBounded(
    commit(ctx, {
      still: sql`select 1 from model_versions where id = ${versionId} and ${isSame}`,
      removed: versionTagsRemoval(ctx, tagsToRemove, { id, guard: isSame }),
      set: versionTagsWrite(ctx, tags, { id, guard: isSame }),
      ...(isOther && memberWrites(ctx, id, { before: before ?? {}, given, isSame })),
      // Last: until then all of it has the same condition.
      source: moved?.statements,
      back,
    }),
  )
  if (still.length === 1) return true
  if (moved && !(await ctx.db.first(sql`select 1 where ${moved.isFree}`)))
    throw keepsSource(version)
  return false
}

/** The members that differ stand in the entry by their names. */
function memberWrites(
  ctx: Context,
  id: SQL,
  {
    before,
    given,
    isSame,
  }: { readonly before: PackageMembers; readonly given: string; readonly isSame: SQL },
) {
  const after: PackageMembers = JSON.parse(given)
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  )
  const differing = (members: PackageMembers) =>
    sql`${JSON.stringify(Object.fromEntries(names.map((name) => [name, members[name] ?? null])))}`
  return {
    entry: versionEntry(ctx, id, {
      action: 'model_version.updated',
      before: differing(before),
      after: differing(after),
      guard: isSame,
    }),
    touched: sql`update model_versions set updated_at_ms = ${ctx.now()}
      where id = (${id}) and ${isSame}`,
    given: sql`insert into model_packages (model_version, given)
      select id, ${given} from (${id}) where ${isSame}
      on conflict (model_version) do update set given = excluded.given`,
  }
}
