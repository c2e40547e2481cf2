import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { PageQuery, PrincipalShape, pageOf } from './shapes.ts'

/** A dataset that a run read. */
export const DatasetShape = z.object({
  name: z.string(),
  digest: z.string(),
  source_type: z.string(),
  source: z.string(),
  /** What the run read it for: `training`. */
  context: z.string().optional(),
})

const HolderShape = z.object({
  version: z.string(),
  /** How it came there; absent where it was there before the record of the model began. */
  since: z
    .object({
      at: z.number().int(),
      /** Who asked for it: of the promotion request where there was one, else who made the move. */
      requested_by: PrincipalShape,
      moved_by: PrincipalShape,
      approved_by: z.array(z.string()),
      promotion_id: z.string().optional(),
      reason: z.string().optional(),
    })
    .optional(),
  source: z.string().optional(),
  run_id: z.string().optional(),
  model_id: z.string().optional(),
  digest: z.string().optional(),
  /** Of its run; empty as well where the caller may not read that. */
  datasets: z.array(DatasetShape),
})

const Held = {
  /** The name that the model had then. */
  model: z.string(),
  /** Its name today; absent when it has been deleted since. */
  model_now: z.string().optional(),
  /** The moment that was asked for. */
  at: z.number().int().optional(),
  /** When the record of the model begins. */
  recorded_since: z.number().int().optional(),
}

/** Unix milliseconds, or ISO 8601 with its offset from UTC. */
const At = z.string().max(40).optional()

const description =
  '`at` is a time in Unix milliseconds or ISO 8601 (`2026-08-01T12:00:00Z`): who held it then, as the record tells. ' +
  'The name is the one that the model had then, or the one that it has today. Of a model that was deleted since, readers of the record are told.'

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
