import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { ApproverShape, PageQuery, PrincipalShape, pageOf } from './shapes.ts'

/** A dataset that a run read. */
export const DatasetShape = z.object({
  name: z.string(),
  digest: z.string(),
  source_type: z.string(),
  source: z.string(),
  context: z.string().optional().describe('What the run read it for: `training`'),
})

const HolderShape = z.object({
  version: z.string(),
  since: z
    .object({
      at: z.number().int(),
      requested_by: PrincipalShape.describe(
        'Who asked for it: of the promotion request where there was one, else who made the move',
      ),
      moved_by: PrincipalShape,
      approved_by: z.array(z.string()),
      approvers: z.array(ApproverShape),
      promotion_id: z.string().optional(),
      reason: z.string().optional(),
    })
    .optional()
    .describe(
      'How it came there; absent where it was imported so, or was there before the audit log of the model began',
    ),
  source: z.string().optional(),
  run_id: z.string().optional(),
  model_id: z.string().optional(),
  digest: z.string().optional(),
  datasets: z
    .array(DatasetShape)
    .describe('Of its run; empty as well where the caller may not read that'),
})

const OfModel = {
  model: z.string().describe('The name that the model had then'),
  model_now: z
    .string()
    .optional()
    .describe('Its name today; absent when it has been deleted since'),
  recorded_since: z.number().int().optional().describe('When the audit log of the model begins'),
}

const Held = {
  ...OfModel,
  at: z.number().int().optional().describe('The moment that was asked for'),
}

const At = z
  .string()
  .max(40)
  .optional()
  .describe('The moment: Unix milliseconds, or ISO 8601 with its offset from UTC')

const description =
  '`at` is a time in Unix milliseconds or ISO 8601 (`2026-08-01T12:00:00Z`): who held it then, as the audit log tells. ' +
  'The name is the one that the model had then, or the one that it has today. Of a model that was deleted since, readers of the audit log are told.'

export const getStageHolders = endpoint({
  name: 'getStageHolders',
  method: 'GET',
  path: '/api/v1/models/{name}/stages/{stage}',
  tag: 'questions',
  summary:
    'The versions in a stage: since when, by whom, approved by whom, from which run and data',
  description,
  params: z.object({ name: z.string().min(1), stage: z.string().min(1) }),
  query: PageQuery.extend({ at: At }),
  answer: pageOf(HolderShape).extend({ ...Held, stage: z.string() }),
})

export const listAsOf = endpoint({
  name: 'listAsOf',
  method: 'GET',
  path: '/api/v1/as-of',
  tag: 'questions',
  summary: 'What was in a stage at a moment, of all models',
  description:
    'From the audit log alone, for those who may read it of all models. A model that had nothing in the stage is left out, so a page may have fewer of them than max_results.',
  query: z.strictObject({
    at: z
      .string()
      .max(40)
      .describe('The moment: Unix milliseconds, or ISO 8601 with its offset from UTC'),
    stage: z.string().min(1).default('Production'),
    ...PageQuery.shape,
    max_results: z.coerce.number().int().min(1).max(500).default(100),
  }),
  answer: pageOf(
    z.object({
      ...OfModel,
      items: z.array(HolderShape).describe('At most 20, the highest number first'),
      more: z
        .literal(true)
        .optional()
        .describe('Others were in it too: those of one model are listed by its stage'),
      today: z.array(z.string()).describe('Versions that are in the stage now'),
      rolled_back: z
        .array(z.string())
        .describe('Those of them that a rollback brought back after that moment'),
    }),
  ).extend({ at: z.number().int(), stage: z.string() }),
})

export const getAliasHolder = endpoint({
  name: 'getAliasHolder',
  method: 'GET',
  path: '/api/v1/models/{name}/aliases/{alias}',
  tag: 'questions',
  summary: 'The version that an alias points at: since when, by whom, from which run and data',
  description,
  params: z.object({ name: z.string().min(1), alias: z.string().min(1) }),
  query: z.object({ at: At }),
  answer: z.object({ ...Held, alias: z.string(), items: z.array(HolderShape) }),
})

export const listStageSpans = endpoint({
  name: 'listStageSpans',
  method: 'GET',
  path: '/api/v1/models/{name}/stage-spans',
  tag: 'questions',
  summary: 'When versions of a model were in stages, those that came last first',
  description:
    'From the audit log of the model. A version that came twice is there twice; one that never left has no `until`.',
  params: z.object({ name: z.string().min(1) }),
  query: PageQuery.extend({
    stage: z
      .string()
      .min(1)
      .optional()
      .describe('Only this one; absent: every stage but None and Archived'),
  }),
  answer: pageOf(
    z.object({
      version: z.string(),
      stage: z.string(),
      from: z.number().int(),
      until: z.number().int().optional(),
    }),
  ),
})
