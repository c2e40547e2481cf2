import { RegistryError } from '../../core/error.ts'
import { type CatalogueQuery, catalogueSorts, readCatalogue } from '../../find/catalogue.ts'
import { readVersionsThere } from '../../governance/compare/versions-there.ts'
import type { AppContext } from '../../http/app-env.ts'
import { optionalQuery } from '../../http/guards/target.ts'
import { attempt } from '../attempt.ts'
import { readWaiting } from '../promotions/waiting.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { readCatalogueCounts } from './catalogue.ts'
import { HomePage, waitingMax } from './home-page.tsx'
import { ModelsPage } from './models-page.tsx'
import { noticeOf } from './old-links.ts'

/** `GET /` */
export async function showHome(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  // What MLflow calls its page there.
  c.set('operation', 'serveIndex')
  const [frame, catalogue, counts, waiting] = await Promise.all([
    frameOf(c),
    readCatalogue(ctx, { words: '', sort: 'name', after: undefined, count: 20 }),
    readCatalogueCounts(ctx),
    readWaiting(ctx),
  ])
  const there = await readVersionsThere(
    ctx,
    waiting.slice(0, waitingMax).map(({ id }) => id),
  )
  const notice = noticeOf(optionalQuery(c, 'unknown'))
  const home = { catalogue, counts, waiting, there, nowMs: ctx.now(), notice }
  const page = <HomePage frame={frame} {...home} />
  return sendPage(c, { frame, page })
}

/** `GET /models?q=&requests=open&sort=&after=` */
export async function showModels(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const [frame, counts] = await Promise.all([frameOf(c), readCatalogueCounts(ctx)])
  const asked = optionalQuery(c, 'sort')
  const query: CatalogueQuery = {
    words: (optionalQuery(c, 'q') ?? '').trim(),
    sort: catalogueSorts.find((sort) => sort === asked) ?? 'name',
    isAsked: optionalQuery(c, 'requests') === 'open',
    after: optionalQuery(c, 'after'),
    count: 100,
    nowMs: ctx.now(),
  }
  // A mistake in the filter is shown beside it.
  const found = await attempt('INVALID_PARAMETER_VALUE', readCatalogue(ctx, query))
  const isWrong = found instanceof RegistryError
  const catalogue = isWrong ? { rows: [], looser: [], next: undefined } : found
  const problem = isWrong ? found : undefined
  const page = <ModelsPage {...{ frame, query, catalogue, counts, problem, nowMs: ctx.now() }} />
  return sendPage(c, { frame, page }, { status: isWrong ? 400 : 200 })
}
