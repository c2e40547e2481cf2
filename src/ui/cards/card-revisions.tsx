import { requireModelVersion } from '../../access/permissions/require.ts'
import { invalid } from '../../core/error.ts'
import { listRevisions } from '../../governance/cards/read-card.ts'
import type { AppContext } from '../../http/app-env.ts'
import { optionalQuery } from '../../http/guards/target.ts'
import { modelNameOf, versionOf } from '../addressed.ts'
import { findRefusal } from '../forms.ts'
import { numberIn } from '../paths.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { CardRevisionsPage } from './card-revisions-page.tsx'

/** A card may have half a megabyte. */
const shownMax = 5

/** `GET /models/{name}/{version}/card/revisions?before=` */
export async function showCardRevisions(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const [name, version] = [modelNameOf(c), versionOf(c)]
  const before = revisionGiven(c, 'before')
  const [frame, revisions, whyNot] = await Promise.all([
    frameOf(c),
    // With the one that the oldest of them is compared with.
    listRevisions(ctx, name, { version, count: shownMax + 1, ...(before && { before }) }),
    findRefusal(requireModelVersion(ctx, name, 'EDIT')),
  ])
  const page = (
    <CardRevisionsPage
      {...{ frame, name, version, revisions }}
      count={shownMax}
      isNewest={before === undefined}
      mayEdit={whyNot === undefined}
    />
  )
  return sendPage(c, { frame, page })
}

/** @throws INVALID_PARAMETER_VALUE it is not the number of a revision */
export function revisionGiven(c: AppContext, term: 'before' | 'from'): number | undefined {
  const text = optionalQuery(c, term)
  if (text === undefined) return undefined
  const revision = numberIn(text)
  if (revision === undefined) throw invalid(`'${term}' is the number of a revision, such as 2`)
  return revision
}
