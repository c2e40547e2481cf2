import { sql } from 'drizzle-orm'
import { commit, entryStatement } from '../audit/commit.ts'
import { conflict, cutText, invalid } from '../core/error.ts'
import { type Batch, type BatchRows, ConstraintError } from '../db/database.ts'
import { jsonRowsOf } from '../db/sql.ts'
import type { Context } from '../platform/context.ts'
import {
  checkImportedExperiment,
  experimentImports,
  findTakenExperiments,
  type ImportedExperiment,
  type PlacedExperiment,
} from '../tracking/import/import-experiments.ts'
import {
  checkImportedLoggedModel,
  findExperimentsOfLoggedModels,
  type ImportedLoggedModel,
  loggedModelImports,
} from '../tracking/import/import-logged-models.ts'
import {
  checkImportedRun,
  findExperimentsOfRuns,
  runImports,
} from '../tracking/import/import-runs.ts'
import type { ImportedRun } from '../tracking/import/imported-run.ts'
import {
  type ImportedItem,
  type ImportedKind,
  type ImportOutcome,
  noteStatements,
  readImportedItems,
} from './imported-items.ts'
import { judgeItems } from './judge-items.ts'

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
  const { good, refused } = judgeItems(experiments, {
    idOf: ({ foreignId }) => foreignId,
    check: (experiment) => checkImportedExperiment(ctx, experiment),
  })
  const ids = good.map(({ foreignId }) => foreignId)
  const known = await readImportedItems(ctx, source, { kind: 'experiment', ids })
  const taken = await findTakenExperiments(ctx, good)
  const placed = good.map((one) => placeExperiment(one, { source, known, taken }))
  const rows = await write(ctx, source, {
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

function placeExperiment(
  experiment: ImportedExperiment,
  {
    source,
    known,
    taken,
  }: {
    readonly source: string
    readonly known: ReadonlyMap<string, ImportedItem>
    readonly taken: Awaited<ReturnType<typeof findTakenExperiments>>
  },
): PlacedExperiment {
  const { foreignId, name } = experiment
  const earlier = known.get(foreignId)?.ownId
  const isDefault = foreignId === '0' && taken.names.get(name) === '0'
  const into = earlier ?? (isDefault ? '0' : undefined)
  const keepsId = !taken.ids.has(foreignId) && Number(foreignId) <= ownIdMax
  const isFree = into !== undefined || !taken.names.has(name)
  return {
    ...experiment,
    into,
    keepsId,
    name: isFree ? name : `${cutText(name, 300)} (from ${cutText(source, 150)})`,
    artifactLocation: keepsId ? experiment.artifactLocation : undefined,
  }
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

/** A run of a source, and what the importing program notes of it once it is whole. */
export type RunToImport = {
  /** Its experiment is that of the source. */
  readonly run: ImportedRun
  /** Absent: more of its points will follow. */
  readonly mark: string | undefined
}

/**
 * Take runs over, under their ids and in the experiments that theirs became.
 *
 * @throws RESOURCE_CONFLICT one of them changed at that moment; nothing is imported
 */
export async function importRuns(
  ctx: Context,
  source: string,
  runs: readonly RunToImport[],
): Promise<ImportOutcome[]> {
  const ids = runs.map(({ run }) => run.runId)
  const own = await ownExperiments(
    ctx,
    source,
    runs.map(({ run }) => run.experimentId),
  )
  const there = await findExperimentsOfRuns(ctx, ids)
  const { good, refused } = judgeItems(runs, {
    idOf: ({ run }) => run.runId,
    check: ({ run }) => {
      checkImportedRun(run)
      checkPlace(own.get(run.experimentId), there.get(run.runId), `Run '${run.runId}'`)
    },
  })
  const placed = good.map(({ run, mark }) => ({
    mark,
    run: { ...run, experimentId: own.get(run.experimentId) ?? '' },
  }))
  await write(ctx, source, {
    kind: 'run',
    count: placed.length,
    statements: {
      ...runImports(
        ctx,
        placed.map(({ run }) => run),
      ),
      noted: noteStatements(ctx, source, { kind: 'run', items: placed.flatMap(notedRun) }),
    },
  })
  return [...good.map(({ run }) => outcomeOf(run.runId, there)), ...refused]
}

function notedRun({ run: { runId }, mark }: RunToImport): ImportedItem[] {
  return mark === undefined ? [] : [{ foreignId: runId, ownId: runId, mark }]
}

/** A logged model of a source, and what the importing program notes of it. */
export type LoggedModelToImport = { readonly model: ImportedLoggedModel; readonly mark: string }

/**
 * Take logged models over, under their ids and in the experiments that theirs became.
 *
 * @throws RESOURCE_CONFLICT one of them changed at that moment; nothing is imported
 */
export async function importLoggedModels(
  ctx: Context,
  source: string,
  models: readonly LoggedModelToImport[],
): Promise<ImportOutcome[]> {
  const ids = models.map(({ model }) => model.modelId)
  const own = await ownExperiments(
    ctx,
    source,
    models.map(({ model }) => model.experimentId),
  )
  const there = await findExperimentsOfLoggedModels(ctx, ids)
  const { good, refused } = judgeItems(models, {
    idOf: ({ model }) => model.modelId,
    check: ({ model }) => {
      checkImportedLoggedModel(model)
      const what = `Logged model '${model.modelId}'`
      checkPlace(own.get(model.experimentId), there.get(model.modelId), what)
    },
  })
  const placed = good.map(({ model }) => ({
    ...model,
    experimentId: own.get(model.experimentId) ?? '',
  }))
  const items = good.map(({ model: { modelId }, mark }) => ({
    foreignId: modelId,
    ownId: modelId,
    mark,
  }))
  await write(ctx, source, {
    kind: 'logged_model',
    count: placed.length,
    statements: {
      ...loggedModelImports(ctx, placed),
      noted: noteStatements(ctx, source, { kind: 'logged_model', items }),
    },
  })
  return [...good.map(({ model }) => outcomeOf(model.modelId, there)), ...refused]
}

async function ownExperiments(
  ctx: Context,
  source: string,
  foreignIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const ids = [...new Set(foreignIds)]
  const known = await readImportedItems(ctx, source, { kind: 'experiment', ids })
  return new Map([...known].map(([foreignId, { ownId }]) => [foreignId, ownId]))
}

/**
 * @param own the experiment here that it belongs into; undefined: it was not imported
 * @param there the one that has it already
 */
function checkPlace(own: string | undefined, there: string | undefined, what: string): void {
  if (own === undefined) {
    throw invalid(`${what}: its experiment was not imported from this source; import that first`)
  }
  if (there !== undefined && there !== own) {
    throw invalid(`${what} is in experiment ${there} here, and is left as it is`)
  }
}

function outcomeOf(id: string, there: ReadonlyMap<string, string>): ImportOutcome {
  return { id, state: there.has(id) ? 'updated' : 'added' }
}

/** One batch with its entry in the audit log. */
async function write<const Q extends Batch>(
  ctx: Context,
  source: string,
  {
    kind,
    count,
    statements,
  }: { readonly kind: ImportedKind; readonly count: number; readonly statements: Q },
): Promise<BatchRows<Q>> {
  const entry = entryStatement(ctx, {
    action: 'tracking.imported',
    from: sql`(select 1) where ${count} > 0`,
    after: sql`json_object('source', ${source}, 'kind', ${kind}, 'count', ${count})`,
  })
  try {
    const { entry: _entry, ...rows } = await commit(ctx, { ...statements, entry })
    // What is left are the rows of `statements`.
    return rows as unknown as BatchRows<Q>
  } catch (err) {
    if (!(err instanceof ConstraintError)) throw err
    throw conflict(`Something of it was taken while it was imported (${err.subject}); try again`)
  }
}
