import { requireAdmin, requireModelVersion } from '../../access/permissions/require.ts'
import { jwkOf, readPublicKey } from '../../attestations/key-pair.ts'
import { bomMediaType, readMlBom } from '../../bundles/mlbom.ts'
import { streamBundle } from '../../bundles/releases/bundle-zip.ts'
import { createBundle } from '../../bundles/releases/make-bundle.ts'
import { listBundles, openBundle, type ReleaseBundle } from '../../bundles/releases/read-bundles.ts'
import {
  listBundleKeys,
  type PublishedKey,
  renewBundleKey,
} from '../../bundles/signing/bundle-keys.ts'
import { attachment } from '../../http/files/content-type.ts'
import { sized } from '../../http/files/download.ts'
import type { Context } from '../../platform/context.ts'
import { getVersion } from '../../registry/versions/versions.ts'
import * as endpoints from '../endpoints/bundles.ts'
import type { Answer } from '../endpoints/endpoint.ts'
import { page } from '../page.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

type OfModel = { readonly params: { readonly name: string } }

const mayRead = (ctx: Context, { params }: OfModel) => requireModelVersion(ctx, params.name, 'READ')
const mayEdit = (ctx: Context, { params }: OfModel) => requireModelVersion(ctx, params.name, 'EDIT')

/** What of a version leaves the server with its evidence, and the keys that sign it. */
export const bundleRoutes: readonly ServedEndpoint[] = [
  serve(
    endpoints.getMlBom,
    mayRead,
    async (ctx, { params: { name, version }, query: { spec } }, c) =>
      c.body(await readMlBom(ctx, name, { version, spec }), 200, {
        'Content-Type': bomMediaType(spec),
        'Content-Disposition': attachment(`${name}-${version}.cdx.json`),
        'X-Content-Type-Options': 'nosniff',
      }),
  ),

  serve(endpoints.createBundle, mayEdit, async (ctx, { params }) =>
    bundleToWire(await createBundle(ctx, params.name, params.version)),
  ),

  serve(endpoints.listBundles, mayRead, async (ctx, { params, query }) => {
    await getVersion(ctx, params.name, params.version)
    return page(['bundles', params.name, params.version], query, {
      first: Number.MAX_SAFE_INTEGER,
      read: (before, count) => listBundles(ctx, params, { before, count }),
      keyOf: ({ id }) => id,
      toWire: bundleToWire,
    })
  }),

  serve(endpoints.downloadBundle, mayRead, async (ctx, { params, query }, c) => {
    const { bundle, texts } = await openBundle(ctx, params, query.bundle)
    const { body, sizeBytes } = await streamBundle(ctx, bundle, texts)
    return c.body(sized(body, sizeBytes), 200, {
      'Content-Type': 'application/zip',
      'Content-Length': String(sizeBytes),
      'Content-Disposition': attachment(`${params.name}-${params.version}.zip`),
      'X-Content-Type-Options': 'nosniff',
    })
  }),

  serve(endpoints.listKeys, 'public', async (ctx) => {
    const keys = await listBundleKeys(ctx)
    return { items: await Promise.all(keys.map((key) => keyToWire(ctx, key))) }
  }),

  serve(endpoints.renewKey, requireAdmin, async (ctx) => {
    const { hint } = await renewBundleKey(ctx)
    const made = (await listBundleKeys(ctx)).find((key) => key.hint === hint)
    if (!made) throw new Error(`the key ${hint} was listed and is not there`)
    return keyToWire(ctx, made)
  }),
]

function bundleToWire(bundle: ReleaseBundle): Answer<typeof endpoints.createBundle> {
  return {
    id: String(bundle.id),
    model: bundle.model,
    version: String(bundle.version),
    digest: bundle.digest,
    key: bundle.key,
    created_at: bundle.createdAtMs,
    created_by: bundle.createdBy,
    has_runs: bundle.runsOf.length > 0,
    has_audit: bundle.hasAudit,
  }
}

async function keyToWire(
  ctx: Context,
  { hint, pem, fromMs, untilMs }: PublishedKey,
): Promise<Answer<typeof endpoints.renewKey>> {
  const key = await readPublicKey(ctx, pem)
  if (!key) throw new Error(`the key ${hint} is listed and cannot be read`)
  const { kty = '', crv = '', x = '', y = '', ...rest } = await jwkOf(key)
  return {
    ...{ hint, pem, jwk: { kty, crv, x, y, ...rest }, from: fromMs },
    ...(untilMs !== undefined && { until: untilMs }),
  }
}
