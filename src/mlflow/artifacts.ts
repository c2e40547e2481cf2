import { requireModelVersion } from '../access/permissions/require.ts'
import { putFile } from '../artifacts/files.ts'
import { cleanFilePath, cleanPath } from '../artifacts/path.ts'
import { streamBytes } from '../core/bytes.ts'
import { absent, invalid, RegistryError } from '../core/error.ts'
import { messages } from '../core/messages.ts'
import type { AppContext } from '../http/app-env.ts'
import { declaredLength, readBytes } from '../http/body.ts'
import { sendLocated } from '../http/files/send-artifact.ts'
import { optionalQuery, requiredQuery } from '../http/guards/target.ts'
import type { Context } from '../platform/context.ts'
import { parseVersion } from '../registry/check-names.ts'
import { below, type ListQuery, listLocated } from '../registry/files/artifact-place.ts'
import { getVersionFiles, sealedManifest } from '../registry/files/version-manifest.ts'
import { getLoggedModel } from '../tracking/logged-models/read-logged-models.ts'
import { requireLoggedModel, requireRun } from '../tracking/permissions.ts'
import { getRunInfo } from '../tracking/runs/read-runs.ts'
import { artifactProxyOperations } from './artifact-proxy.ts'
import { entriesToWire, ListFields, listQuery } from './artifact-wire.ts'
import { multipartOperations } from './multipart.ts'
import { type Operation, operation, rawOperation } from './operation.ts'
import { presignedOperations } from './presigned.ts'
import { onLoggedModel, onRun } from './rules.ts'
import { message } from './wire/message.ts'

/** The most that the web page may send in one request, as in MLflow. */
const pageUploadBytesMax = 10 * 1024 * 1024

/** Files of runs, logged models and model versions, by the entity's id. */
const entityOperations: readonly Operation[] = [
  operation('listArtifacts', {
    request: message({
      run_id: { type: 'string', required: true, alsoAs: 'run_uuid' },
      path: { type: 'artifact_path' },
      ...ListFields,
    }),
    rule: onRun('READ'),
    answer: async (ctx, req) => {
      const { artifactUri } = await getRunInfo(ctx, req.run_id)
      return listed(ctx, artifactUri, { folder: req.path, query: listQuery(req) })
    },
  }),

  operation('listLoggedModelArtifacts', {
    request: message({
      model_id: { type: 'string', required: true },
      artifact_directory_path: { type: 'artifact_path' },
      ...ListFields,
    }),
    rule: onLoggedModel('READ'),
    answer: async (ctx, req) => {
      const { artifactUri } = await getLoggedModel(ctx, req.model_id)
      return listed(ctx, artifactUri, {
        folder: req.artifact_directory_path,
        query: listQuery(req),
      })
    },
  }),

  rawOperation('getArtifact', {
    read: (c) => ({ runId: runIdOf(c), path: cleanPath(requiredQuery(c, 'path')) }),
    rule: (ctx, { runId }) => requireRun(ctx, runId, 'READ'),
    handle: async (c, { runId, path }) => {
      const { artifactUri } = await getRunInfo(c.var.ctx, runId)
      return sendLocated(c, below(c.var.ctx, artifactUri, path))
    },
  }),

  rawOperation('getLoggedModelArtifact', {
    read: (c) => ({
      modelId: c.req.param('model_id') ?? '',
      path: cleanPath(filePathOf(c)),
    }),
    rule: (ctx, { modelId }) => requireLoggedModel(ctx, modelId, 'READ'),
    handle: async (c, { modelId, path }) => {
      const { artifactUri } = await getLoggedModel(c.var.ctx, modelId)
      return sendLocated(c, below(c.var.ctx, artifactUri, path))
    },
  }),

  rawOperation('getModelVersionArtifact', {
    read: (c) => ({
      path: cleanPath(requiredQuery(c, 'path')),
      name: requiredQuery(c, 'name'),
      version: parseVersion(requiredQuery(c, 'version')),
    }),
    rule: (ctx, { name }) => requireModelVersion(ctx, name, 'READ'),
    handle: async (c, { path, name, version }) => {
      const files = await getVersionFiles(c.var.ctx, name, version)
      const manifest = sealedManifest(files, name, version)
      return sendLocated(c, { place: { manifest }, path, shown: path })
    },
  }),

  rawOperation('uploadRunArtifact', {
    read: (c) => ({ runId: uploadTargetOf(c), path: cleanFilePath(requiredQuery(c, 'path')) }),
    rule: (ctx, { runId }) => requireRun(ctx, runId, 'EDIT'),
    handle: async (c, { runId, path }) => {
      const bytes = await pageUpload(c)
      const { artifactUri } = await getRunInfo(c.var.ctx, runId)
      await putFile(c.var.ctx, below(c.var.ctx, artifactUri, path).path, {
        body: streamBytes(bytes),
        sizeBytes: bytes.byteLength,
      })
      return c.body(null, 200)
    },
  }),
]

/** A folder below an entity's artifact root, with paths from that root. */
async function listed(
  ctx: Context,
  artifactUri: string,
  { folder = '', query }: { readonly folder: string | undefined; readonly query: ListQuery },
): Promise<object> {
  const { items, nextPageToken } = await listLocated(ctx, below(ctx, artifactUri, folder), query)
  return {
    root_uri: artifactUri,
    files: entriesToWire(items, folder),
    next_page_token: nextPageToken,
  }
}

async function pageUpload(c: AppContext): Promise<Uint8Array> {
  if ((declaredLength(c) ?? 0) > pageUploadBytesMax) {
    throw invalid(
      `${messages.fileTooLarge}: it has more than ${pageUploadBytesMax} bytes; log it with a client`,
    )
  }
  const bytes = await readBytes(c, pageUploadBytesMax)
  if (bytes.byteLength === 0) throw invalid(`${messages.unspecified('data')}: the body is empty`)
  return bytes
}

/** MLflow has a code and a phrase of its own for this one. */
function filePathOf(c: AppContext): string {
  const path = optionalQuery(c, 'artifact_file_path')
  if (path !== undefined) return path
  throw new RegistryError('BAD_REQUEST', `${messages.unspecifiedFile('artifact_file_path')}.`)
}

/** The run that a page uploads to; its name for the run is `run_uuid`. */
function uploadTargetOf(c: AppContext): string {
  return optionalQuery(c, 'run_id') === undefined ? requiredQuery(c, 'run_uuid') : runIdOf(c)
}

/**
 * @throws INVALID_PARAMETER_VALUE `run_id` and `run_uuid` name two runs
 * @throws RESOURCE_DOES_NOT_EXIST there is neither
 */
function runIdOf(c: AppContext): string {
  const runId = optionalQuery(c, 'run_id')
  const runUuid = optionalQuery(c, 'run_uuid')
  if (runId !== undefined && runUuid !== undefined && runId !== runUuid) {
    throw invalid("Parameters 'run_id' and 'run_uuid' differ; send only 'run_id'")
  }
  const id = runId ?? runUuid
  if (id === undefined) {
    throw absent(`${messages.noRun('None')}: the request has no run_id`)
  }
  return id
}

export const artifactOperations: readonly Operation[] = [
  ...artifactProxyOperations,
  ...entityOperations,
  ...multipartOperations,
  ...presignedOperations,
]
