import * as access from '../../access/accounts/tokens.ts'
import { anyone } from '../../http/guards/guard.ts'
import * as endpoints from '../endpoints/tokens.ts'
import { page } from '../page.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

/** Access tokens: users manage their own, administrators everybody's. The verbs check that. */
export const tokenRoutes: readonly ServedEndpoint[] = [
  serve(endpoints.listTokens, anyone, (ctx, { query }) =>
    page(['tokens', query.for ?? null], query, {
      first: 0,
      read: (after: number, count) => access.listTokens(ctx, query.for, { after, count }),
      keyOf: ({ id }) => id,
      toWire,
    }),
  ),
  serve(endpoints.createToken, anyone, async (ctx, { body }) => {
    const { token, text, keyPair } = await access.createToken(ctx, {
      name: body.name,
      owner: body.for,
      scopes: body.scopes,
      expiresInDays: body.expires_in_days,
      hasKeyPair: body.aws,
    })
    return {
      ...toWire(token),
      token: text,
      ...(keyPair && { aws_secret_access_key: keyPair.secret }),
    }
  }),
  serve(endpoints.revokeToken, anyone, async (ctx, { params }) => {
    await access.revokeToken(ctx, params.id)
    return {}
  }),
]

function toWire({ id, name, owner, scopes, ...at }: access.AccessToken) {
  return {
    id: String(id),
    name,
    for: owner,
    scopes: [...scopes],
    created_at: at.createdAtMs,
    ...(at.expiresAtMs !== undefined && { expires_at: at.expiresAtMs }),
    ...(at.lastUsedAtMs !== undefined && { last_used_at: at.lastUsedAtMs }),
    ...(at.awsKeyId !== undefined && { aws_access_key_id: at.awsKeyId }),
  }
}
