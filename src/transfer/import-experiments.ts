import { sql } from 'drizzle-orm'
import { cutText, invalid } from '../core/error.ts'
import { jsonRowsOf } from '../db/sql.ts'
import type { Context } from '../platform/context.ts'
import {
  checkImportedExperiment,
  experimentImports,
  findTakenExperiments,
  type ImportedExperiment,
  ownLocationOf,
  type PlacedExperiment,
} from '../tracking/import/import-experiments.ts'
import { type ImportOutcome, readImportedItems } from './imported-items.ts'
import { judgeItems } from './judge-items.ts'
import { writeImport } from './write-import.ts'

/** What came of an experiment, and where its artifacts lie here. */
export type ExperimentOutcome = ImportOutcome & { readonly artifactLocation?: string | undefined }

/**
 * Take experiments over. One keeps its id where that is free, and its name where that is free; else
 * it gets the next id, and the name with the source in it. `Default` is merged with ours.
 *
 * @throws RESOURCE_CONFLICT an id or a name was taken at that moment; nothing is imported
 */
export async function importExperiments(
  ctx: Context,
  source: string,
  experiments: readonly ImportedExperiment[],
): Promise<ExperimentOutcome[]> {
  const seen = new Set<string>()
  const { good, refused } = judgeItems(experiments, {
    idOf: ({ foreignId }) => foreignId,
    check: (experiment) => {
      checkImportedExperiment(ctx, experiment)
      if (seen.has(experiment.foreignId)) throw invalid('its experiment_id stands there twice')
      seen.add(experiment.foreignId)
    },
  })
  const ids = good.map(({ foreignId }) => foreignId)
  const known = await readImportedItems(ctx, source, { kind: 'experiment', ids })
  const names = good.flatMap((one) => namesOf(one, source))
  const taken = await findTakenExperiments(ctx, { ids, names })
  const used = new Set(taken.names.keys())
  const placed = good.map((one) => {
    const into = known.get(one.foreignId)?.ownId ?? ownDefault(one, taken.names)
    const free = namesOf(one, source).find((name) => !used.has(name))
    const name = into === undefined ? (free ?? one.name) : one.name
    if (into === undefined) used.add(name)
    const keepsId = !taken.ids.has(one.foreignId) && Number(one.foreignId) <= ownIdMax
    const artifactLocation = keepsId ? ownLocationOf(ctx, one) : undefined
    return { ...one, into, name, keepsId, artifactLocation }
  })
  const rows = await writeImport(ctx, source, {
    kind: 'experiment',
    count: placed.length,
    statements: {
      ...experimentImports(ctx, placed),
      noted: noteExperiments(ctx, source, placed),
    },
  })
  const byId = new Map(rows.placed.map((row) => [row.id, row]))
  const byName = new Map(rows.placed.map((row) => [row.name, row]))
  const outcomes = placed.map(({ foreignId, into, name }): ExperimentOutcome => {
    const row = into === undefined ? byName.get(name) : byId.get(into)
    const own = row && { ownId: row.id, artifactLocation: row.location }
    return { id: foreignId, state: stateOf(into, known.has(foreignId)), ...own }
  })
  return [...outcomes, ...refused]
}

/** Nothing but `Default` is merged. */
function stateOf(into: string | undefined, isKnown: boolean): ImportOutcome['state'] {
  if (into === undefined) return 'added'
  return isKnown && into !== '0' ? 'updated' : 'merged'
}

/** Ids beyond these are those of file stores, and no row's here. */
const ownIdMax = 10 ** 12

/** Only `Default` becomes one of ours that was not imported. */
function ownDefault(
  { foreignId, name }: ImportedExperiment,
  taken: ReadonlyMap<string, string>,
): string | undefined {
  return foreignId === '0' && taken.get(name) === '0' ? '0' : undefined
}

/** The names that an experiment may get here, the best first. */
function namesOf({ foreignId, name }: ImportedExperiment, source: string): string[] {
  const from = `${cutText(name, 300)} (from ${cutText(source, 150)}`
  return [name, `${from})`, `${from}, ${foreignId})`]
}

function noteExperiments(ctx: Context, source: string, placed: readonly PlacedExperiment[]) {
  const rows = jsonRowsOf(placed.map((one) => [one.foreignId, one.into ?? null, one.name]))
  return sql`insert into imported_items
      (workspace, source, kind, foreign_id, own_id, mark, imported_at_ms)
    select e.workspace, ${source}, 'experiment', one.value ->> 0, cast(e.id as text), '', ${ctx.now()}
    from json_each(${rows}) one join experiments e on e.workspace = ${ctx.workspace}
      and iif(one.value ->> 1 is null, e.name = one.value ->> 2, e.id = cast(one.value ->> 1 as integer))
    where true on conflict do nothing`
}
