import { requireModelVersion } from '../../access/permissions/require.ts'
import * as governance from '../../governance/lineage.ts'
import type { Promotion } from '../../governance/promotions/promotion.ts'
import { anyone } from '../../http/guards/guard.ts'
import { isActive } from '../../registry/stages/stages.ts'
import type { ModelVersion } from '../../registry/versions/read-versions.ts'
import { listReplicasOfVersion, type Replica } from '../../serving/replicas.ts'
import type { RunLineage } from '../../tracking/runs/run-lineage.ts'
import * as endpoints from '../endpoints/lineage.ts'
import { tracesToWire } from '../governance/cards.ts'
import { page } from '../page.ts'
import { type ServedEndpoint, serve } from '../serve.ts'
import { datasetToWire } from './holders.ts'

/** Ahead of every `model_versions.id`. */
const firstId: number = 0

/** Where versions come from, and which versions came from a dataset. */
export const lineageRoutes: readonly ServedEndpoint[] = [
  serve(
    endpoints.getLineage,
    (ctx, { params }) => requireModelVersion(ctx, params.name, 'READ'),
    async (ctx, { params }) => {
      const found = await governance.getLineage(ctx, params.name, params.version)
      const { loggedModel } = found
      return {
        ...standingToWire(found.version),
        digest: found.version.digest,
        run: found.run && runToWire(found.run),
        datasets: found.datasets.map(datasetToWire),
        logged_model: loggedModel && {
          model_id: loggedModel.modelId,
          name: loggedModel.name,
          status: loggedModel.status,
          experiment_id: loggedModel.experimentId,
        },
        traces: found.traces && tracesToWire(found.traces),
        evaluations: found.evaluations.map(({ runId, name, datasets }) => ({
          run_id: runId,
          name,
          datasets: datasets.map(datasetToWire),
        })),
        siblings: found.siblings.map(standingToWire),
        promotions: found.promotions.map(promotionToWire),
        served_by: (await listReplicasOfVersion(ctx, params.name, params.version)).map(
          servedToWire,
        ),
      }
    },
  ),

  serve(endpoints.findTrainedOn, anyone, (ctx, { query }) =>
    page(['lineage', query.dataset_digest], query, {
      first: firstId,
      read: (after, count) =>
        governance.findVersionsTrainedOn(ctx, query.dataset_digest, { after, count }),
      keyOf: ({ version }) => version.id,
      toWire: ({ version, datasets }) => ({
        ...standingToWire(version),
        datasets: datasets.map(datasetToWire),
      }),
    }),
  ),
]

function servedToWire({ replica, host, uri, live, seenAtMs }: Replica) {
  return { replica, host, uri, live_at: live?.atMs, seen_at: seenAtMs }
}

function standingToWire(version: ModelVersion) {
  const { name, stage, aliases, source, runId, modelId } = version
  return {
    model: name,
    version: String(version.version),
    stage,
    aliases,
    live: isActive(stage) || aliases.length > 0,
    source,
    run_id: runId || undefined,
    model_id: modelId || undefined,
  }
}

function runToWire({
  runId,
  name,
  status,
  experimentId,
  experimentName,
  parent,
  code,
}: RunLineage) {
  return {
    run_id: runId,
    name,
    status,
    experiment_id: experimentId,
    experiment: experimentName,
    parent: parent && { run_id: parent.runId, name: parent.name },
    code,
  }
}

function promotionToWire(promotion: Promotion) {
  return {
    id: String(promotion.id),
    to: promotion.target,
    status: promotion.status,
    requested_by: promotion.requestedBy,
    requested_at: promotion.requestedAtMs,
    decided_by: promotion.decidedBy ?? undefined,
    decided_at: promotion.decidedAtMs ?? undefined,
  }
}
