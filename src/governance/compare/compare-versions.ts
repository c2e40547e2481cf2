import { sql } from 'drizzle-orm'
import { excerpt, invalid } from '../../core/error.ts'
import { maskCredentials } from '../../core/mask.ts'
import type { Context } from '../../platform/context.ts'
import { readReadableFacts } from '../../registry/facts/readable-facts.ts'
import type { ModelVersion } from '../../registry/versions/read-versions.ts'
import { getVersions } from '../../registry/versions/versions.ts'
import { figuresByName, readVersionTraces } from '../version-traces.ts'
import { describeFiles } from './described-files.ts'

/** A name, and its value in each version; null where a version has none. */
export type Difference<T> = { readonly key: string; readonly values: readonly (T | null)[] }

/** What differs between versions, and only that; values are in the order of the versions. */
export type VersionComparison = {
  readonly versions: readonly ModelVersion[]
  readonly params: readonly Difference<string>[]
  /** The latest of each; NaN as text, since JSON has none. */
  readonly metrics: readonly Difference<number | string>[]
  /** Of the last 30 days. */
  readonly traces: readonly Difference<number>[]
  readonly tags: readonly Difference<string>[]
  /** Hashes by path. */
  readonly files: readonly Difference<string>[]
  /** There are more files that differ than were listed. */
  readonly hasMoreFiles: boolean
  /** Undefined if no version has one that is known. */
  readonly signature: readonly Difference<string>[] | undefined
  readonly environment: readonly Difference<string>[] | undefined
  readonly card: readonly Difference<string>[] | undefined
}

const versionsMax = 10
const filesMax = 1000

/**
 * @throws INVALID_PARAMETER_VALUE fewer than two versions, too many, or one twice
 * @throws RESOURCE_DOES_NOT_EXIST no such version
 */
export async function compareVersions(
  ctx: Context,
  name: string,
  numbers: readonly number[],
): Promise<VersionComparison> {
  if (
    numbers.length < 2 ||
    numbers.length > versionsMax ||
    new Set(numbers).size < numbers.length
  ) {
    throw invalid(
      `Invalid value '${excerpt(numbers.join(','))}' for 'versions': name 2 to ${versionsMax} different ones, such as 2,3`,
    )
  }
  const versions = await getVersions(ctx, name, numbers)
  const found = await readReadableFacts(ctx, versions)
  const facts = versions.map(({ id }) => found.get(id)?.facts)
  const described = await Promise.all(
    versions.map((version, i) => describeFiles(ctx, version, facts[i])),
  )
  const traces = await readVersionTraces(ctx, versions)
  const files = await fileDifferences(ctx, versions)
  return {
    versions,
    params: differences(facts.map((one) => new Map(Object.entries(one?.params ?? {})))),
    metrics: differences(facts.map((one) => new Map(Object.entries(one?.metrics ?? {})))),
    traces: differences(versions.map(({ id }) => figuresByName(traces.get(id)))),
    tags: differences(versions.map((version) => textsOf(version.tags))),
    files: files.slice(0, filesMax),
    hasMoreFiles: files.length > filesMax,
    signature: known(described.map(({ signature }) => signature)),
    environment: known(described.map(({ environment }) => environment)),
    card: known(described.map(({ card }) => card)),
  }
}

function textsOf(pairs: readonly { readonly key: string; readonly value: string }[]) {
  return new Map(pairs.map(({ key, value }) => [key, maskCredentials(value)]))
}

/** Found in the database, so that versions of very many files are compared too. */
async function fileDifferences(
  ctx: Context,
  versions: readonly ModelVersion[],
): Promise<Difference<string>[]> {
  const manifests = versions.map(({ manifestId }) => manifestId)
  const rows = await ctx.db.all(sql<{ path: string; hashes: string }>`
    with wanted as (select key as place, value as manifest from json_each(${JSON.stringify(manifests)}))
    select f.path, json_group_object(cast(w.place as text), b.sha256) as hashes
    from wanted w join manifest_files f on f.manifest = w.manifest join blobs b on b.id = f.blob
    group by f.path having count(*) < ${versions.length} or count(distinct b.sha256) > 1
    order by f.path limit ${filesMax + 1}`)
  return rows.map(({ path, hashes }) => {
    const byPlace: Record<string, string> = JSON.parse(hashes)
    return { key: path, values: versions.map((_version, place) => byPlace[place] ?? null) }
  })
}

function known(
  maps: readonly (ReadonlyMap<string, string> | undefined)[],
): Difference<string>[] | undefined {
  if (maps.every((map) => map === undefined)) return undefined
  return differences(maps.map((map) => map ?? new Map<string, string>()))
}

/** The names whose values are not the same in all of `maps`, sorted. */
function differences<T extends string | number>(
  maps: readonly ReadonlyMap<string, T>[],
): Difference<T>[] {
  const keys = new Set(maps.flatMap((map) => [...map.keys()]))
  return [...keys].sort().flatMap((key) => {
    const values = maps.map((map) => map.get(key) ?? null)
    return values.every((value) => value === values[0]) ? [] : [{ key, values }]
  })
}
