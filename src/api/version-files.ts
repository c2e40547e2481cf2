import { requireModel } from '../access/require.ts'
import { manifestFilesAfter } from '../artifacts/manifest.ts'
import { decodePageToken, encodePageToken, foreignPageToken } from '../core/page-token.ts'
import type { Context } from '../platform/context.ts'
import { verifyOnRecord } from '../registry/damage.ts'
import { getVersionFiles, sealedManifest } from '../registry/version-manifest.ts'
import { listVersionFiles, verifyVersion } from './endpoints/version-files.ts'
import { type Served, serve } from './serve.ts'

function mayRead(ctx: Context, { params }: { readonly params: { readonly name: string } }) {
  return requireModel(ctx, params.name, 'READ', 'version')
}

/** What a model version is made of, and whether it still is. */
export const versionFileRoutes: readonly Served[] = [
  serve(listVersionFiles, mayRead, async (ctx, { params, query }) => {
    const { manifestId, digest } = await getVersionFiles(ctx, params.name, params.version)
    if (manifestId === null || digest === null) return { sealed: false, items: [] }
    const asked = ['version-files', manifestId]
    const [after = ''] = decodePageToken(asked, query.page_token) ?? []
    if (typeof after !== 'string') throw foreignPageToken()
    const count = query.max_results
    const files = await manifestFilesAfter(ctx, manifestId, after, count + 1)
    const page = files.slice(0, count)
    const last = files.length > count ? page.at(-1) : undefined
    return {
      sealed: true,
      digest,
      items: page.map(({ path, sizeBytes, sha256 }) => ({ path, size: sizeBytes, sha256 })),
      ...(last && { next_page_token: encodePageToken(asked, [last.path]) }),
    }
  }),

  serve(verifyVersion, mayRead, async (ctx, { params }) => {
    const files = await getVersionFiles(ctx, params.name, params.version)
    const manifest = sealedManifest(files, params.name, params.version)
    const { digest, filesRead, differing } = await verifyOnRecord(ctx, manifest)
    return {
      ok: differing.length === 0 && digest === files.digest,
      digest,
      files: filesRead,
      differing: differing.map(({ path, sizeBytes, sha256, problem }) => ({
        path,
        size: sizeBytes,
        sha256,
        problem,
      })),
    }
  }),
]
