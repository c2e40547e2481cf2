import { Hono } from 'hono'
import { cleanFilePath, placeInWorkspace } from '../../artifacts/path.ts'
import { getUpload, putPart } from '../../artifacts/uploads/multipart.ts'
import {
  completeResumed,
  getResumablePath,
  resumeUpload,
} from '../../artifacts/uploads/resume-upload.ts'
import { invalid } from '../../core/error.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { declaredLength, requestBytes } from '../../http/body.ts'
import { checkSignedUrl, partRoute, signUrl } from '../../http/files/signed-url.ts'
import { guard } from '../../http/guards/guard.ts'
import type { Context } from '../../platform/context.ts'
import { requirePath } from '../../registry/permissions.ts'
import { refuseUnreadAt } from '../../traces/ingest/trace-file.ts'
import * as endpoints from '../endpoints/transfers.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

/** A laptop may take a night for a large model, and every URL is given out at the start. */
const partLifetimeMs = 24 * 60 * 60 * 1000

/** Large files in parts, which who was cut off goes on with. */
export const resumableUploadRoutes: readonly ServedEndpoint[] = [
  serve(
    endpoints.resumeUpload,
    (ctx, { body }) => requirePath(ctx, placeOf(ctx, body.path), 'EDIT'),
    async (ctx, { body }, c) => {
      const path = placeOf(ctx, body.path)
      await refuseUnreadAt(ctx, path)
      const expected = { sha256: body.sha256, sizeBytes: body.size, partBytes: body.part_size }
      const { uploadId, missing } = await resumeUpload(ctx, path, expected)
      const signed = missing.map(async (part) => ({
        part,
        url: await signUrl(c, {
          permit: ['put part', uploadId, part, path],
          lifetimeMs: partLifetimeMs,
          path: `/api/v1/uploads/${uploadId}/parts/${part}`,
        }),
      }))
      return { upload_id: uploadId, missing: await Promise.all(signed) }
    },
  ),

  serve(
    endpoints.completeResumedUpload,
    async (ctx, { params }) =>
      requirePath(ctx, await getResumablePath(ctx, params.upload_id), 'EDIT'),
    async (ctx, { params }) => {
      // The trace, or what is redacted of it, may be newer than the upload.
      await refuseUnreadAt(ctx, await getResumablePath(ctx, params.upload_id))
      await completeResumed(ctx, params.upload_id)
      return {}
    },
  ),
]

function placeOf(ctx: Context, path: string): string {
  return placeInWorkspace(ctx, cleanFilePath(path))
}

/** Where clients PUT the parts of a multipart upload: the URL itself is the permission. */
export const uploadRoutes = new Hono<AppEnv>().put(partRoute, guard('public'), async (c) => {
  const { ctx } = c.var
  const upload = await getUpload(ctx, c.req.param('upload_id'))
  const part = Number(c.req.param('part'))
  await checkSignedUrl(c, ['put part', upload.uploadId, part, upload.path])
  const sizeBytes = declaredLength(c)
  if (sizeBytes === undefined) throw invalid('A part needs a Content-Length')
  const etag = await putPart(ctx, upload, { part, body: requestBytes(c), sizeBytes })
  return c.body(null, 200, { ETag: `"${etag}"` })
})
