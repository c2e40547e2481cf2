import { requireModelVersion } from '../../access/permissions/require.ts'
import { type ManifestFile, readManifestFiles } from '../../artifacts/manifest.ts'
import type { Context } from '../../platform/context.ts'
import { verifyAudited } from '../../registry/files/damaged-files.ts'
import { getVersionFiles, sealedManifest } from '../../registry/files/version-manifest.ts'
import * as endpoints from '../endpoints/version-files.ts'
import { page } from '../page.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

function mayRead(ctx: Context, { params }: { readonly params: { readonly name: string } }) {
  return requireModelVersion(ctx, params.name, 'READ')
}

/** The files of a model version, and whether they are still what was sealed. */
export const versionFileRoutes: readonly ServedEndpoint[] = [
  serve(endpoints.listVersionFiles, mayRead, async (ctx, { params, query }) => {
    const { manifestId, digest } = await getVersionFiles(ctx, params.name, params.version)
    if (manifestId === null || digest === null) return { sealed: false, items: [] }
    const files = await page(['version-files', manifestId], query, {
      first: '',
      read: (after: string, count) => readManifestFiles(ctx, manifestId, { after, count }),
      keyOf: ({ path }) => path,
      toWire: fileToWire,
    })
    return { sealed: true, digest, ...files }
  }),

  serve(endpoints.verifyVersion, mayRead, async (ctx, { params }) => {
    const files = await getVersionFiles(ctx, params.name, params.version)
    const manifest = sealedManifest(files, params.name, params.version)
    const { digest, filesRead, differing } = await verifyAudited(ctx, manifest)
    return {
      ok: differing.length === 0 && digest === files.digest,
      digest,
      files: filesRead,
      differing: differing.map(({ problem, ...file }) => ({ ...fileToWire(file), problem })),
    }
  }),
]

function fileToWire({ path, sizeBytes, sha256 }: ManifestFile) {
  return { path, size: sizeBytes, sha256 }
}
