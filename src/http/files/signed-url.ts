import { RegistryError } from '../../core/error.ts'
import { isSigned, signText } from '../../platform/own-signature.ts'
import type { AppContext } from '../app-env.ts'
import { serverUrl } from '../guards/reached.ts'

/** The only thing that a signed URL permits: the verb first, then what it applies to. */
export type Permit = readonly [verb: 'put part' | 'download', ...of: (string | number)[]]

/** Where clients PUT parts. The rest of the surface never sees a request without credentials here. */
export const partRoute = '/api/v1/uploads/:upload_id/parts/:part'

/** Where clients GET a file by ranges. */
export const downloadRoute = '/api/v1/download'

/** A URL that is to be signed. */
type Unsigned = {
  readonly permit: Permit
  readonly lifetimeMs: number
  /** Below this server's root, encoded. */
  readonly path: string
  /** Further query parameters. */
  readonly query?: Readonly<Record<string, string>>
}

/**
 * A URL that is itself the permission, for a time: clients send parts and fetch ranges with a bare
 * HTTP library, without credentials. It ends with the credential of the caller who got it.
 */
export async function signUrl(
  c: AppContext,
  { permit, lifetimeMs, path, query = {} }: Unsigned,
): Promise<string> {
  const { ctx } = c.var
  const expiresAtMs = Math.min(ctx.now() + lifetimeMs, ctx.principal.endsAtMs ?? Infinity)
  const signature = await signText(ctx.settings.signingKey, toSign(permit, expiresAtMs))
  const search = new URLSearchParams({
    ...query,
    expires: String(expiresAtMs),
    signature,
  })
  return `${serverUrl(c)}${path}?${search}`
}

/** @throws PERMISSION_DENIED the URL was not made by this server for this, or is too old */
export async function checkSignedUrl(c: AppContext, permit: Permit): Promise<void> {
  const { ctx } = c.var
  const refuse = (reason: string) => new RegistryError('PERMISSION_DENIED', `Signed URL: ${reason}`)
  const expires = c.req.query('expires') ?? ''
  const signature = c.req.query('signature') ?? ''
  if (!/^\d{1,15}$/.test(expires) || !/^[0-9a-f]{64}$/.test(signature)) {
    throw refuse('it has no expiry and signature; use it as it was given out')
  }
  const text = toSign(permit, Number(expires))
  if (!(await isSigned(ctx.settings.signingKey, text, signature))) {
    throw refuse('its signature does not match')
  }
  if (Number(expires) < ctx.now()) throw refuse('it has expired; ask for another')
}

function toSign(permit: Permit, expiresAtMs: number): string {
  return JSON.stringify([...permit, expiresAtMs])
}
