import { excerpt, RegistryError } from '../../../core/error.ts'
import { compareVersions } from '../../../governance/compare/compare-versions.ts'
import { listPolicies, selectPolicies } from '../../../governance/policies/policies.ts'
import type { Policy } from '../../../governance/policies/policy.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import { pagePrefix } from '../../../http/guards/workspace.ts'
import type { Context } from '../../../platform/context.ts'
import { getModel } from '../../../registry/models/registered-models.ts'
import { resolveVersionNames } from '../../../registry/stages/named-versions.ts'
import { getVersion } from '../../../registry/versions/versions.ts'
import { modelNameOf } from '../../addressed.ts'
import { attempt } from '../../attempt.ts'
import type { FormProblem } from '../../forms.ts'
import { directionsOf } from '../../parts/directions.ts'
import { numberIn, pathsUnder } from '../../paths.ts'
import { frameOf } from '../../shell/frame.ts'
import { sendPage } from '../../shell/page.tsx'
import { ComparePage } from './compare-page.tsx'
import {
  namesIn,
  type VersionsQuery,
  versionsAddress,
  versionsQueryOf,
  withListed,
} from './compare-query.ts'

/**
 * `GET /models/{name}/compare?v=2,3&all=1&better=loss:down`, or `v=3&v=2`: the first one, of several fields the lowest,
 * is what the others are compared with. `add=` brings another one in. Names such as `live:Production` lead to what they
 * mean now.
 */
export async function showComparison(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const name = modelNameOf(c)
  const names = namesIn(c)
  if (names) {
    const numbers = await resolveVersionNames(ctx, name, names)
    const meant = versionsQueryOf(c, numbers)
    return c.redirect(versionsAddress(pathsUnder(pagePrefix(c)), name, meant), 302)
  }
  const asked = versionsQueryOf(c)
  const added = optionalQuery(c, 'add')?.trim()
  const problem =
    added === undefined ? undefined : await findProblem(ctx, name, { ...asked, added })
  if (added !== undefined && problem === undefined) {
    const numbers = [...asked.numbers, Number(added)]
    const to = pathsUnder(pagePrefix(c))
    return c.redirect(versionsAddress(to, name, { ...asked, numbers }), 302)
  }
  const [frame, comparison, policies, model] = await Promise.all([
    frameOf(c),
    compareVersions(ctx, name, asked),
    listPolicies(ctx),
    getModel(ctx, name),
  ])
  const query = withListed(asked, comparison)
  const usual = directionsOf(
    policies.filter((policy) => isAbout(policy, policies, name)),
    [model],
  )
  const page = <ComparePage {...{ frame, name, query, comparison, usual, added, problem }} />
  return sendPage(c, { frame, page }, { status: problem?.status ?? 200 })
}

const versionsMax = 10
const ofAdded = { field: 'add', status: 400 } as const

/** Why another version cannot be compared with these; undefined: it can. */
async function findProblem(
  ctx: Context,
  name: string,
  { numbers, added }: VersionsQuery & { readonly added: string },
): Promise<FormProblem | undefined> {
  const version = numberIn(added)
  if (version === undefined) {
    return { ...ofAdded, message: `'${excerpt(added)}' is no number of a version, as 4 is one` }
  }
  if (numbers.includes(version)) {
    return { ...ofAdded, message: `Version ${version} is compared already` }
  }
  if (numbers.length >= versionsMax) {
    return { ...ofAdded, message: `${versionsMax} versions are compared at most: leave one out` }
  }
  const found = await attempt('RESOURCE_DOES_NOT_EXIST', getVersion(ctx, name, version))
  return found instanceof RegistryError ? { ...ofAdded, message: found.message } : undefined
}

/** Whether a policy guards a stage or an alias of the model. */
function isAbout(
  { document: { applies_to } }: Policy,
  policies: readonly Policy[],
  name: string,
): boolean {
  const { stage, alias, deployment } = applies_to
  if (deployment !== undefined) return false
  const target = alias === undefined ? { stage: stage ?? '' } : { alias }
  return selectPolicies(policies, name, target).length > 0
}
