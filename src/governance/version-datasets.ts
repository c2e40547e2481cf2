import type { Context } from '../platform/context.ts'
import type { FactDataset } from '../registry/facts/facts.ts'
import { readStoredDatasets } from '../registry/facts/readable-facts.ts'
import { type RunDataset, readDatasetsOfRuns } from '../tracking/run-data/datasets.ts'

/**
 * The datasets of versions as far as the caller may see them, by `model_versions.id`: those of the
 * run or, if it is gone, those that are kept with the version.
 */
export async function readVersionDatasets(
  ctx: Context,
  versions: readonly { readonly id: number; readonly runId: string | null | undefined }[],
): Promise<Map<number, readonly RunDataset[]>> {
  const ofRuns = await readDatasetsOfRuns(
    ctx,
    versions.flatMap(({ runId }) => runId || []),
  )
  const runless = versions.filter(({ runId }) => !ofRuns.has(runId ?? ''))
  const stored = await readStoredDatasets(
    ctx,
    runless.map(({ id }) => id),
  )
  return new Map(
    versions.map(({ id, runId }) => [
      id,
      ofRuns.get(runId ?? '') ?? (stored.get(id) ?? []).map(datasetFrom),
    ]),
  )
}

/** A dataset of facts, as those of runs are shown. */
export function datasetFrom({ source_type, context, ...dataset }: FactDataset): RunDataset {
  return { ...dataset, sourceType: source_type, context }
}
