import { cleanPath, placeInWorkspace } from '../artifacts/path.ts'
import { absent, excerpt, invalid, type RegistryError } from '../core/error.ts'
import { messages } from '../core/messages.ts'
import { defaultWorkspace } from '../core/names.ts'
import { downloadRoute, signUrl } from '../http/files/signed-url.ts'
import { pathAfter } from '../http/guards/target.ts'
import type { Context } from '../platform/context.ts'
import { getLocated, locatePath } from '../registry/files/artifact-place.ts'
import { requirePath } from '../registry/permissions.ts'
import { getLoggedModel } from '../tracking/logged-models/read-logged-models.ts'
import { requireLoggedModel, requireRun } from '../tracking/permissions.ts'
import { getRunInfo } from '../tracking/runs/read-runs.ts'
import { type Operation, operation, rawOperation } from './operation.ts'
import { onRun } from './rules.ts'
import { message } from './wire/message.ts'

const expirySecondsMax = 604_800

/** As MLflow's: a client asks for a new one when a range is refused. */
const downloadLifetimeMs = 300_000

/**
 * Downloads by a signed URL of this server, in ranges. URLs into a bucket are for stores that
 * clients reach by themselves. Ours is reached only through this server, so those two operations
 * refuse, with a message that makes clients fall back to plain requests.
 */
export const presignedOperations: readonly Operation[] = [
  rawOperation('getPresignedDownloadUrl', {
    read: (c) =>
      placeInWorkspace(c.var.ctx, cleanPath(pathAfter(c, '/mlflow-artifacts/presigned/'))),
    rule: (ctx, path) => requirePath(ctx, path, 'READ'),
    handle: async (c, path) => {
      const located = await locatePath(c.var.ctx, path)
      if (!located) throw absent(messages.noArtifact(path))
      const { workspace } = c.var.ctx
      const { sha256, sizeBytes } = await getLocated(c.var.ctx, located)
      const url = await signUrl(c, {
        permit: ['download', workspace, path, sha256],
        lifetimeMs: downloadLifetimeMs,
        path: downloadRoute,
        query: { path, sha256, ...(workspace !== defaultWorkspace && { workspace }) },
      })
      return c.json({ url, headers: {}, file_size: sizeBytes })
    },
  }),

  operation('createPresignedUploadUrl', {
    request: message({
      run_id: { type: 'string' },
      model_id: { type: 'string' },
      path: { type: 'artifact_path', required: true },
    }),
    rule: mayPresignUpload,
    answer: async (ctx, req) => {
      if (!req.run_id === !req.model_id) {
        throw invalid("Give one of 'run_id' and 'model_id', not both and not none")
      }
      throw unsupported('upload', await artifactUriOf(ctx, req.run_id, req.model_id))
    },
  }),

  operation('createPresignedDownloadUrl', {
    request: message({
      run_id: { type: 'string', required: true },
      path: { type: 'artifact_path', required: true },
      expiration: { type: 'int64' },
    }),
    rule: onRun('READ'),
    answer: async (ctx, req) => {
      const seconds = req.expiration ?? 1
      if (seconds < 1 || seconds > expirySecondsMax) {
        throw invalid(`Invalid expiration ${seconds}: it must be 1 to ${expirySecondsMax} seconds`)
      }
      throw unsupported('download', await artifactUriOf(ctx, req.run_id, undefined))
    },
  }),
]

/** EDIT on the one that is named; the operation refuses a request with both or neither. */
async function mayPresignUpload(
  ctx: Context,
  req: { readonly run_id?: string | undefined; readonly model_id?: string | undefined },
): Promise<void> {
  if (req.run_id) await requireRun(ctx, req.run_id, 'EDIT')
  if (req.model_id) await requireLoggedModel(ctx, req.model_id, 'EDIT')
}

async function artifactUriOf(
  ctx: Context,
  runId: string | undefined,
  modelId: string | undefined,
): Promise<string> {
  const entity = runId ? await getRunInfo(ctx, runId) : await getLoggedModel(ctx, modelId ?? '')
  return entity.artifactUri
}

function unsupported(direction: 'upload' | 'download', artifactUri: string): RegistryError {
  return invalid(
    `Presigned ${direction} is not supported for the current artifact repository ('${excerpt(artifactUri)}'): use the mlflow-artifacts endpoints`,
  )
}
