import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import { readStorage } from '../../../retention/storage-report.ts'
import { sendPage } from '../../shell/page.tsx'
import { settingsFrameOf } from '../settings-frame.ts'
import { StoragePage } from './storage-page.tsx'

/** `GET /settings/storage?by=` */
export async function showStorage(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const by = optionalQuery(c, 'by') === 'team' ? 'team' : 'model'
  const [frame, shares] = await Promise.all([settingsFrameOf(c), readStorage(ctx, by)])
  const price = ctx.settings.storagePrice
  return sendPage(c, { frame, page: <StoragePage {...{ frame, by, shares, price }} /> })
}
