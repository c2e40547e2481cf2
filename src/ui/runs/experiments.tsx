import { RegistryError } from '../../core/error.ts'
import type { AppContext } from '../../http/app-env.ts'
import { optionalQuery } from '../../http/guards/target.ts'
import { filterOfWords } from '../../search/words.ts'
import { countRuns } from '../../tracking/experiments/count-runs.ts'
import { searchExperiments } from '../../tracking/experiments/search-experiments.ts'
import { attempt } from '../attempt.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { ExperimentsPage } from './experiments-page.tsx'
import { readRecent } from './recent.ts'

const experimentsPerPage = 100

/** `GET /experiments?q=&deleted=&after=` */
export async function showExperiments(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const words = (optionalQuery(c, 'q') ?? '').trim()
  const isOfDeleted = optionalQuery(c, 'deleted') === '1'
  const after = optionalQuery(c, 'after')
  const isFirst = words === '' && !isOfDeleted && after === undefined
  const [frame, found, recent] = await Promise.all([
    frameOf(c),
    attempt(
      'INVALID_PARAMETER_VALUE',
      searchExperiments(ctx, {
        filter: filterOfWords(words, 'name'),
        nowMs: ctx.now(),
        orderBy: ['last_update_time DESC'],
        view: isOfDeleted ? 'DELETED_ONLY' : 'ACTIVE_ONLY',
        maxResults: experimentsPerPage,
        pageToken: after,
      }),
    ),
    isFirst ? readRecent(c) : [],
  ])
  const isWrong = found instanceof RegistryError
  const experiments = isWrong ? [] : found.items
  const counts = await countRuns(
    ctx,
    experiments.map(({ id }) => id),
  )
  const query = { words, isOfDeleted, after }
  const problem = isWrong ? found : undefined
  const next = isWrong ? undefined : found.nextPageToken
  const nowMs = ctx.now()
  const props = { frame, query, experiments, recent, counts, next, problem, nowMs }
  const page = <ExperimentsPage {...props} />
  return sendPage(c, { frame, page }, { status: isWrong ? 400 : 200 })
}
