import { Hono } from 'hono'
import { cleanPath } from '../../artifacts/path.ts'
import { absent, conflict } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { defaultWorkspace } from '../../core/names.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { sendArtifact } from '../../http/files/send-artifact.ts'
import { checkSignedUrl, downloadRoute } from '../../http/files/signed-url.ts'
import { guard } from '../../http/guards/guard.ts'
import { optionalQuery, requiredQuery } from '../../http/guards/target.ts'
import { getLocated, locatePath } from '../../registry/files/artifact-place.ts'

/** Where clients fetch a file by a signed URL, in ranges that must all be of one content. */
export const downloadRoutes = new Hono<AppEnv>().get(downloadRoute, guard('public'), async (c) => {
  const path = cleanPath(requiredQuery(c, 'path'))
  const sha256 = requiredQuery(c, 'sha256')
  const workspace = optionalQuery(c, 'workspace') ?? defaultWorkspace
  await checkSignedUrl(c, ['download', workspace, path, sha256])
  const ctx = { ...c.var.ctx, workspace }
  const located = await locatePath(ctx, path)
  if (!located) throw absent(messages.noArtifact(path))
  const file = await getLocated(ctx, located)
  if (file.sha256 !== sha256) throw conflict(`'${path}' was overwritten; ask for a new URL`)
  return sendArtifact(c, file)
})
