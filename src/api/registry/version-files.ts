import { requireModelVersion } from '../../access/permissions/require.ts'
import { type ManifestFile, readManifestFiles } from '../../artifacts/manifest.ts'
import type { Context } from '../../platform/context.ts'
import { verifyVersion } from '../../registry/files/verify-version.ts'
import { getVersionFiles } from '../../registry/files/version-manifest.ts'
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

  serve(endpoints.verifyVersion, mayRead, async (ctx, { params, query }) => {
    const verdict = await verifyVersion(ctx, params, {
      ...{ bytesMax: query.max_bytes, token: query.page_token },
    })
    const { digest, filesRead, differing, reading, isIntact, nextPageToken } = verdict
    return {
      ...(isIntact !== undefined && { ok: isIntact }),
      ...{ digest, files: filesRead },
      differing: differing.map(({ problem, ...file }) => ({ ...fileToWire(file), problem })),
      ...(reading && {
        reading: { path: reading.path, bytes: reading.bytesRead, size: reading.sizeBytes },
      }),
      ...(nextPageToken !== undefined && { next_page_token: nextPageToken }),
    }
  }),
]

function fileToWire({ path, sizeBytes, sha256 }: ManifestFile) {
  return { path, size: sizeBytes, sha256 }
}
