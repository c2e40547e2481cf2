import type { AppContext } from '../../http/app-env.ts'
import { optionalQuery } from '../../http/guards/target.ts'
import { readCollections } from '../../registry/collections/collections.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { CollectionsPage } from './collections-page.tsx'

const perPage = 50

/** `GET /collections?after=` */
export async function showCollections(c: AppContext): Promise<Response> {
  const after = optionalQuery(c, 'after') ?? ''
  const [frame, found] = await Promise.all([
    frameOf(c),
    readCollections(c.var.ctx, after, perPage + 1),
  ])
  const items = found.slice(0, perPage)
  const next = found.length > perPage ? items.at(-1)?.name : undefined
  return sendPage(c, { frame, page: <CollectionsPage {...{ frame, items, next }} /> })
}
