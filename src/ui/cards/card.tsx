import { getCard } from '../../governance/cards/read-card.ts'
import type { AppContext } from '../../http/app-env.ts'
import { parseVersion } from '../../registry/check-names.ts'
import { sendPage } from '../page.tsx'
import { CardPage } from './card-page.tsx'

/** `GET /api/v1/models/{name}/versions/{version}/card.html` */
export async function showCard(c: AppContext): Promise<Response> {
  const name = modelNameOf(c)
  const version = parseVersion(c.req.param('version') ?? '')
  const card = await getCard(c.var.ctx, name, version)
  return sendPage(c, CardPage({ name, version, ...card }))
}

export function modelNameOf(c: AppContext): string {
  return c.req.param('name') ?? ''
}
