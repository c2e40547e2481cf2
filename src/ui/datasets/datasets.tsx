import { countVersionsTrainedOn } from '../../governance/lineage.ts'
import type { AppContext } from '../../http/app-env.ts'
import { optionalQuery } from '../../http/guards/target.ts'
import { datasetRunsMax, listDatasets } from '../../tracking/run-data/known-datasets.ts'
import { numberIn } from '../paths.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { DatasetPage } from './dataset-page.tsx'
import { DatasetsPage } from './datasets-page.tsx'
import { readDataset } from './read-dataset.ts'

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

/** `GET /datasets/{digest}?after=`: what was trained on it, and whether any of that is live. */
export async function showDataset(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const digest = c.req.param('digest') ?? ''
  const after = numberIn(optionalQuery(c, 'after')) ?? 0
  const [frame, standing] = await Promise.all([frameOf(c), readDataset(ctx, digest, after)])
  return sendPage(c, { frame, page: <DatasetPage {...{ frame, standing }} /> })
}
