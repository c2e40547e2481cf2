import { admitIdentity as admit, findBarredAfter } from '../../access/accounts/barred.ts'
import {
  findIdentitiesAfter,
  type Identity,
  linkIdentity as link,
  unlinkIdentity as unlink,
} from '../../access/accounts/identities.ts'
import { requireAdmin } from '../../access/permissions/require.ts'
import * as endpoints from '../endpoints/identities.ts'
import { page } from '../page.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

/** Identities from issuers outside. */
export const identityRoutes: readonly ServedEndpoint[] = [
  serve(endpoints.listIdentities, requireAdmin, (ctx, { query }) =>
    page(['identities'], query, {
      first: 0,
      read: (after: number, count) => findIdentitiesAfter(ctx, after, count),
      keyOf: ({ id }) => id,
      toWire,
    }),
  ),

  serve(endpoints.linkIdentity, requireAdmin, async (ctx, { body }) =>
    toWire(await link(ctx, body)),
  ),

  serve(endpoints.unlinkIdentity, requireAdmin, async (ctx, { params }) => {
    await unlink(ctx, params.id)
    return {}
  }),

  serve(endpoints.listBarredIdentities, requireAdmin, (ctx, { query }) =>
    page(['barred identities'], query, {
      first: 0,
      read: (after: number, count) => findBarredAfter(ctx, after, count),
      keyOf: ({ id }) => id,
      toWire: ({ id, barredBy, barredAtMs, ...rest }) => ({
        id: String(id),
        ...rest,
        barred_by: barredBy,
        barred_at: barredAtMs,
      }),
    }),
  ),

  serve(endpoints.admitIdentity, requireAdmin, async (ctx, { params }) => {
    await admit(ctx, params.id)
    return {}
  }),
]

function toWire({ id, account, issuer, subject, createdAtMs }: Identity) {
  return { id: String(id), account, issuer, subject, created_at: createdAtMs }
}
