import { hex } from '../core/bytes.ts'
import { RegistryError } from '../core/error.ts'
import type { Context } from '../platform/context.ts'
import type { AppContext } from './app-env.ts'
import { rawPath } from './target.ts'

/** A laptop may take a night for a large model; every URL is given out at the start. */
const lifetimeMs = 24 * 60 * 60 * 1000

/** Where parts are PUT; the rest of the surface never sees a request without credentials here. */
export const partRoute = '/api/v1/uploads/:upload_id/parts/:part'

export type PartRequest = {
  readonly uploadId: string
  readonly part: number
  readonly path: string
}

/**
 * A URL that lets whoever has it PUT one part of one upload, for a day and without credentials:
 * clients send parts with a bare HTTP library.
 */
export async function signedPartUrl(c: AppContext, request: PartRequest): Promise<string> {
  const { ctx } = c.var
  const expiresAtMs = ctx.now() + lifetimeMs
  const signature = hex(new Uint8Array(await sign(ctx, request, expiresAtMs)))
  const { uploadId, part } = request
  return `${base(c)}/api/v1/uploads/${uploadId}/parts/${part}?expires=${expiresAtMs}&signature=${signature}`
}

/** @throws PERMISSION_DENIED the URL was not made by this server, or is too old */
export async function checkPartUrl(c: AppContext, request: PartRequest): Promise<void> {
  const { ctx } = c.var
  const refuse = (reason: string) => new RegistryError('PERMISSION_DENIED', `Part URL: ${reason}`)
  const expires = c.req.query('expires') ?? ''
  const signature = c.req.query('signature') ?? ''
  if (!/^\d{1,15}$/.test(expires) || !/^[0-9a-f]{64}$/.test(signature)) {
    throw refuse('it has no expiry and signature; use the URL that mpu/create answered')
  }
  const given = Uint8Array.from(signature.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
  const message = toSign(request, Number(expires))
  // `verify` takes the same time for any wrong signature.
  if (!(await crypto.subtle.verify('HMAC', await signingKey(ctx), given, message))) {
    throw refuse('its signature does not match')
  }
  if (Number(expires) < ctx.now()) throw refuse('it has expired; create the upload again')
}

async function sign(ctx: Context, request: PartRequest, expiresAtMs: number): Promise<ArrayBuffer> {
  return crypto.subtle.sign('HMAC', await signingKey(ctx), toSign(request, expiresAtMs))
}

function toSign({ uploadId, part, path }: PartRequest, expiresAtMs: number) {
  return new TextEncoder().encode(JSON.stringify(['part', uploadId, part, path, expiresAtMs]))
}

function signingKey(ctx: Context): Promise<CryptoKey> {
  const bytes = new TextEncoder().encode(ctx.settings.signingKey)
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
    'verify',
  ])
}

/** How the client reached us: scheme and prefix too, where a proxy in front ends TLS or adds a path. */
function base(c: AppContext): string {
  const url = new URL(c.req.url)
  const scheme = c.req.header('x-forwarded-proto')?.split(',')[0]?.trim().toLowerCase()
  const origin = scheme === 'https' ? `https://${url.host}` : url.origin
  return origin + rawPath(c).replace(/\/(ajax-)?api\/.*$/s, '')
}
