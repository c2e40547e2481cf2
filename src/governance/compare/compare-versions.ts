import { sql } from 'drizzle-orm'
import { excerpt, invalid } from '../../core/error.ts'
import { maskCredentials } from '../../core/mask.ts'
import type { Context } from '../../platform/context.ts'
import type { FactDataset } from '../../registry/facts/facts.ts'
import { readReadableFacts } from '../../registry/facts/readable-facts.ts'
import type { ModelVersion } from '../../registry/versions/read-versions.ts'
import { getVersions } from '../../registry/versions/versions.ts'
import type { Signature } from '../policies/facts.ts'
import { signatureChange, signatureFrom } from '../signature.ts'
import { figuresByName, readVersionTraces } from '../version-traces.ts'
import { describeFiles } from './described-files.ts'

/** A name, and its value in each version; null where a version has none. */
export type Difference<T> = { readonly key: string; readonly values: readonly (T | null)[] }

/** Hashes of a file, and its sizes in bytes. */
export type FileDifference = Difference<string> & { readonly sizes: readonly (number | null)[] }

/** What differs between versions, and only that unless all was asked for; values are in the order of the versions. */
export type VersionComparison = {
  readonly versions: readonly ModelVersion[]
  /** How many names have the same value in all versions. */
  readonly equal: number
  /** Of the versions whose metrics the caller may read. */
  readonly runIds: readonly string[]
  readonly params: readonly Difference<string>[]
  /** The latest of each; NaN as text, since JSON has none. */
  readonly metrics: readonly Difference<number | string>[]
  /** Of the last 30 days. */
  readonly traces: readonly Difference<number>[]
  /** Digests by the name of a dataset. */
  readonly datasets: readonly Difference<string>[]
  readonly tags: readonly Difference<string>[]
  /** By path. */
  readonly files: readonly FileDifference[]
  /** There are more files than were listed. */
  readonly hasMoreFiles: boolean
  /** Undefined if no version has one that is known. */
  readonly signature: readonly Difference<string>[] | undefined
  /**
   * What of the signature of each version but the first breaks callers of the first, as the gate of policies judges it; null
   * where one of both has none that is known.
   */
  readonly breaks: readonly (readonly string[] | null)[]
  readonly environment: readonly Difference<string>[] | undefined
  readonly card: readonly Difference<string>[] | undefined
}

const versionsMax = 10
const filesMax = 1000

type ComparedVersions = {
  readonly numbers: readonly number[]
  /** What is equal is listed too. */
  readonly isWhole?: boolean
}

/**
 * @throws INVALID_PARAMETER_VALUE fewer than two versions, too many, or one twice
 * @throws RESOURCE_DOES_NOT_EXIST no such version
 */
export async function compareVersions(
  ctx: Context,
  name: string,
  { numbers, isWhole = false }: ComparedVersions,
): Promise<VersionComparison> {
  checkNumbers(numbers)
  return readCompared(ctx, name, { numbers, isWhole })
}

/**
 * All that is known of one version, as a comparison with nothing.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such version
 */
export function describeVersion(
  ctx: Context,
  name: string,
  number: number,
): Promise<VersionComparison> {
  return readCompared(ctx, name, { numbers: [number], isWhole: true })
}

function checkNumbers(numbers: readonly number[]): void {
  if (
    numbers.length < 2 ||
    numbers.length > versionsMax ||
    new Set(numbers).size < numbers.length
  ) {
    throw invalid(
      `Invalid value '${excerpt(numbers.join(','))}' for 'versions': name 2 to ${versionsMax} different ones, such as 2,3`,
    )
  }
}

