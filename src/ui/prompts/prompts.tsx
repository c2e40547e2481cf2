import { RegistryError } from '../../core/error.ts'
import type { AppContext } from '../../http/app-env.ts'
import { optionalQuery } from '../../http/guards/target.ts'
import { searchRegisteredModels } from '../../registry/models/search-models.ts'
import { filterOfWords } from '../../search/words.ts'
import { attempt } from '../attempt.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { PromptsPage } from './prompts-page.tsx'

const perPage = 50
const promptsAlone = "tags.`mlflow.prompt.is_prompt` = 'true'"

/** `GET /prompts?q=&after=` */
export async function showPrompts(c: AppContext): Promise<Response> {
  const words = (optionalQuery(c, 'q') ?? '').trim()
  const after = optionalQuery(c, 'after')
  const asked = filterOfWords(words, 'name')
  const filter = asked === '' ? promptsAlone : `${asked} AND ${promptsAlone}`
  const { ctx } = c.var
  const nowMs = ctx.now()
  const search = { filter, nowMs, orderBy: [], maxResults: perPage, pageToken: after }
  // A mistake in the filter is shown beside it.
  const [frame, found] = await Promise.all([
    frameOf(c),
    attempt('INVALID_PARAMETER_VALUE', searchRegisteredModels(ctx, search)),
  ])
  const isWrong = found instanceof RegistryError
  const { items, nextPageToken } = isWrong ? { items: [], nextPageToken: undefined } : found
  const page = (
    <PromptsPage
      {...{ frame, words, asked, after, nowMs }}
      filter={filter}
      prompts={items}
      next={nextPageToken}
      problem={isWrong ? found : undefined}
    />
  )
  return sendPage(c, { frame, page }, { status: isWrong ? 400 : 200 })
}
