import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Nothing, PageQuery, PrincipalShape, pageOf } from './shapes.ts'

const text = (charsMax: number) => z.string().min(1).max(charsMax)
const principals = z.array(text(300)).max(100)
const Target = z
  .strictObject({ stage: text(255).optional(), alias: text(255).optional() })
  .refine(({ stage, alias }) => (stage === undefined) !== (alias === undefined), {
    message: "'to' names either a stage or an alias",
  })

const gate = <T extends string, S extends z.ZodRawShape>(type: T, terms: S) =>
  z.strictObject({ name: text(100), type: z.literal(type), ...terms })

const GateShape = z.discriminatedUnion('type', [
  gate('expression', { expression: text(2000) }),
  gate('metric', {
    metric: text(250),
    min: z.number().optional(),
    max: z.number().optional(),
  }),
  gate('model_card', { fields: z.array(text(100)).min(1).max(20) }),
  gate('lineage', { require: z.array(z.enum(['run', 'dataset'])).min(1) }),
  gate('signature_compatible', {}),
  gate('integrity', {}),
  gate('check', { check: text(100), from: principals.min(1).optional() }),
  gate('soak', { stage: text(255), hours: z.number().min(0).max(10_000) }),
  gate('fairness', {
    metric: text(250),
    max_gap: z.number().min(0),
    slices: z.array(text(250)).min(2).max(100),
  }),
  gate('tag', {
    key: text(250),
    value: z.string().max(5000).optional(),
    set_by: principals.min(1).optional(),
  }),
])

/** `required` and `from` are short for one rule. */
const Approvals = z.strictObject({
  required: z.number().int().min(0).max(20).optional(),
  from: principals.optional(),
  rules: z
    .array(
      z.strictObject({ required: z.number().int().min(1).max(20), from: principals.default([]) }),
    )
    .max(10)
    .optional(),
  self_approval: z.boolean().default(false),
  author_may_approve: z.boolean().default(false),
  dismiss_stale: z.boolean().default(true),
  expire_after_hours: z.number().min(0.01).max(8760).default(720),
  allow_unverified: z.boolean().default(false),
})

const FactsTerm = z
  .enum(['latest', 'registered'])
  .describe('Which facts of a version the gates look at: those of now, or those at registration')

/** What may be written; see docs/governance.md. */
export const PolicyBody = z.strictObject({
  name: z.string().optional(),
  /** GET answers these. PUT accepts and ignores them. */
  revision: z.number().int().optional(),
  updated_at: z.number().int().optional(),
  applies_to: z.strictObject({
    models: text(500),
    stage: text(255).optional(),
    alias: text(255).optional(),
    deployment: text(64)
      .optional()
      .describe(
        'A glob of deployments; `approvals.from` with `required` 0 says who may change them',
      ),
  }),
  approvals: Approvals.prefault({}),
  gates: z.array(GateShape).max(50).default([]),
  facts: FactsTerm.default('latest'),
  auto_promote: z.boolean().default(false),
  rollback: z.strictObject({ skip_approvals: z.boolean().default(false) }).prefault({}),
  break_glass: z.strictObject({ from: principals.default([]) }).prefault({}),
})

const PolicyParams = z.object({ name: text(200) })

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
  answer: Nothing,
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
