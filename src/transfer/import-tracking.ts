import { sql } from 'drizzle-orm'
import { storePathOf } from '../artifacts/path.ts'
import { excerpt, invalid } from '../core/error.ts'
import type { Context } from '../platform/context.ts'
import { locationColumn } from '../tracking/experiments/artifact-location.ts'
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
import { type ImportedItem, type ImportOutcome, noteStatements } from './imported-items.ts'
import { judgeItems } from './judge-items.ts'
import { writeImport } from './write-import.ts'

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
  const own = await findOwnExperiments(
    ctx,
    source,
    runs.map(({ run }) => run.experimentId),
  )
  const there = await findExperimentsOfRuns(ctx, ids)
  const { good, refused } = judgeItems(runs, {
    idOf: ({ run }) => run.runId,
    check: ({ run }) => {
      checkImportedRun(run)
      const { runId, experimentId, artifactUri } = run
      const what = `Run '${runId}'`
      checkPlace(own.get(experimentId), there.get(runId), {
        what,
        artifactUri,
        workspace: ctx.workspace,
      })
    },
  })
  const placed = good.map(({ run, mark }) => ({
    mark,
    run: { ...run, experimentId: own.get(run.experimentId)?.id ?? '' },
  }))
  await writeImport(ctx, source, {
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
  const own = await findOwnExperiments(
    ctx,
    source,
    models.map(({ model }) => model.experimentId),
  )
  const there = await findExperimentsOfLoggedModels(ctx, ids)
  const { good, refused } = judgeItems(models, {
    idOf: ({ model }) => model.modelId,
    check: ({ model }) => {
      checkImportedLoggedModel(model)
      const { modelId, experimentId, artifactUri } = model
      const what = `Logged model '${modelId}'`
      checkPlace(own.get(experimentId), there.get(modelId), {
        what,
        artifactUri,
        workspace: ctx.workspace,
      })
    },
  })
  const placed = good.map(({ model }) => ({
    ...model,
    experimentId: own.get(model.experimentId)?.id ?? '',
  }))
  const items = good.map(({ model: { modelId }, mark }) => ({
    foreignId: modelId,
    ownId: modelId,
    mark,
  }))
  await writeImport(ctx, source, {
    kind: 'logged_model',
    count: placed.length,
    statements: {
      ...loggedModelImports(ctx, placed),
      noted: noteStatements(ctx, source, { kind: 'logged_model', items }),
    },
  })
  return [...good.map(({ model }) => outcomeOf(model.modelId, there)), ...refused]
}

/** An experiment that was imported and is still here. */
type OwnExperiment = { readonly id: string; readonly location: string }

/** By the ids of the source. */
async function findOwnExperiments(
  ctx: Context,
  source: string,
  foreignIds: readonly string[],
): Promise<ReadonlyMap<string, OwnExperiment>> {
  const rows = await ctx.db.all(sql<{ foreign_id: string; id: string; location: string }>`
    select i.foreign_id, i.own_id as id, ${locationColumn(ctx)} as location from imported_items i
    join experiments on experiments.workspace = i.workspace
      and experiments.id = cast(i.own_id as integer)
    where i.workspace = ${ctx.workspace} and i.source = ${source} and i.kind = 'experiment'
      and i.foreign_id in (select value from json_each(${JSON.stringify(foreignIds)}))`)
  return new Map(rows.map(({ foreign_id, id, location }) => [foreign_id, { id, location }]))
}

/**
 * @param own the experiment here that it belongs into; undefined: it was not imported
 * @param there the one that has it already
 */
function checkPlace(
  own: OwnExperiment | undefined,
  there: string | undefined,
  {
    what,
    artifactUri,
    workspace,
  }: {
    readonly what: string
    readonly artifactUri: string | undefined
    readonly workspace: string
  },
): void {
  if (own === undefined) {
    throw invalid(`${what}: its experiment was not imported from this source; import that first`)
  }
  if (there !== undefined && there !== own.id) {
    throw invalid(`${what} is in experiment ${there} here, and is left as it is`)
  }
  const path = artifactUri === undefined ? undefined : storePathOf(artifactUri, workspace)
  const folder = storePathOf(own.location, workspace)
  if (path === undefined || (folder !== undefined && path.startsWith(`${folder}/`))) return
  throw invalid(
    `${what}: its artifact_uri '${excerpt(artifactUri ?? '')}' is not below '${excerpt(own.location)}', the folder of its experiment; leave it out`,
  )
}

function outcomeOf(id: string, there: ReadonlyMap<string, string>): ImportOutcome {
  return { id, state: there.has(id) ? 'updated' : 'added' }
}
