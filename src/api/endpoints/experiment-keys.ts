import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { PageQuery, pageOf } from './shapes.ts'

/** The default experiment is number 0, which a coerced number would also be where none is given. */
export const ExperimentParams = z.object({
  id: z
    .string()
    .regex(/^\d{1,15}$/, "it must be an experiment's number")
    .transform(Number),
})
export const Prefix = z.string().max(250).optional().describe('How it begins; its case counts')
export const KeyPart = z
  .string()
  .max(250)
  .optional()
  .describe('What stands somewhere in it, in any case')

export const listExperimentKeys = endpoint({
  name: 'listExperimentKeys',
  method: 'GET',
  path: '/api/v1/experiments/{id}/keys',
  tag: 'experiments',
  summary: 'Names that the runs of an experiment have values for, those of most runs first',
  params: ExperimentParams,
  query: z.strictObject({
    kind: z.enum(['metric', 'param', 'tag']),
    prefix: Prefix,
    contains: KeyPart,
    ...PageQuery.shape,
    max_results: z.coerce.number().int().min(1).max(1000).default(100),
  }),
  answer: pageOf(
    z.object({
      key: z.string(),
      runs: z
        .number()
        .int()
        .describe('How many runs have it; deleted ones count until they are purged'),
    }),
  ),
})

export const listExperimentValues = endpoint({
  name: 'listExperimentValues',
  method: 'GET',
  path: '/api/v1/experiments/{id}/values',
  tag: 'experiments',
  summary: 'Values that runs of an experiment have for a key, those of most runs first',
  description: 'At most 50, of up to 500 characters each.',
  params: ExperimentParams,
  query: z.strictObject({
    key: z
      .string()
      .min(1)
      .max(300)
      .describe('As a filter of runs spells it: `params.model`, `tags.team`, `status`'),
    prefix: Prefix,
  }),
  answer: z.object({
    items: z.array(z.object({ value: z.string(), runs: z.number().int() })),
    runs_max: z.number().int().describe('So many active runs were looked at, the newest ones'),
  }),
})
