import { z } from 'zod'
import { FactsTerm, GateShape, PolicyBody } from '../../governance/policies/policy-body.ts'
import { endpoint } from './endpoint.ts'
import { Nothing, PageQuery, PrincipalShape, pageOf } from './shapes.ts'

const text = (charsMax: number) => z.string().min(1).max(charsMax)
const Target = z
  .strictObject({ stage: text(255).optional(), alias: text(255).optional() })
  .refine(({ stage, alias }) => (stage === undefined) !== (alias === undefined), {
    message: "'to' names either a stage or an alias",
  })

const PolicyParams = z.object({ name: text(200) })
const SeenRevision = z.object({
  revision: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .describe('The one that was read, 0 for none; another one that is there is answered 409'),
})

/** A policy in an answer: everything filled in, rules spelled out. */
export const PolicyShape = z.object({
  name: z.string(),
  revision: z.number().int(),
  updated_at: z.number().int(),
  applies_to: z.object({
    models: z.string(),
    stage: z.string().optional(),
    alias: z.string().optional(),
    deployment: z.string().optional(),
  }),
  approvals: z.object({
    required: z.number().int(),
    from: z.array(z.string()),
    rules: z.array(z.object({ required: z.number().int(), from: z.array(z.string()) })),
    self_approval: z.boolean(),
    author_may_approve: z.boolean(),
    dismiss_stale: z.boolean(),
    expire_after_hours: z.number(),
    allow_unverified: z.boolean(),
  }),
  gates: z.array(GateShape),
  facts: FactsTerm,
  auto_promote: z.boolean(),
  sign: z.boolean(),
  rollback: z.object({ skip_approvals: z.boolean() }),
  break_glass: z.object({ from: z.array(z.string()) }),
})

export const GateResultShape = z.object({
  name: z.string(),
  policy: z.string(),
  type: z.string(),
  status: z.enum(['passed', 'failed', 'pending']),
  detail: z.string().describe('The value, the limit, and what is wrong'),
  evaluated_at: z.number().int(),
})

export const ApprovalsShape = z.object({
  required: z.number().int(),
  given: z.number().int(),
  missing: z.array(z.string()),
})

export const listPolicies = endpoint({
  name: 'listPolicies',
  method: 'GET',
  path: '/api/v1/policies',
  tag: 'policies',
  summary: 'Every policy, by name',
  answer: pageOf(PolicyShape),
})

export const getPolicy = endpoint({
  name: 'getPolicy',
  method: 'GET',
  path: '/api/v1/policies/{name}',
  tag: 'policies',
  summary: 'One policy as it stands',
  params: PolicyParams,
  answer: PolicyShape,
})

export const putPolicy = endpoint({
  name: 'putPolicy',
  method: 'PUT',
  path: '/api/v1/policies/{name}',
  tag: 'policies',
  summary: 'Write a policy; each change is a new revision',
  params: PolicyParams,
  query: SeenRevision,
  body: PolicyBody,
  answer: PolicyShape,
})

export const deletePolicy = endpoint({
  name: 'deletePolicy',
  method: 'DELETE',
  path: '/api/v1/policies/{name}',
  tag: 'policies',
  summary: 'Delete a policy; its revisions stay',
  params: PolicyParams,
  query: SeenRevision,
  answer: Nothing,
})

const GuardedModels = z
  .object({ place: z.string(), models: z.array(z.string()) })
  .optional()
  .describe('Of the models that the caller may read')

export const foreseePolicy = endpoint({
  name: 'foreseePolicy',
  method: 'POST',
  path: '/api/v1/policies/{name}/effects',
  tag: 'policies',
  summary: 'What a change of a policy would do to models and open requests; changes nothing',
  readOnly: true,
  params: PolicyParams,
  body: z.strictObject({
    policy: PolicyBody.optional().describe('What would be written; absent: it would be deleted'),
  }),
  answer: z.object({
    guarded: GuardedModels.describe('Models of which a place becomes guarded'),
    unguarded: GuardedModels.describe('Models of which a place is guarded no longer'),
    requests: z.array(
      z.object({
        promotion_id: z.string(),
        model: z.string(),
        version: z.string(),
        closes: z.boolean().describe('Nothing guards its target any more'),
        approvals_lost: z.number().int(),
      }),
    ),
    more_requests: z.number().int().describe('Open requests that were not looked at'),
  }),
})

export const listPolicyRevisions = endpoint({
  name: 'listPolicyRevisions',
  method: 'GET',
  path: '/api/v1/policies/{name}/revisions',
  tag: 'policies',
  summary: 'Every revision of a policy, newest first',
  params: PolicyParams,
  query: PageQuery,
  answer: pageOf(
    z.object({
      revision: z.number().int(),
      policy: PolicyShape.nullable().describe('Null: with this revision it was deleted'),
      author: PrincipalShape,
      at: z.number().int(),
    }),
  ),
})

const Verdicts = z.object({
  policies: z.array(z.string()),
  gates: z.array(GateResultShape),
  approvals: ApprovalsShape,
  can_merge: z.boolean(),
  blocked_by: z.array(z.string()),
})

export const evaluatePolicies = endpoint({
  name: 'evaluatePolicies',
  method: 'POST',
  path: '/api/v1/policies/evaluate',
  tag: 'policies',
  summary: 'What would happen to a move; changes nothing',
  readOnly: true,
  description: 'With `policy`, that draft is judged in place of the policies that stand.',
  body: z.strictObject({
    model: text(500),
    version: z.string().regex(/^\d{1,15}$/, 'must be the number of a version, such as 3'),
    to: Target,
    policy: PolicyBody.optional(),
  }),
  answer: Verdicts,
})

export const replayPolicy = endpoint({
  name: 'replayPolicy',
  method: 'POST',
  path: '/api/v1/policies/{name}/replay',
  tag: 'policies',
  summary: 'Judge the versions of past requests by a draft; changes nothing',
  readOnly: true,
  description:
    'The gates are judged on what is known of those versions now; approvals are those that were given.',
  params: PolicyParams,
  query: PageQuery,
  body: PolicyBody,
  answer: pageOf(
    z.object({
      promotion_id: z.string(),
      model: z.string(),
      version: z.string(),
      was: z.string().describe('What became of the request'),
      can_merge: z.boolean().describe('Whether it could be merged by the draft'),
      blocked_by: z.array(z.string()),
      gates: z.array(GateResultShape),
    }),
  ),
})

export { Target }