async function readCompared(
  ctx: Context,
  name: string,
  { numbers, isWhole }: Required<ComparedVersions>,
): Promise<VersionComparison> {
  const versions = await getVersions(ctx, name, numbers)
  const [found, traces, files] = await Promise.all([
    readReadableFacts(ctx, versions),
    readVersionTraces(ctx, versions),
    compareFiles(ctx, versions, isWhole),
  ])
  const facts = versions.map(({ id }) => found.get(id)?.facts)
  const described = await Promise.all(
    versions.map((version, i) => describeFiles(ctx, version, facts[i])),
  )
  let equal = files.equal
  const rowsOf = <T extends string | number>(maps: readonly ReadonlyMap<string, T>[]) => {
    const rows = valuesByName(maps)
    const different = rows.filter((row) => !isEqual(row))
    equal += rows.length - different.length
    return isWhole ? rows : different
  }
  const known = (maps: readonly (ReadonlyMap<string, string> | undefined)[]) =>
    maps.every((map) => map === undefined)
      ? undefined
      : rowsOf(maps.map((map) => map ?? new Map<string, string>()))
  const compared = {
    versions,
    runIds: versions.flatMap(({ runId }, i) =>
      runId && Object.keys(facts[i]?.metrics ?? {}).length > 0 ? [runId] : [],
    ),
    params: rowsOf(facts.map((one) => new Map(Object.entries(one?.params ?? {})))),
    metrics: rowsOf(facts.map((one) => new Map(Object.entries(one?.metrics ?? {})))),
    traces: rowsOf(versions.map(({ id }) => figuresByName(traces.get(id)))),
    datasets: rowsOf(facts.map((one) => digestsOf(one?.datasets ?? []))),
    tags: rowsOf(versions.map((version) => textsOf(version.tags))),
    files: files.rows.slice(0, filesMax),
    hasMoreFiles: files.rows.length > filesMax,
    signature: known(described.map(({ signature }) => signature)),
    breaks: breaksOf(facts.map((one) => signatureFrom(one?.signature))),
    environment: known(described.map(({ environment }) => environment)),
    card: known(described.map(({ card }) => card)),
  }
  return { ...compared, equal }
}

function breaksOf([first, ...others]: readonly (Signature | null)[]) {
  return others.map((one) => (first && one ? signatureChange(first, one).breaks : null))
}

/** Whether all versions have the same. */
export function isEqual({ values }: Difference<string | number>): boolean {
  return values.every((value) => value === values[0])
}

/** Several of one name stand together. */
function digestsOf(datasets: readonly FactDataset[]): Map<string, string> {
  const byName = Map.groupBy(datasets, ({ name }) => name)
  return new Map(
    [...byName].map(([name, of]) => [
      name,
      [...new Set(of.map(({ digest }) => digest))].sort().join(', '),
    ]),
  )
}

function textsOf(pairs: readonly { readonly key: string; readonly value: string }[]) {
  return new Map(pairs.map(({ key, value }) => [key, maskCredentials(value)]))
}

type FileRow = { path: string | null; stored: string; equal: number }

/** Found in the database, so that versions of very many files are compared too. */
async function compareFiles(
  ctx: Context,
  versions: readonly ModelVersion[],
  isWhole: boolean,
): Promise<{ readonly rows: FileDifference[]; readonly equal: number }> {
  const manifests = versions.map(({ manifestId }) => manifestId)
  const [counted, ...rows] = await ctx.db.all(sql<FileRow>`
    with wanted as (select key as place, value as manifest from json_each(${JSON.stringify(manifests)})),
      compared as materialized (select f.path,
          json_group_object(cast(w.place as text), json_array(b.sha256, b.size_bytes)) as stored,
          count(*) = ${versions.length} and count(distinct b.sha256) = 1 as equal
        from wanted w join manifest_files f on f.manifest = w.manifest join blobs b on b.id = f.blob
        group by f.path)
    select null as path, '' as stored, count(*) as equal from compared where equal
    union all select * from (select path, stored, equal from compared
      where ${isWhole ? 1 : 0} or not equal order by path limit ${filesMax + 1})`)
  return {
    equal: counted?.equal ?? 0,
    rows: rows.map(({ path, stored }) => {
      const byPlace: Record<string, readonly [string, number]> = JSON.parse(stored)
      return {
        key: path ?? '',
        values: versions.map((_version, place) => byPlace[place]?.[0] ?? null),
        sizes: versions.map((_version, place) => byPlace[place]?.[1] ?? null),
      }
    }),
  }
}

/** Sorted by name. */
function valuesByName<T extends string | number>(
  maps: readonly ReadonlyMap<string, T>[],
): Difference<T>[] {
  const keys = new Set(maps.flatMap((map) => [...map.keys()]))
  return [...keys].sort().map((key) => ({ key, values: maps.map((map) => map.get(key) ?? null) }))
}
