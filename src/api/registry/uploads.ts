import { Hono } from 'hono'
import { getUpload, putPart } from '../../artifacts/multipart.ts'
import { invalid } from '../../core/error.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { declaredLength, requestBytes } from '../../http/body.ts'
import { checkSignedUrl, partRoute } from '../../http/files/signed-url.ts'
import { guard } from '../../http/guards/guard.ts'

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
