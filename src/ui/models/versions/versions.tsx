import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import type { Context } from '../../../platform/context.ts'
import { parseVersion } from '../../../registry/check-names.ts'
import { getModel } from '../../../registry/models/registered-models.ts'
import { type ModelVersion, readVersionsBefore } from '../../../registry/versions/read-versions.ts'
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
  const [metric, after] = [optionalQuery(c, 'metric'), beforeOf(c)]
  const model = await getModel(ctx, name)
  const before = after ?? Number.MAX_SAFE_INTEGER
  const [frame, found, metrics] = await Promise.all([
    frameOf(c),
    readVersionsBefore(ctx.db, model.id, { before, count: shownMax + 1 }),
    listVersionMetricKeys(ctx, name),
  ])
  const versions = found.slice(0, shownMax)
  const values = await readValues(ctx, name, { metric, of: versions })
  const page = (
    <VersionsPage
      {...{ frame, name, versions, metric, metrics, values }}
      next={found.length > shownMax ? versions.at(-1)?.version : undefined}
      isLater={after !== undefined}
    />
  )
  return sendPage(c, { frame, page })
}

/** @throws INVALID_PARAMETER_VALUE it is not the number of a version */
function beforeOf(c: AppContext): number | undefined {
  const text = optionalQuery(c, 'after')
  return text === undefined ? undefined : parseVersion(text)
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
