import { invalid } from '../../core/error.ts'
import { getCard } from '../../governance/cards/read-card.ts'
import type { AppContext } from '../../http/app-env.ts'
import { modelNameOf, versionOf } from '../addressed.ts'
import { numberIn } from '../paths.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { CardPage } from './card-page.tsx'

/** `GET /api/v1/models/{name}/versions/{version}/card.html`, of `?revision=` or the newest. */
export async function showCard(c: AppContext): Promise<Response> {
  const [name, version] = [modelNameOf(c), versionOf(c)]
  const card = await getCard(c.var.ctx, name, { version, revision: revisionOf(c) })
  const frame = await frameOf(c)
  // Most of what is on it was written by others: nothing runs there.
  const page = <CardPage {...{ frame, name, version, ...card }} />
  return sendPage(c, { frame, page }, { scripts: false })
}

/** @throws INVALID_PARAMETER_VALUE it is not the number of a revision */
function revisionOf(c: AppContext): number | undefined {
  const given = c.req.queries('revision') ?? []
  if (given.length === 0) return undefined
  const revision = given.length > 1 ? undefined : numberIn(given[0])
  if (revision === undefined) {
    throw invalid(
      'A revision of a card has a number, such as revision=2; leave it out for the newest',
    )
  }
  return revision
}
