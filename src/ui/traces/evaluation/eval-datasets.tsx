import { parseExactJson } from '../../../core/exact-json.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import type { Context } from '../../../platform/context.ts'
import { getEvalDataset, listExperimentsOf } from '../../../traces/evaluation/dataset.ts'
import { readRecords } from '../../../traces/evaluation/read-records.ts'
import { searchEvalDatasets } from '../../../traces/evaluation/search-datasets.ts'
import { requireEvalDataset } from '../../../traces/permissions.ts'
import { getExperiment, readExperiments } from '../../../tracking/experiments/experiment.ts'
import { experimentIdOf } from '../../addressed.ts'
import { frameOf } from '../../shell/frame.ts'
import { sendPage } from '../../shell/page.tsx'
import { EvalDatasetPage, EvalDatasetsPage } from './eval-datasets-page.tsx'

const datasetsMax = 100
const recordsMax = 10
const experimentsMax = 20

/** `GET /experiments/{id}/evaluation-datasets?after=` */
export async function showEvalDatasets(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const id = experimentIdOf(c)
  const pageToken = optionalQuery(c, 'after')
  const [frame, experiment, found] = await Promise.all([
    frameOf(c),
    getExperiment(ctx, id),
    searchEvalDatasets(ctx, {
      ...{ experimentIds: [id], orderBy: [], maxResults: datasetsMax, pageToken },
    }),
  ])
  const { items: datasets, nextPageToken: next } = found
  return sendPage(c, {
    frame,
    page: <EvalDatasetsPage {...{ frame, experiment, datasets, next }} />,
  })
}

/** @throws PERMISSION_DENIED, RESOURCE_DOES_NOT_EXIST */
export function mayReadEvalDataset(ctx: Context, c: AppContext): Promise<void> {
  return requireEvalDataset(ctx, datasetIdOf(c), 'READ')
}

/** `GET /evaluation-datasets/{id}?after=` */
export async function showEvalDataset(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const id = datasetIdOf(c)
  const token = optionalQuery(c, 'after')
  const [frame, dataset, found, experimentIds] = await Promise.all([
    frameOf(c),
    getEvalDataset(ctx, id),
    readRecords(ctx, id, { count: recordsMax, token }),
    listExperimentsOf(ctx, id),
  ])
  const experiments = await readExperiments(ctx, experimentIds.slice(0, experimentsMax))
  const experimentsLeft = experimentIds.length - experiments.length
  const { items, nextPageToken: next } = found
  const records = items.map(parseExactJson)
  const page = (
    <EvalDatasetPage {...{ frame, dataset, experiments, experimentsLeft, records, next }} />
  )
  return sendPage(c, { frame, page })
}

function datasetIdOf(c: AppContext): string {
  return c.req.param('dataset') ?? ''
}
