import { requireModelVersion } from '../../access/permissions/require.ts'
import * as serving from '../../serving/replicas.ts'
import { readModelUri } from '../../serving/resolve.ts'
import type { Answer } from '../endpoints/endpoint.ts'
import * as endpoints from '../endpoints/replicas.ts'
import { page } from '../page.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

/** Ahead of every `serving_replicas.id`. */
const firstId: number = 0

/** What really runs, as the processes that serve say. */
export const replicaRoutes: readonly ServedEndpoint[] = [
  serve(
    endpoints.reportReplica,
    (ctx, { body }) => requireModelVersion(ctx, readModelUri(body.uri).name, 'USE'),
    async (ctx, { body }) => {
      const { stopped, live, failed, replica, host } = body
      const uri = readModelUri(body.uri)
      if (stopped) await serving.removeReplica(ctx, uri, replica)
      else {
        await serving.reportReplica(ctx, {
          uri,
          replica,
          host,
          live: live && { version: live.version, digest: live.digest, atMs: live.at },
          failed,
        })
      }
      return {}
    },
  ),

  serve(
    endpoints.listReplicas,
    (ctx, { params }) => requireModelVersion(ctx, params.name, 'READ'),
    async (ctx, { params, query }) => {
      const { items, ...rest } = await page(['replicas', params.name], query, {
        first: firstId,
        read: (after, count) => serving.listReplicas(ctx, params.name, { after, count }),
        keyOf: ({ id }) => id,
        toWire: (replica) => replica,
      })
      const wanted = await serving.readWanted(ctx, items)
      return { items: items.map((item) => replicaToWire(item, wanted.get(item.uri))), ...rest }
    },
  ),
]

function replicaToWire(
  replica: serving.Replica,
  wanted: serving.MeantVersion | undefined,
): Answer<typeof endpoints.listReplicas>['items'][number] {
  const { live, failed } = replica
  return {
    replica: replica.replica,
    host: replica.host,
    uri: replica.uri,
    reported_by: replica.reporter,
    version: live && String(live.version),
    digest: live?.digest,
    live_at: live?.atMs,
    wanted_version: wanted && String(wanted.version),
    drifted: serving.isDrifted(replica, wanted),
    failed: failed && {
      version: String(failed.version),
      message: failed.message,
      at: failed.atMs,
    },
    seen_at: replica.seenAtMs,
    silent: replica.isSilent,
  }
}
