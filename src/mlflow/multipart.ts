import {
  baseNameOf,
  cleanFilePath,
  cleanPath,
  climbs,
  joinPaths,
  placeInWorkspace,
} from '../artifacts/path.ts'
import { signDirectParts } from '../artifacts/uploads/direct-parts.ts'
import { abortUpload, completeUpload, createUpload } from '../artifacts/uploads/multipart.ts'
import { excerpt, invalid } from '../core/error.ts'
import { messages } from '../core/messages.ts'
import type { AppContext } from '../http/app-env.ts'
import { signUrl } from '../http/files/signed-url.ts'
import { pathAfter } from '../http/guards/target.ts'
import type { Context } from '../platform/context.ts'
import { partsMax } from '../platform/parts.ts'
import { requirePath } from '../registry/permissions.ts'
import { refuseUnreadAt } from '../traces/ingest/trace-file.ts'
import { type Operation, operation } from './operation.ts'
import { unlessEmpty } from './wire/json.ts'
import { message } from './wire/message.ts'

/** A laptop may take a night for a large model, and every URL is given out at the start. */
const partLifetimeMs = 24 * 60 * 60 * 1000

const CreateMultipartUpload = message({
  path: { type: 'string' },
  num_parts: { type: 'int64' },
})
// What these lack is told to those alone who may upload there.
const CompleteMultipartUpload = message({
  path: { type: 'string' },
  upload_id: { type: 'string' },
  parts: {
    type: message({
      part_number: { type: 'int64' },
      etag: { type: 'string' },
      url: { type: 'string' },
    }),
    repeated: true,
  },
})
const AbortMultipartUpload = message({
  path: { type: 'string' },
  upload_id: { type: 'string' },
})

/** Large files in parts, each sent to a URL of its own; stock clients do so from 500 MiB on. */
export const multipartOperations: readonly Operation[] = [
  operation('createMultipartUpload', {
    request: CreateMultipartUpload,
    rule: mayUpload('create'),
    answer: async (ctx, req, c) => {
      const path = targetPath(c, 'create', needed(req.path, 'path'))
      const count = Number(req.num_parts ?? 0)
      if (count < 0 || count > partsMax) {
        throw invalid(
          `Invalid num_parts ${count}: an upload has at most ${partsMax} parts; raise MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE`,
        )
      }
      await refuseUnreadAt(ctx, path)
      const uploadId = await createUpload(ctx, path)
      const given = { count, lifetimeMs: partLifetimeMs }
      const direct = await signDirectParts(ctx, uploadId, given)
      const credentials = []
      for (let part = 1; part <= count; part++) {
        const url = direct?.[part - 1] ?? (await ownPartUrl(c, { uploadId, part, path }))
        credentials.push({ url, part_number: part, headers: {} })
      }
      return { upload_id: uploadId, credentials: unlessEmpty(credentials) }
    },
  }),

  operation('completeMultipartUpload', {
    request: CompleteMultipartUpload,
    rule: mayUpload('complete'),
    answer: async (ctx, req, c) => {
      const parts = req.parts.map(({ part_number, etag }) => ({
        part: Number(part_number ?? 0),
        etag: (etag ?? '').replace(/^(W\/)?"(.*)"$/, '$2'),
      }))
      const path = targetPath(c, 'complete', needed(req.path, 'path'))
      // The trace, or what is redacted of it, may be newer than the upload.
      await refuseUnreadAt(ctx, path)
      await completeUpload(ctx, needed(req.upload_id, 'upload_id'), { path, parts })
    },
  }),

  operation('abortMultipartUpload', {
    request: AbortMultipartUpload,
    rule: mayUpload('abort'),
    answer: async (ctx, req, c) => {
      const path = targetPath(c, 'abort', needed(req.path, 'path'))
      await abortUpload(ctx, needed(req.upload_id, 'upload_id'), path)
    },
  }),
]

/** Where this server takes a part. */
function ownPartUrl(
  c: AppContext,
  {
    uploadId,
    part,
    path,
  }: { readonly uploadId: string; readonly part: number; readonly path: string },
): Promise<string> {
  return signUrl(c, {
    permit: ['put part', uploadId, part, path],
    lifetimeMs: partLifetimeMs,
    path: `/api/v1/uploads/${uploadId}/parts/${part}`,
  })
}

/** EDIT on what the file belongs to; without a file, on what its folder does. */
function mayUpload(verb: string) {
  return (ctx: Context, req: { readonly path?: string | undefined }, c: AppContext) =>
    requirePath(ctx, req.path ? targetPath(c, verb, req.path) : folderOf(c, verb), 'EDIT')
}

function needed(value: string | undefined, parameter: string): string {
  if (!value) throw invalid(messages.missing(parameter))
  return value
}

/** The folder that the URL of a multipart call names. */
function folderOf(c: AppContext, verb: string): string {
  return placeInWorkspace(c.var.ctx, cleanPath(pathAfter(c, `/mlflow-artifacts/mpu/${verb}/`)))
}

/**
 * The file that a multipart call is about: the folder of its URL, and the name of the client's
 * local file, which is what `path` in the body is, absolute ones included.
 */
function targetPath(c: AppContext, verb: string, localPath: string): string {
  const folder = cleanPath(pathAfter(c, `/mlflow-artifacts/mpu/${verb}/`))
  if (climbs(localPath)) {
    // The first words of this message make a client fall back to one plain PUT, which does not send
    // this path.
    throw invalid(
      `Multipart upload is not supported for the current artifact repository with the path '${excerpt(localPath)}': it has a '..' segment`,
    )
  }
  // Windows clients send `C:\\models\\m.bin`.
  const local = /^[a-z]:\\/i.test(localPath) ? localPath.replaceAll('\\', '/') : localPath
  const relative = local.replace(/^([a-z]:)?\/+/i, '')
  cleanFilePath(relative)
  return placeInWorkspace(c.var.ctx, joinPaths(folder, cleanFilePath(baseNameOf(relative))))
}
