import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { ApprovalsShape, GateResultShape, Target } from './policies.ts'
import { PageQuery, PrincipalShape, pageOf } from './shapes.ts'

const text = (charsMax: number) => z.string().min(1).max(charsMax)
const comment = z.string().max(10_000)
const PromotionParams = z.object({ id: z.coerce.number().int().min(1) })
const version = z.string().regex(/^\d{1,15}$/, 'must be the number of a version, such as 3')

export const SeenShape = z
  .strictObject({
    digest: z.string().max(100).nullable().describe('Of the files; null: they are not sealed'),
    card_revision: z.number().int().min(0).describe('0: there is no card'),
    policy_revisions: z
      .array(z.strictObject({ name: z.string().max(500), revision: z.number().int() }))
      .max(1000),
    facts_digest: z
      .string()
      .max(100)
      .nullable()
      .optional()
      .describe('Of metrics, params and the like'),
    compared_with: version
      .nullable()
      .optional()
      .describe('The version that has the target, or had it last; null: there is none'),
  })
  .describe(
    'What the caller looked at, as a request shows it. If something else is there now, nothing happens and the answer is 409',
  )

export const PromotionShape = z.object({
  id: z.string(),
  model: z.string(),
  version: z.string(),
  from: z.object({ stage: z.string() }),
  to: z.object({ stage: z.string().optional(), alias: z.string().optional() }),
  archive_existing: z.boolean(),
  status: z.enum(['open', 'merged', 'rejected', 'closed', 'expired', 'superseded']),
  requested_by: PrincipalShape,
  requested_at: z.number().int(),
  expires_at: z.number().int(),
  reason: z.string().optional(),
  decided_by: PrincipalShape.optional(),
  decided_at: z.number().int().optional(),
  closed_because: z.string().optional().describe('Why it is superseded'),
  policies: z.array(z.string()),
  policy_revisions: z
    .array(z.object({ name: z.string(), revision: z.number().int() }))
    .describe('The revisions it was judged by'),
  digest: z
    .string()
    .nullable()
    .optional()
    .describe(
      'Of the files that were judged; null: they are not sealed; absent: nothing was judged',
    ),
  card_revision: z.number().int().optional().describe('Of the model card that was judged'),
  facts_digest: z.string().nullable().optional().describe('Of the facts that were judged'),
  compared_with: z
    .string()
    .nullable()
    .optional()
    .describe(
      'The version that had the target, or had it last, when it was judged; null: there was none',
    ),
  gates: z.array(GateResultShape),
  approvals: ApprovalsShape,
  reviews: z.array(
    z.object({
      id: z.string(),
      by: PrincipalShape,
      decision: z.enum(['approve', 'reject', 'comment']),
      comment: z.string().optional(),
      at: z.number().int(),
      dismissed: z.string().optional().describe('Why an approval stands no longer'),
    }),
  ),
  checks: z.array(
    z.object({
      name: z.string(),
      status: z.enum(['queued', 'passed', 'failed', 'pending']),
      url: z.string().optional(),
      summary: z.string().optional(),
      by: PrincipalShape,
      at: z.number().int(),
      digest: z.string().optional().describe('Of the files that it was made for'),
    }),
  ),
  judged_at: z
    .number()
    .int()
    .optional()
    .describe('When gates, approvals and blocked_by were judged; absent where nothing was judged'),
  can_merge: z.boolean(),
  blocked_by: z.array(z.string()),
  break_glass: z.boolean(),
  followed_up_by: z
    .string()
    .optional()
    .describe('Who closed the review that a break-glass merge asks for; absent while it is open'),
  url: z.string(),
})

const one = { tag: 'promotions', params: PromotionParams, answer: PromotionShape } as const

export const openPromotion = endpoint({
  name: 'openPromotion',
  method: 'POST',
  path: '/api/v1/promotions',
  tag: 'promotions',
  summary: 'Ask for a version to enter a stage, or for an alias to point at it',
  body: z.strictObject({
    model: text(500),
    version,
    to: Target,
    archive_existing: z.boolean().default(false),
    reason: comment.optional(),
  }),
  status: 201,
  answer: PromotionShape,
})

export const listPromotions = endpoint({
  name: 'listPromotions',
  method: 'GET',
  path: '/api/v1/promotions',
  tag: 'promotions',
  summary: 'Requests, newest first',
  description:
    'An open request shows its last judgement, made at `judged_at`; `GET /api/v1/promotions/{id}` judges it anew. `awaiting=me`: open ones that still lack an approval which the caller may give.',
  query: PageQuery.extend({
    max_results: z.coerce
      .number()
      .int()
      .min(1)
      .max(100)
      .default(50)
      .describe('How many items a page has at most; with `awaiting`, how many are looked at'),
    status: z.enum(['open', 'merged', 'rejected', 'closed', 'expired', 'superseded']).optional(),
    model: z.string().optional(),
    version: z.coerce.number().int().min(1).optional(),
    requested_by: z.string().optional(),
    awaiting: z.literal('me').optional(),
    follow_up: z
      .literal('open')
      .optional()
      .describe('Only those merged by break-glass that nobody followed up'),
  }),
  answer: pageOf(PromotionShape),
})

export const getPromotion = endpoint({
  ...one,
  name: 'getPromotion',
  method: 'GET',
  path: '/api/v1/promotions/{id}',
  summary: 'One request, judged on what is true now; a decided one as it was judged',
})

export const reviewPromotion = endpoint({
  ...one,
  name: 'reviewPromotion',
  method: 'POST',
  path: '/api/v1/promotions/{id}/reviews',
  summary: 'Approve, reject or comment; the latest decision of a reviewer counts',
  body: z.strictObject({
    decision: z.enum(['approve', 'reject', 'comment']),
    comment: comment.optional(),
    seen: SeenShape.optional(),
  }),
})

export const postCheck = endpoint({
  ...one,
  name: 'postCheck',
  method: 'POST',
  path: '/api/v1/promotions/{id}/checks',
  summary: 'Post the result of a pipeline; it counts for the files that the version has now',
  body: z.strictObject({
    name: text(100),
    status: z.enum(['queued', 'pending', 'passed', 'failed']),
    url: z
      .url({ protocol: /^https?$/ })
      .max(2000)
      .optional(),
    summary: comment.optional(),
  }),
})

export const mergePromotion = endpoint({
  ...one,
  name: 'mergePromotion',
  method: 'POST',
  path: '/api/v1/promotions/{id}/merge',
  summary: 'Make the move; only when every gate passes and the approvals stand',
  body: z.strictObject({ seen: SeenShape.optional() }),
})

export const closePromotion = endpoint({
  ...one,
  name: 'closePromotion',
  method: 'POST',
  path: '/api/v1/promotions/{id}/close',
  summary: 'Withdraw a request',
  body: z.strictObject({ comment: comment.optional() }),
})

export const breakGlass = endpoint({
  ...one,
  name: 'breakGlass',
  method: 'POST',
  path: '/api/v1/promotions/{id}/break-glass',
  summary: 'Merge at once, whatever blocks it, for whom every policy lets',
  body: z.strictObject({ reason: text(10_000), seen: SeenShape.optional() }),
})

export const followUp = endpoint({
  ...one,
  name: 'followUp',
  method: 'POST',
  path: '/api/v1/promotions/{id}/follow-up',
  summary: 'Close the review that a break-glass merge left open',
  body: z.strictObject({ comment: comment.optional() }),
})
