import { requireAccessAdmin } from '../access/administer.ts'
import * as access from '../access/grants.ts'
import { createGrant, deleteGrant, listGrants } from './endpoints/grants.ts'
import { page } from './page.ts'
import { type Served, serve } from './serve.ts'

/** Rights per model, stage and alias; administrators give them. */
export const grantRoutes: readonly Served[] = [
  serve(listGrants, requireAccessAdmin, (ctx, { query }) =>
    page(['grants'], query, {
      first: 0,
      read: (after: number, count) => access.listGrants(ctx, after, count),
      keyOf: ({ id }) => id,
      toWire,
    }),
  ),
  serve(createGrant, requireAccessAdmin, async (ctx, { body }) => {
    const { principal, action, models, stage, alias } = body
    return toWire(await access.createGrant(ctx, { principal, action, models, stage, alias }))
  }),
  serve(deleteGrant, requireAccessAdmin, async (ctx, { params }) => {
    await access.deleteGrant(ctx, params.id)
    return {}
  }),
]

function toWire({ id, createdBy, createdAtMs, stage, alias, ...grant }: access.Grant) {
  return {
    id: String(id),
    principal: grant.principal,
    action: grant.action,
    models: grant.models,
    ...(stage === undefined ? {} : { stage }),
    ...(alias === undefined ? {} : { alias }),
    created_by: createdBy,
    created_at: createdAtMs,
  }
}
