import { requirePromoting } from '../../access/permissions/require.ts'
import { listPolicies } from '../../governance/policies/policies.ts'
import { evaluateMove } from '../../governance/promotions/dry-run.ts'
import type { AppContext } from '../../http/app-env.ts'
import { optionalQuery } from '../../http/guards/target.ts'
import { getVersion } from '../../registry/versions/versions.ts'
import { modelNameOf, versionOf } from '../addressed.ts'
import { findRefusal } from '../forms.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { GatesPage } from './gates-page.tsx'
import { guardedPlacesOf } from './guarded-places.ts'

/** `GET /models/{name}/{version}/gates?to=`: judged now, on one guarded place, the first one unless it is said. */
export async function showGates(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const [name, number] = [modelNameOf(c), versionOf(c)]
  const [frame, version, policies, whyNot] = await Promise.all([
    frameOf(c),
    getVersion(ctx, name, number),
    listPolicies(ctx),
    findRefusal(requirePromoting(ctx, name, {})),
  ])
  const places = guardedPlacesOf(policies, name)
  const asked = optionalQuery(c, 'to')
  const place = places.find((one) => one.key === asked) ?? places[0]
  const judged =
    place && (await evaluateMove(ctx, { model: name, version: number, target: place.target }))
  const mayPromote = whyNot === undefined
  const page = <GatesPage {...{ frame, version, places, place, judged, mayPromote }} />
  return sendPage(c, { frame, page })
}
