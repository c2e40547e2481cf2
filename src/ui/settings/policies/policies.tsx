import { requireRight } from '../../../access/permissions/require.ts'
import { requirePolicy } from '../../../governance/permissions.ts'
import {
  getPolicy,
  listPolicies,
  listPolicyRevisions,
} from '../../../governance/policies/policies.ts'
import { readPolicyEffects } from '../../../governance/upkeep/foresee-policy.ts'
import { removePolicy } from '../../../governance/upkeep/guarding.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import { pagePrefix } from '../../../http/guards/workspace.ts'
import { matchModels } from '../../../registry/models/match-models.ts'
import { checkSeen } from '../../changes/change.ts'
import { type FormProblem, findRefusal, formAction, noteProblem } from '../../forms.ts'
import { numberIn, pathsUnder } from '../../paths.ts'
import { sendPage } from '../../shell/page.tsx'
import { settingsFrameOf } from '../settings-frame.ts'
import { PoliciesPage } from './policies-page.tsx'
import { PolicyDeletePage } from './policy-delete-page.tsx'
import { PolicyPage } from './policy-page.tsx'
import { RevisionsPage } from './revisions-page.tsx'

/** The policy that the address names. */
function policyNameOf(c: AppContext): string {
  return c.req.param('name') ?? ''
}

/** `GET /settings/policies` */
export async function showPolicies(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const [frame, policies, whyNot] = await Promise.all([
    settingsFrameOf(c),
    listPolicies(ctx),
    findRefusal(requireRight(ctx, 'manage_policies')),
  ])
  const namesOf = await matchModels(
    ctx,
    policies.map(({ document }) => document.applies_to.models),
  )
  return sendPage(c, { frame, page: <PoliciesPage {...{ frame, policies, namesOf, whyNot }} /> })
}

/** `GET /settings/policies/{name}` */
export async function showPolicy(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const [frame, policy, whyNot] = await Promise.all([
    settingsFrameOf(c),
    getPolicy(ctx, policyNameOf(c)),
    findRefusal(requirePolicy(ctx, policyNameOf(c))),
  ])
  const glob = policy.document.applies_to.models
  const names = (await matchModels(ctx, [glob]))(glob)
  return sendPage(c, { frame, page: <PolicyPage {...{ frame, policy, names, whyNot }} /> })
}

const revisionsPerPage = 20

/** `GET /settings/policies/{name}/revisions?before=` */
export async function showRevisions(c: AppContext): Promise<Response> {
  const name = policyNameOf(c)
  const before = numberIn(optionalQuery(c, 'before')) ?? Number.MAX_SAFE_INTEGER
  const [frame, revisions] = await Promise.all([
    settingsFrameOf(c),
    // With the one before the last, which the last is compared with.
    listPolicyRevisions(c.var.ctx, name, { before, count: revisionsPerPage + 1 }),
  ])
  const page = <RevisionsPage {...{ frame, name, revisions, count: revisionsPerPage }} />
  return sendPage(c, { frame, page })
}

/** `GET /settings/policies/{name}/delete`: what it would mean. */
export async function showPolicyDeletion(
  c: AppContext,
  shown: { readonly problem?: FormProblem } = {},
): Promise<Response> {
  const { ctx } = c.var
  const name = policyNameOf(c)
  const [frame, policy, effects, whyNot] = await Promise.all([
    settingsFrameOf(c),
    getPolicy(ctx, name),
    readPolicyEffects(ctx, { name }),
    findRefusal(requirePolicy(ctx, name)),
  ])
  const page = <PolicyDeletePage {...{ frame, policy, effects, whyNot, ...shown }} />
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

/** `POST /settings/policies/{name}/delete` */
export const postPolicyDeletion = formAction({
  operation: 'deletePolicy',
  rule: (ctx, c) => requirePolicy(ctx, policyNameOf(c)),
  async run(ctx, c, form) {
    try {
      await removePolicy(ctx, {
        name: policyNameOf(c),
        seen: checkSeen(form.text('seen_revision')),
      })
    } catch (err) {
      return showPolicyDeletion(c, { problem: await noteProblem(c, err) })
    }
    return c.redirect(pathsUnder(pagePrefix(c)).policies, 303)
  },
})
