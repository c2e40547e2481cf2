import { z } from 'zod'
import { invalid } from '../../core/error.ts'
import type { PolicyDocument } from './policy.ts'

const text = (charsMax: number) => z.string().min(1).max(charsMax)
const principals = z.array(text(300)).max(100)

const latency = z.number().min(0).optional()

/** Which traces count. */
const traceScope = {
  window_hours: z
    .number()
    .min(0.01)
    .max(8784)
    .optional()
    .describe('Traces that began so many hours before the judgement, or later'),
  dataset: text(500)
    .optional()
    .describe('Only traces of runs that read a dataset of this name, as evaluations do'),
  experiments: z
    .array(text(20))
    .min(1)
    .max(20)
    .optional()
    .describe('Ids of experiments whose traces count beside those of the version’s own'),
}

const gate = <T extends string, S extends z.ZodRawShape>(type: T, terms: S) =>
  z.strictObject({ name: text(100), type: z.literal(type), ...terms })

export const GateShape = z.discriminatedUnion('type', [
  gate('expression', {
    expression: text(2000),
    traces: z
      .strictObject(traceScope)
      .optional()
      .describe('Which traces the figures in `candidate.traces` and `current.traces` are of'),
  }),
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
  gate('scan', {
    allow: z
      .array(text(300))
      .max(200)
      .optional()
      .describe(
        'Names that pickles may import; a module allows what stands in it, but for what is dangerous',
      ),
    allow_files: z
      .array(text(300))
      .max(200)
      .optional()
      .describe('Globs of files that may hold anything, such as `code/*.py`'),
  }),
  gate('attestation', {
    predicate: text(500).describe(
      'The type of the predicate, such as https://slsa.dev/provenance/v1',
    ),
    key: text(100).describe('The name of a trusted key'),
  }),
  gate('traces', {
    ...traceScope,
    min_count: z.number().int().min(1).max(1_000_000).default(1),
    max_error_rate: z.number().min(0).max(1).optional(),
    max_latency_ms: z
      .strictObject({ p50: latency, p95: latency, p99: latency })
      .optional()
      .describe('Milliseconds that so many of a hundred traces take at most'),
    feedback: z
      .strictObject({
        name: text(1000),
        min_mean: z.number().optional(),
        max_mean: z.number().optional(),
        min_count: z.number().int().min(1).max(1_000_000).optional(),
      })
      .optional()
      .describe('The mean over the traces that have it; true counts as 1, false as 0'),
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

export const FactsTerm = z
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
  sign: z
    .boolean()
    .default(false)
    .describe('Whether what is merged under it is signed as a release bundle'),
  rollback: z.strictObject({ skip_approvals: z.boolean().default(false) }).prefault({}),
  break_glass: z.strictObject({ from: principals.default([]) }).prefault({}),
})

/**
 * A policy as its author wrote it, with the short form of approvals spelled out.
 *
 * @throws INVALID_PARAMETER_VALUE the short form and the rules differ
 */
export function documentFrom(body: z.output<typeof PolicyBody>): PolicyDocument {
  const { required, from = [], rules, ...terms } = body.approvals
  const counted = required ?? 0
  const spelled = rules ?? (counted > 0 ? [{ required: counted, from }] : [])
  const sum = spelled.reduce((total, rule) => total + rule.required, 0)
  if (required !== undefined && required !== sum) {
    throw invalid(
      `'approvals' requires ${required}, and its 'rules' ${sum} together; leave one of them out`,
    )
  }
  return {
    applies_to: body.applies_to,
    approvals: { ...terms, rules: spelled, only: spelled.length === 0 ? from : [] },
    gates: body.gates,
    // Left out where it says nothing, so that an older policy put again is the same.
    ...(body.facts === 'registered' && { facts: body.facts }),
    auto_promote: body.auto_promote,
    ...(body.sign && { sign: true }),
    rollback: body.rollback,
    break_glass: body.break_glass,
  }
}

/** A document as it is written and answered: everything filled in, rules spelled out. */
export function bodyFrom(document: PolicyDocument) {
  const { only, rules, ...terms } = document.approvals
  const [first] = rules
  const from = rules.length === 1 && first ? first.from : only
  return {
    applies_to: { ...document.applies_to },
    approvals: {
      ...terms,
      required: rules.reduce((sum, rule) => sum + rule.required, 0),
      from: [...from],
      rules: rules.map((rule) => ({ required: rule.required, from: [...rule.from] })),
    },
    // The shape validated these when the policy was written.
    gates: document.gates as z.output<typeof PolicyBody>['gates'],
    facts: document.facts ?? ('latest' as const),
    auto_promote: document.auto_promote,
    sign: document.sign ?? false,
    rollback: { ...document.rollback },
    break_glass: { from: [...document.break_glass.from] },
  }
}

/** @throws INVALID_PARAMETER_VALUE it does not say who, or says more */
export function checkDeploymentTerms({
  approvals: { rules, only },
  gates,
  facts,
  auto_promote,
  rollback,
  sign = false,
}: PolicyDocument): void {
  const isMore =
    rules.length + gates.length > 0 ||
    facts === 'registered' ||
    auto_promote ||
    sign ||
    rollback.skip_approvals
  if (only.length > 0 && !isMore) return
  throw invalid(
    `A policy on deployments says who alone may change them, and has no gates, approvals or rollback: write "approvals": {"required": 0, "from": ["group:operators"]}, and "break_glass" if you like`,
  )
}
