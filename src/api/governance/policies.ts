import { requireModelVersion, requireRight } from '../../access/permissions/require.ts'
import { matchesGlob } from '../../core/glob.ts'
import { hidden } from '../../governance/closed-runs.ts'
import { requirePolicy } from '../../governance/permissions.ts'
import * as verbs from '../../governance/policies/policies.ts'
import { documentFrom } from '../../governance/policies/policy-body.ts'
import { evidenceOf } from '../../governance/promotions/assess.ts'
import { evaluateMove, type Replayed, replay } from '../../governance/promotions/dry-run.ts'
import { readPolicyEffects } from '../../governance/upkeep/foresee-policy.ts'
import { removePolicy, setPolicy } from '../../governance/upkeep/guarding.ts'
import { anyone } from '../../http/guards/guard.ts'
import { isNumberPlace, readPageFrom } from '../../search/page.ts'
import * as endpoints from '../endpoints/policies.ts'
import { page, pageRequest, pageToWire } from '../page.ts'
import { type ServedEndpoint, serve } from '../serve.ts'
import { approvalsToWire, gateToWire, policyToWire, targetFrom } from './promotion-wire.ts'

/** What must be true before a version may enter a stage, or an alias may point at it. */
export const policyRoutes: readonly ServedEndpoint[] = [
  serve(endpoints.listPolicies, anyone, async (ctx) => {
    const policies = await verbs.listPolicies(ctx)
    return { items: policies.map((policy) => policyToWire(policy, policy.document)) }
  }),

  serve(endpoints.getPolicy, anyone, async (ctx, { params }) => {
    const policy = await verbs.getPolicy(ctx, params.name)
    return policyToWire(policy, policy.document)
  }),

  serve(
    endpoints.putPolicy,
    (ctx, { params, body }) => requirePolicy(ctx, params.name, body.applies_to.models),
    async (ctx, { params, query, body }) => {
      const { revision: seen } = query
      const policy = await setPolicy(ctx, { ...params, document: documentFrom(body), seen })
      return policyToWire(policy, policy.document)
    },
  ),

  serve(
    endpoints.deletePolicy,
    (ctx, { params }) => requirePolicy(ctx, params.name),
    async (ctx, { params, query }) => {
      await removePolicy(ctx, { ...params, seen: query.revision })
      return {}
    },
  ),

  serve(
    endpoints.foreseePolicy,
    (ctx, { params, body }) => requirePolicy(ctx, params.name, body.policy?.applies_to.models),
    async (ctx, { params, body }) => {
      const document = body.policy && documentFrom(body.policy)
      const { requests, more, ...places } = await readPolicyEffects(ctx, { ...params, document })
      return {
        ...places,
        requests: requests.map(({ promotion, ...effect }) => ({
          promotion_id: String(promotion.id),
          model: promotion.model,
          version: String(promotion.version),
          closes: effect.isClosed,
          approvals_lost: effect.approvalsLost,
        })),
        more_requests: more,
      }
    },
  ),

  serve(endpoints.listPolicyRevisions, anyone, (ctx, { params, query }) =>
    page(['policy-revisions', params.name], query, {
      first: Number.MAX_SAFE_INTEGER,
      read: (before, count) => verbs.listPolicyRevisions(ctx, params.name, { before, count }),
      keyOf: ({ revision }) => revision,
      toWire: ({ revision, document, author, atMs }) => ({
        revision,
        policy:
          document && policyToWire({ name: params.name, revision, updatedAtMs: atMs }, document),
        author,
        at: atMs,
      }),
    }),
  ),

  serve(
    endpoints.evaluatePolicies,
    (ctx, { body }) => requireModelVersion(ctx, body.model, 'READ'),
    async (ctx, { body }) => {
      const move = {
        model: body.model,
        version: Number(body.version),
        target: await targetFrom(ctx, body.to),
      }
      const draft = body.policy && documentFrom(body.policy)
      const { judgement, policies } = await evaluateMove(ctx, move, draft)
      return {
        policies: policies.map(({ name }) => name),
        gates: judgement.gates.map(gateToWire),
        approvals: approvalsToWire(judgement.approvals),
        can_merge: judgement.blockedBy.length === 0,
        blocked_by: [...judgement.blockedBy],
      }
    },
  ),

  serve(
    endpoints.replayPolicy,
    (ctx) => requireRight(ctx, 'manage_policies'),
    async (ctx, { body, query }) => {
      const draft = documentFrom(body)
      const count = Math.min(query.max_results, replayMax)
      const found = await readPageFrom(
        pageRequest(['replay', body], query),
        isNumberPlace,
        async (before) => {
          const replayed = await replay(ctx, draft, { before: before?.[0], count })
          const last = replayed.length === count ? replayed.at(-1) : undefined
          const items = replayed.filter(({ promotion }) =>
            matchesGlob(draft.applies_to.models, promotion.model),
          )
          return { items, next: last && ([last.promotion.id] as const) }
        },
      )
      return pageToWire(found, replayedToWire)
    },
  ),
]

/** Each is judged on a snapshot of its own. */
const replayMax = 100

function replayedToWire({ promotion, assessment, isClosed }: Replayed) {
  const why = isClosed ? hidden : 'the version is gone'
  return {
    promotion_id: String(promotion.id),
    model: promotion.model,
    version: String(promotion.version),
    was: promotion.status,
    can_merge: assessment?.judgement.blockedBy.length === 0,
    blocked_by: assessment ? [...evidenceOf(assessment).blocked_by] : [why],
    gates: assessment ? assessment.judgement.gates.map(gateToWire) : [],
  }
}
