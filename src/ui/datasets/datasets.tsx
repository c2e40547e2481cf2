import { notFound } from '../../core/error.ts'
import {
  countVersionsTrainedOn,
  findVersionsTrainedOn,
  type TrainedVersion,
} from '../../governance/lineage.ts'
import type { AppContext } from '../../http/app-env.ts'
import { optionalQuery } from '../../http/guards/target.ts'
import type { Context } from '../../platform/context.ts'
import { countReplicasOfVersions } from '../../serving/replicas.ts'
import {
  type DatasetInExperiment,
  datasetRunsMax,
  findDatasetByDigest,
  listDatasets,
} from '../../tracking/run-data/known-datasets.ts'
import { numberIn } from '../paths.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { DatasetPage } from './dataset-page.tsx'
import { DatasetsPage } from './datasets-page.tsx'

const perPage = 25

/** `GET /datasets?q=&after=` */
export async function showDatasets(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const words = (optionalQuery(c, 'q') ?? '').trim()
  const token = optionalQuery(c, 'after')
  const [frame, { items, nextPageToken }] = await Promise.all([
    frameOf(c),
    listDatasets(ctx, words, { token, count: perPage }),
  ])
  const digests = items.map(({ digest }) => digest)
  const trained = await countVersionsTrainedOn(ctx, digests, datasetRunsMax)
  const page = <DatasetsPage {...{ frame, words, items, trained, next: nextPageToken }} />
  return sendPage(c, { frame, page })
}

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

/** `GET /datasets/{digest}?after=`: what was trained on it, and whether any of that is live. */
export async function showDataset(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const digest = c.req.param('digest') ?? ''
  const after = numberIn(optionalQuery(c, 'after')) ?? 0
  const [frame, standing] = await Promise.all([frameOf(c), readDataset(ctx, digest, after)])
  return sendPage(c, { frame, page: <DatasetPage {...{ frame, standing }} /> })
}

/** @throws RESOURCE_DOES_NOT_EXIST nothing that the caller may read names it */
async function readDataset(ctx: Context, digest: string, after: number): Promise<DatasetStanding> {
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
