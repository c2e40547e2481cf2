import { requireAccessAdmin } from '../../access/accounts/require-admin.ts'
import * as access from '../../access/accounts/service-accounts.ts'
import { anyone } from '../../http/guards/guard.ts'
import * as endpoints from '../endpoints/service-accounts.ts'
import { page } from '../page.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

/** Service accounts: everybody who has signed in sees them; administrators make them. */
export const serviceAccountRoutes: readonly ServedEndpoint[] = [
  serve(endpoints.listServiceAccounts, anyone, (ctx, { query }) =>
    page(['service-accounts'], query, {
      first: '',
      read: (after: string, count) => access.listServiceAccounts(ctx, after, count),
      keyOf: ({ name }) => name,
      toWire,
    }),
  ),
  serve(endpoints.createServiceAccount, requireAccessAdmin, async (ctx, { body }) =>
    toWire(await access.createServiceAccount(ctx, body.name)),
  ),
  serve(endpoints.deleteServiceAccount, requireAccessAdmin, async (ctx, { params }) => {
    await access.deleteServiceAccount(ctx, params.name)
    return {}
  }),
]

function toWire({ name, principal, createdAtMs }: access.ServiceAccount) {
  return { name, principal, created_at: createdAtMs }
}
