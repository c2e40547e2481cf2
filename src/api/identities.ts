import {
  type Identity,
  identitiesAfter,
  linkIdentity as link,
  unlinkIdentity as unlink,
} from '../access/identities.ts'
import { requireAdmin } from '../access/require.ts'
import { decodePageToken, encodePageToken, foreignPageToken } from '../core/page-token.ts'
import { linkIdentity, listIdentities, unlinkIdentity } from './endpoints/identities.ts'
import { type Served, serve } from './serve.ts'

/** Whom issuers outside vouch for. */
export const identityRoutes: readonly Served[] = [
  serve(listIdentities, requireAdmin, async (ctx, { query }) => {
    const asked = ['identities']
    const [after = 0] = decodePageToken(asked, query.page_token) ?? []
    if (typeof after !== 'number') throw foreignPageToken()
    const found = await identitiesAfter(ctx, after, query.max_results + 1)
    const page = found.slice(0, query.max_results)
    const last = found.length > page.length ? page.at(-1) : undefined
    return {
      items: page.map(toWire),
      ...(last && { next_page_token: encodePageToken(asked, [last.id]) }),
    }
  }),

  serve(linkIdentity, requireAdmin, async (ctx, { body }) => toWire(await link(ctx, body))),

  serve(unlinkIdentity, requireAdmin, async (ctx, { params }) => {
    await unlink(ctx, params.id)
    return {}
  }),
]

function toWire({ id, account, issuer, subject, createdAtMs }: Identity) {
  return { id: String(id), account, issuer, subject, created_at: createdAtMs }
}
