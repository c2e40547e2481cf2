import * as access from '../../access/accounts/groups.ts'
import { requireAccessAdmin } from '../../access/accounts/require-admin.ts'
import { anyone } from '../../http/guards/guard.ts'
import * as endpoints from '../endpoints/groups.ts'
import { page } from '../page.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

/** Groups: everybody who has signed in sees them; administrators make them. */
export const groupRoutes: readonly ServedEndpoint[] = [
  serve(endpoints.listGroups, anyone, (ctx, { query }) =>
    page(['groups'], query, {
      first: '',
      read: (after: string, count) => access.listGroups(ctx, after, count),
      keyOf: ({ name }) => name,
      toWire,
    }),
  ),
  serve(endpoints.getGroup, anyone, async (ctx, { params }) =>
    toWire(await access.getGroup(ctx, params.name)),
  ),
  serve(endpoints.putGroup, requireAccessAdmin, async (ctx, { params, body }) =>
    toWire(await access.setGroup(ctx, params.name, { members: body.members })),
  ),
  serve(endpoints.deleteGroup, requireAccessAdmin, async (ctx, { params }) => {
    await access.deleteGroup(ctx, params.name)
    return {}
  }),
]

function toWire({ name, members }: access.Group) {
  return { name, members: [...members] }
}
