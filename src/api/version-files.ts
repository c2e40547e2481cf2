import { Hono } from 'hono'
import type { z } from 'zod'
import { manifestFilesAfter, verifyManifest } from '../artifacts/manifest.ts'
import { decodePageToken, encodePageToken, foreignPageToken } from '../core/page-token.ts'
import type { AppEnv } from '../http/app-env.ts'
import { getVersionFiles, sealedManifest } from '../registry/version-manifest.ts'
import {
  PageQuery,
  parsed,
  type Verification,
  type VersionFilePage,
  VersionParams,
} from './schemas.ts'

/** What a model version is made of, and whether it still is. */
export const versionFileRoutes = new Hono<AppEnv>()
  .get('/api/v1/models/:name/versions/:version/files', async (c) => {
    const { ctx } = c.var
    const { name, version } = parsed(VersionParams, c.req.param())
    const query = parsed(PageQuery, c.req.query())
    const { manifestId, digest } = await getVersionFiles(ctx, name, version)
    if (manifestId === null || digest === null) {
      return c.json<z.infer<typeof VersionFilePage>>({ sealed: false, items: [] })
    }
    const asked = ['version-files', manifestId]
    const [after = ''] = decodePageToken(asked, query.page_token) ?? []
    if (typeof after !== 'string') throw foreignPageToken()
    const count = query.max_results
    const files = await manifestFilesAfter(ctx, manifestId, after, count + 1)
    const page = files.slice(0, count)
    const last = files.length > count ? page.at(-1) : undefined
    return c.json<z.infer<typeof VersionFilePage>>({
      sealed: true,
      digest,
      items: page.map(({ path, sizeBytes, sha256 }) => ({ path, size: sizeBytes, sha256 })),
      ...(last && { next_page_token: encodePageToken(asked, [last.path]) }),
    })
  })

  .post('/api/v1/models/:name/versions/:version/verify', async (c) => {
    const { ctx } = c.var
    const { name, version } = parsed(VersionParams, c.req.param())
    const files = await getVersionFiles(ctx, name, version)
    const manifest = sealedManifest(files, name, version)
    const { digest, filesRead, differing } = await verifyManifest(ctx, manifest)
    return c.json<z.infer<typeof Verification>>({
      ok: differing.length === 0 && digest === files.digest,
      digest,
      files: filesRead,
      differing: differing.map(({ path, sizeBytes, sha256, problem }) => ({
        path,
        size: sizeBytes,
        sha256,
        problem,
      })),
    })
  })
