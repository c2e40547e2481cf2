import { type SQL, sql } from 'drizzle-orm'
import { conflict, invalid } from '../../core/error.ts'
import { ConstraintError } from '../../db/database.ts'
import { type Context, principalName } from '../../platform/context.ts'
import { hashText } from '../../platform/hash.ts'
import { checkModelName } from '../check-names.ts'
import { newestVersionId } from '../ids.ts'
import { createVersion } from '../source/create-version.ts'
import type { NewVersion } from '../source/parse-source.ts'
import { type ModelVersion, readVersions } from '../versions/read-versions.ts'

/** A version that SageMaker's clients register, with what only they know of it. */
export type NewPackage = {
  readonly version: NewVersion
  /** Members of the request that are answered as they were sent. */
  readonly given: PackageMembers
  /** Makes it safe to send the request again; undefined: each one makes a version. */
  readonly clientToken: string | undefined
  /** The whole request as text, by which a repetition is known. */
  readonly request: string
}

/** Members of a request in SageMaker's own names. */
export type PackageMembers = Readonly<Record<string, unknown>>

/** Characters of `given`: what a row of D1 takes beside a description. */
const givenCharsMax = 256_000

/**
 * Register a version as a model package. The same client token with the same request again answers
 * the version that it made.
 *
 * @throws RESOURCE_CONFLICT the client token came with another request before
 * @throws as `createVersion`
 */
export async function createPackage(ctx: Context, wanted: NewPackage): Promise<ModelVersion> {
  const { version, clientToken } = wanted
  checkModelName(version.name)
  const given = givenText(wanted.given)
  const hash = await hashText(ctx, wanted.request)
  const key = clientToken === undefined ? undefined : await requestKeyOf(ctx, clientToken)
  const before = key === undefined ? undefined : await findPackage(ctx, key, hash)
  if (before) return before
  const insert = (newest: SQL) => sql`insert into model_packages
    (model_version, given, request_key, request_hash)
    values ((${newest}), ${given}, ${key ?? null}, ${key === undefined ? null : hash})`
  try {
    return await createVersion(ctx, version, [insert(newestVersionId(ctx, version.name))])
  } catch (err) {
    if (!(err instanceof ConstraintError) || key === undefined || err.kind !== 'unique') throw err
    const first = await findPackage(ctx, key, hash)
    if (first) return first
    throw err
  }
}

/** @throws INVALID_PARAMETER_VALUE they are more than a row takes */
export function givenText(members: PackageMembers): string {
  const given = JSON.stringify(members)
  if (given.length <= givenCharsMax) return given
  throw invalid(`The package has more than ${givenCharsMax} characters; keep long texts in files`)
}

/** What clients gave with these versions, by `model_versions.id`. */
export async function readPackageMembers(
  ctx: Context,
  versions: readonly number[],
): Promise<ReadonlyMap<number, PackageMembers>> {
  const rows = await ctx.db.all(sql<{ model_version: number; given: string }>`
    select model_version, given from model_packages
    where model_version in (select value from json_each(${JSON.stringify(versions)}))`)
  return new Map(rows.map((row) => [row.model_version, JSON.parse(row.given) as PackageMembers]))
}

/** The version that the request made before. @throws RESOURCE_CONFLICT it was another request */
async function findPackage(
  ctx: Context,
  key: string,
  hash: string,
): Promise<ModelVersion | undefined> {
  const row = await ctx.db.first(sql<{ model_version: number; request_hash: string }>`
    select model_version, request_hash from model_packages where request_key = ${key}`)
  if (!row) return undefined
  if (row.request_hash !== hash) {
    throw conflict('This ClientToken came with another request before; send another token')
  }
  const [version] = await readVersions(ctx.db, [row.model_version])
  return version
}

/** Nobody's token is another's: the account, or the name without one, is part of it. */
function requestKeyOf(ctx: Context, clientToken: string): Promise<string> {
  const { accountId } = ctx.principal
  return hashText(
    ctx,
    JSON.stringify([ctx.workspace, accountId ?? principalName(ctx) ?? null, clientToken]),
  )
}
