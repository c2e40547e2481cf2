import { z } from 'zod'
import { actionGroupNames } from '../../audit/action-groups.ts'
import { actions } from '../../audit/actions.ts'
import { endpoint } from './endpoint.ts'
import { ApproverShape, Moment, PageQuery, PrincipalShape, pageOf } from './shapes.ts'

/** Strict: a filter that is misspelt must not answer everything. */
const Filter = z.strictObject({
  model: z.string().min(1).optional().describe('The name that the model had at that moment'),
  version: z.coerce
    .number()
    .int()
    .min(1)
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('Of that model'),
  actor: z.string().min(1).optional().describe("A principal's name"),
  action: z.enum(actions).optional(),
  group: z
    .enum(actionGroupNames)
    .optional()
    .describe('Actions that belong together, such as all that change who may do what'),
  stage: z.string().min(1).optional().describe('Of versions that came into this stage, or left it'),
  break_glass: z.enum(['true']).optional().describe('Only moves that were made past their gates'),
  since: Moment.optional().describe(
    'Not before: Unix milliseconds, or ISO 8601 with its offset from UTC',
  ),
  until: Moment.optional().describe(
    'Before: Unix milliseconds, or ISO 8601 with its offset from UTC',
  ),
})

function hasModelOfVersion(filter: { model?: string | undefined; version?: number | undefined }) {
  return filter.version === undefined || filter.model !== undefined
}
const modelIsMissing = { path: ['version'], error: 'a version is one of a model; give model too' }

const Hash = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'give sha256: and 64 hex digits')

/** What stands in `before` and `after` depends on the action; docs/audit.md has the table. */
const EntryShape = z.object({
  seq: z.number().int(),
  at: z.number().int(),
  actor: PrincipalShape,
  action: z.string(),
  model: z.string().optional(),
  version: z.string().optional(),
  before: z.record(z.string(), z.unknown()).optional(),
  after: z.record(z.string(), z.unknown()).optional(),
  reason: z.string().optional(),
  promotion_id: z.string().optional(),
  approved_by: z.array(z.string()).optional(),
  approvers: z.array(ApproverShape).optional(),
  request_id: z.string(),
  user_agent: z.string().optional(),
  hash: Hash.describe('SHA-256 of the canonical JSON (RFC 8785) of all the above'),
})

export const listAudit = endpoint({
  name: 'listAudit',
  method: 'GET',
  path: '/api/v1/audit',
  tag: 'audit log',
  summary: 'The audit log: changes and refused attempts, newest first',
  description: 'A page of large entries has fewer of them than max_results.',
  query: z
    .strictObject({
      ...Filter.shape,
      ...PageQuery.shape,
      max_results: z.coerce.number().int().min(1).max(1000).default(100),
    })
    .refine(hasModelOfVersion, modelIsMissing),
  answer: pageOf(EntryShape),
})

export const exportAudit = endpoint({
  name: 'exportAudit',
  method: 'GET',
  path: '/api/v1/audit/export',
  tag: 'audit log',
  summary: 'The whole record as a file, oldest first',
  description:
    'As JSON Lines, each an entry with its hash and chain_hash, the export proves itself: see `gatehouse audit verify FILE`. With a filter it lacks entries on purpose and cannot prove that it lacks no others.',
  query: Filter.extend({ format: z.enum(['jsonl', 'csv']).default('jsonl') }).refine(
    hasModelOfVersion,
    modelIsMissing,
  ),
  answer: z.string(),
  media: 'application/x-ndjson',
})

export const getAuditHead = endpoint({
  name: 'getAuditHead',
  method: 'GET',
  path: '/api/v1/audit/head',
  tag: 'audit log',
  summary:
    'Where the chain ends: kept elsewhere, it proves later that nothing before it was changed',
  answer: z.object({
    seq: z.number().int().describe('The last sealed entry; 0 for none'),
    head: Hash,
  }),
})

export const verifyAudit = endpoint({
  name: 'verifyAudit',
  method: 'GET',
  path: '/api/v1/audit/verify',
  tag: 'audit log',
  summary: 'Compute the chain anew and say whether it is whole',
  query: z.strictObject({
    head: Hash.optional().describe(
      'A chain hash that was kept elsewhere: the chain must come to it',
    ),
  }),
  answer: z.object({
    ok: z.boolean(),
    entries: z.number().int().describe('How many entries are sound'),
    sealed: z.number().int().describe('How many of them are sealed'),
    head: Hash,
    head_seq: z
      .number()
      .int()
      .optional()
      .describe('The entry at which the chain came to the head that was given'),
    seq: z.number().int().optional().describe('The first entry that is not as it was sealed'),
    problem: z
      .enum(['changed', 'missing', 'inserted', 'unsealed'])
      .optional()
      .describe('What is wrong with it'),
    detail: z.string().optional(),
  }),
})
