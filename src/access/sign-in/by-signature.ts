import { sql } from 'drizzle-orm'
import type { Principal } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import {
  deriveSecret,
  isSignatureHeader,
  parseSignature,
  SignatureError,
  verifySignature,
} from '../signatures/sigv4.ts'
import { readTokenProof, type TokenProof, takeToken } from './by-token.ts'
import type { Credentials } from './credentials.ts'
import { getProof } from './proof-cache.ts'

/**
 * A request that the key pair of an access token signed, as AWS's clients do. A copy of it is taken again
 * within the window of the clocks: what must not be done twice needs a token of its own.
 */
export async function authenticateBySignature(
  ctx: Context,
  { authorization, signed }: Credentials,
): Promise<Principal | undefined> {
  if (!signed || !isSignatureHeader(authorization)) return undefined
  const signature = parseSignature(authorization)
  const { keyId } = signature
  const proof = await getProof<TokenProof>(ctx, `aws ${keyId}`, () =>
    readTokenProof(ctx, sql`t.aws_key_id = ${keyId}`, unknownKey),
  )
  // The server gives no session tokens, so one that is sent comes from somewhere else.
  if (signed.header('x-amz-security-token') !== undefined) throw unknownKey()
  const secret = await deriveSecret(ctx.settings.signingKey, keyId)
  await verifySignature(signed, signature, { secret, nowMs: ctx.now() })
  return takeToken(ctx, proof, unknownKey)
}

function unknownKey(): SignatureError {
  return new SignatureError(
    'key',
    'The access key id is unknown, expired or revoked here, or a session token came with it, which this server gives to nobody; make a key pair with POST /api/v1/tokens and "aws": true',
  )
}
