import type { Context } from '../../platform/context.ts'
import type { VersionDetail } from '../../registry/versions/version-detail.ts'
import { findRunLineage } from '../../tracking/runs/run-lineage.ts'

/**
 * What the run of a version tells of a package: the code that ran, as far as the caller may read the run,
 * and where the metrics are.
 */
export async function describeOrigin(
  ctx: Context,
  { name, version, runId, modelId }: VersionDetail,
  serverUrl: string,
) {
  if (!runId && !modelId) return {}
  const run = runId ? await findRunLineage(ctx, runId) : undefined
  const facts = `${serverUrl}/api/v1/models/${encodeURIComponent(name)}/versions/${version}/facts`
  return {
    ...(run && {
      MetadataProperties: {
        CommitId: run.code.commit,
        Repository: run.code.repository,
        GeneratedBy: run.runId,
        ProjectId: run.experimentName,
      },
    }),
    ModelMetrics: {
      ModelQuality: { Statistics: { ContentType: 'application/json', S3Uri: facts } },
    },
  }
}
