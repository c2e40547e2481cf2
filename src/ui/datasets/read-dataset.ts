import { notFound } from '../../core/error.ts'
import { findVersionsTrainedOn, type TrainedVersion } from '../../governance/lineage.ts'
import type { Context } from '../../platform/context.ts'
import { countReplicasOfVersions } from '../../serving/replicas.ts'
import {
  type DatasetInExperiment,
  findDatasetByDigest,
} from '../../tracking/run-data/known-datasets.ts'

/** All that the page of a dataset shows; what the caller may not read is left out. */
export type DatasetStanding = {
  readonly digest: string
  /** Where it was read; the newest first. */
  readonly datasets: readonly DatasetInExperiment[]
  readonly hasMoreExperiments: boolean
  /** Versions that were trained on it: those in a stage in which versions serve, and a page of the others. */
  readonly serving: readonly TrainedVersion[]
  readonly others: readonly TrainedVersion[]
  readonly hasMoreServing: boolean
  /** The `ModelVersion.id` behind which the next page of the others begins. */
  readonly next: number | undefined
  /** Processes that answer with a version, by `ModelVersion.id`. */
  readonly replicas: ReadonlyMap<number, number>
}

const experimentsMax = 50
const servingMax = 200
const othersMax = 50

/** @throws RESOURCE_DOES_NOT_EXIST nothing that the caller may read names it */
export async function readDataset(
  ctx: Context,
  digest: string,
  after: number,
): Promise<DatasetStanding> {
  const [datasets, serving, others] = await Promise.all([
    findDatasetByDigest(ctx, digest, experimentsMax + 1),
    findVersionsTrainedOn(ctx, digest, { after: 0, count: servingMax + 1, isServing: true }),
    findVersionsTrainedOn(ctx, digest, { after, count: othersMax + 1, isServing: false }),
  ])
  if (datasets.length + serving.length + others.length === 0 && after === 0) {
    throw notFound('Dataset', digest)
  }
  const shown = serving.slice(0, servingMax)
  const replicas = await countReplicasOfVersions(
    ctx,
    [...shown, ...others].map(({ version }) => version.id),
  )
  return {
    digest,
    datasets: datasets.slice(0, experimentsMax),
    hasMoreExperiments: datasets.length > experimentsMax,
    serving: shown,
    hasMoreServing: serving.length > servingMax,
    others: others.slice(0, othersMax),
    next: others.length > othersMax ? others[othersMax - 1]?.version.id : undefined,
    replicas,
  }
}
