import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import type { Context } from '../../../platform/context.ts'
import { getModel } from '../../../registry/models/registered-models.ts'
import type { ModelVersion } from '../../../registry/versions/read-versions.ts'
import { searchModelVersions } from '../../../registry/versions/search-versions.ts'
import {
  listVersionMetricKeys,
  readVersionMetrics,
} from '../../../registry/versions/version-metrics.ts'
import { modelNameOf } from '../../addressed.ts'
import { frameOf } from '../../shell/frame.ts'
import { sendPage } from '../../shell/page.tsx'
import { VersionsPage } from './versions-page.tsx'

const shownMax = 50

/** `GET /models/{name}/versions?metric=&after=`: all versions, the newest first. */
export async function showVersions(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const name = modelNameOf(c)
  const [metric, after] = [optionalQuery(c, 'metric'), optionalQuery(c, 'after')]
  const [frame, , found, metrics] = await Promise.all([
    frameOf(c),
    // Whose name no model has, has no page.
    getModel(ctx, name),
    searchModelVersions(ctx, {
      filter: `name = '${name.replaceAll("'", "''")}'`,
      orderBy: ['version_number DESC'],
      maxResults: shownMax,
      pageToken: after,
    }),
    listVersionMetricKeys(ctx, name),
  ])
  const values = await readValues(ctx, name, { metric, of: found.items })
  const page = (
    <VersionsPage
      {...{ frame, name, metric, metrics, values }}
      versions={found.items}
      next={found.nextPageToken}
      isLater={after !== undefined}
    />
  )
  return sendPage(c, { frame, page })
}

/** The metric of the versions that are shown, by their numbers. */
async function readValues(
  ctx: Context,
  name: string,
  { metric, of }: { readonly metric: string | undefined; readonly of: readonly ModelVersion[] },
): Promise<ReadonlyMap<number, number | null>> {
  const [newest] = of
  if (metric === undefined || newest === undefined) return new Map()
  const found = await readVersionMetrics(ctx, name, {
    key: metric,
    before: newest.version + 1,
    count: shownMax,
  })
  return new Map(found.map(({ version, value }) => [version, value]))
}
