import { type SQL, sql } from 'drizzle-orm'
import { parseWellFormed } from '../../audit/entry.ts'
import { letOthersRun } from '../../core/rounds.ts'
import type { BatchRows } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import { hashJson } from '../../platform/hash.ts'
import type { versionFactParts, versionFacts } from '../tables.ts'
import type { FactChanges, Facts, FactsRevision } from './facts.ts'
import type { BuiltFacts } from './read-tracked.ts'

/** A revision that is to be written. */
export type NewFacts = BuiltFacts & {
  readonly revision: number
  readonly digest: string
  readonly changes: FactChanges
}

/** Facts of so many characters are not handled in one go: other requests run in between. */
const charsPerTurn = 50_000

/** The first revision of a version. */
export async function makeFirstFacts(ctx: Context, built: BuiltFacts): Promise<NewFacts> {
  const text = JSON.stringify(built.facts)
  const pause = text.length > charsPerTurn ? letOthersRun : () => {}
  await pause()
  const facts = parseWellFormed<Facts>(text)
  await pause()
  const digest = await hashJson(ctx, facts)
  await pause()
  return { ...built, facts, digest, revision: 1, changes: { listed: [], more: 0 } }
}

/**
 * The statements that write a revision; the batch fails with a ConstraintError of kind `unique` if
 * it is there already.
 *
 * @param version a select of `model_versions.id`
 */
export function factInserts(
  ctx: Context,
  version: SQL,
  { facts, revision, digest, changes, lateMetrics, runStatus, writes, lastWrite }: NewFacts,
) {
  const writer = revision === 1 ? undefined : lastWrite
  const digests = JSON.stringify(facts.datasets.map((dataset) => dataset.digest))
  return {
    facts: sql`insert into version_facts (model_version, revision, at_ms, digest, changed,
        changed_more, changed_by, changed_at_ms, late_metrics, run_writes, model_writes, run_status,
        experiment, model_experiment)
      values ((${version}), ${revision}, ${ctx.now()}, ${digest}, ${JSON.stringify(changes.listed)},
        ${changes.more}, ${writer?.by ?? null}, ${writer?.atMs ?? null},
        ${JSON.stringify(lateMetrics)}, ${writes.run}, ${writes.model}, ${runStatus},
        ${idOf(facts.experiment_id)}, ${idOf(facts.logged_model?.experiment_id)})`,
    factParts: partsOf(facts).map(
      (part, i) => sql`insert into version_fact_parts (model_version, revision, part, facts)
        values ((${version}), ${revision}, ${i}, ${part})`,
    ),
    factDatasets: sql`insert into version_datasets (digest, model_version)
      select d.value, (${version}) from json_each(${digests}) d where d.value <> ''
      on conflict do nothing`,
  }
}

function idOf(experimentId: string | undefined): number | null {
  return experimentId === undefined ? null : Number(experimentId)
}

/** D1 takes rows of 2 MB; a character may take three bytes. */
const partCharsMax = 400_000

/** One fact of many, or a fact that stands for itself. */
type Piece = { readonly kind: string; readonly key: string; readonly value: unknown }

/** The facts as texts of JSON objects, each of which fits into a row. An item is never cut. */
function partsOf(facts: Facts): string[] {
  const parts: Piece[][] = [[]]
  let chars = 0
  for (const piece of piecesOf(facts)) {
    const more = piece.key.length + JSON.stringify(piece.value).length
    if (chars > 0 && chars + more > partCharsMax) {
      parts.push([])
      chars = 0
    }
    chars += more
    parts.at(-1)?.push(piece)
  }
  return parts.map((pieces, i) => {
    const byKind = Map.groupBy(pieces, ({ kind }) => kind)
    const kinds = Object.entries(facts).filter(
      ([kind, value]) => byKind.has(kind) || (i === 0 && isObject(value)),
    )
    return JSON.stringify(
      Object.fromEntries(
        kinds.map(([kind, whole]) => [kind, assemble(whole, byKind.get(kind) ?? [])]),
      ),
    )
  })
}

