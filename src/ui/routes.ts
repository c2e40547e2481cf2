import { Hono } from 'hono'
import { requireModel } from '../access/require.ts'
import { getCard } from '../governance/cards/read-card.ts'
import type { AppContext, AppEnv } from '../http/app-env.ts'
import { guard } from '../http/guard.ts'
import { parseVersion } from '../registry/check-names.ts'
import { CardPage } from './card-page.tsx'
import { sendPage } from './send-page.ts'

/** Pages that are made on the server and need no script. */
export function uiRoutes(): Hono<AppEnv> {
  return new Hono<AppEnv>().get(
    '/api/v1/models/:name/versions/:version/card.html',
    guard((ctx, c) => requireModel(ctx, nameOf(c), 'READ')),
    async (c) => {
      const name = nameOf(c)
      const version = parseVersion(c.req.param('version'))
      const card = await getCard(c.var.ctx, name, version)
      return sendPage(c, CardPage({ name, version, ...card }))
    },
  )
}

function nameOf(c: AppContext): string {
  return c.req.param('name') ?? ''
}