function piecesOf(facts: Facts): Piece[] {
  return Object.entries(facts).flatMap(([kind, whole]) =>
    isObject(whole)
      ? Object.entries(whole).map(([key, value]) => ({ kind, key, value }))
      : [{ kind, key: '', value: whole }],
  )
}

/** @param like a list, an object, or something else, which one piece has whole */
function assemble(like: unknown, pieces: readonly Pick<Piece, 'key' | 'value'>[]): unknown {
  if (Array.isArray(like)) return pieces.map(({ value }) => value)
  return isObject(like)
    ? Object.fromEntries(pieces.map(({ key, value }) => [key, value]))
    : pieces[0]?.value
}

/** @param parts in their order, at least one */
function factsFromParts(parts: readonly string[]): Facts {
  const [first, ...rest] = parts.map((part): Record<string, unknown> => JSON.parse(part))
  // Only `partsOf` facts are ever written.
  if (rest.length === 0) return first as Facts
  const pieces = [first, ...rest].flatMap((part) => piecesOf(part as Facts))
  const byKind = Map.groupBy(pieces, ({ kind }) => kind)
  const wholes = Object.assign({}, ...rest, first)
  return Object.fromEntries(
    Object.entries(wholes).map(([kind, like]) => [kind, assemble(like, byKind.get(kind) ?? [])]),
  ) as Facts
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

type HeadRow = Pick<
  typeof versionFacts.$inferSelect,
  'model_version' | 'revision' | 'at_ms' | 'digest' | 'late_metrics' | 'run_status'
>

/**
 * The statements that read the newest revision of versions, for a batch.
 *
 * @param ids a select of `model_versions.id`
 */
export function newestFactReads(ids: SQL) {
  const newest = sql`(select max(n.revision) from version_facts n where n.model_version = f.model_version)`
  const which = sql`f.model_version in (${ids}) and f.revision = ${newest}`
  return { factHeads: headRead(which), factParts: partRead(which) }
}

/** The same of the first revision, where there is another one since. */
export function firstFactReads(ids: SQL) {
  const which = sql`f.model_version in (${ids}) and f.revision = 1 and exists (
    select 1 from version_facts n where n.model_version = f.model_version and n.revision = 2)`
  return { firstHeads: headRead(which), firstParts: partRead(which) }
}

/** One revision of a version. */
export function factRevisionReads(version: number, revision: number) {
  const which = sql`f.model_version = ${version} and f.revision = ${revision}`
  return { factHeads: headRead(which), factParts: partRead(which) }
}

function headRead(which: SQL): SQL<HeadRow> {
  return sql<HeadRow>`select f.model_version, f.revision, f.at_ms, f.digest, f.late_metrics,
      f.run_status
    from version_facts f where ${which}`
}

function partRead(which: SQL): SQL<PartRow> {
  return sql<PartRow>`select f.model_version, f.facts from version_fact_parts f
    where ${which} order by f.model_version, f.part`
}

type PartRow = Pick<typeof versionFactParts.$inferSelect, 'model_version' | 'facts'>

/** What `newestFactReads` or `firstFactReads` read, by `model_versions.id`. */
export function revisionsFrom({
  factHeads,
  factParts,
}: BatchRows<ReturnType<typeof newestFactReads>>): Map<number, FactsRevision> {
  const partsById = Map.groupBy(factParts, (row) => row.model_version)
  return new Map(
    factHeads.map((row) => [
      row.model_version,
      {
        versionId: row.model_version,
        revision: row.revision,
        atMs: row.at_ms,
        digest: row.digest,
        facts: factsFromParts((partsById.get(row.model_version) ?? []).map(({ facts }) => facts)),
        lateMetrics: JSON.parse(row.late_metrics),
        runStatus: row.run_status,
      },
    ]),
  )
}
