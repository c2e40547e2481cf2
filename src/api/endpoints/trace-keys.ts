import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { ExperimentParams, KeyPart, Prefix } from './experiment-keys.ts'

const traces = z.number().int().describe('How many of these have it')
const traces_max = z.number().int().describe('So many traces were looked at, the newest ones')

export const listTraceKeys = endpoint({
  name: 'listTraceKeys',
  method: 'GET',
  path: '/api/v1/experiments/{id}/traces/keys',
  tag: 'experiments',
  summary: 'Names that the traces of an experiment have values for, those of most traces first',
  params: ExperimentParams,
  query: z.strictObject({
    kind: z.enum(['tag', 'metadata', 'feedback', 'expectation', 'span_attribute']),
    prefix: Prefix,
    contains: KeyPart,
    max_results: z.coerce.number().int().min(1).max(1000).default(100),
  }),
  answer: z.object({
    items: z.array(z.object({ key: z.string(), traces })),
    traces_max,
    is_part: z
      .boolean()
      .optional()
      .describe('Of attributes of spans, which are read for it: whether older traces were not'),
  }),
})

export const listTraceValues = endpoint({
  name: 'listTraceValues',
  method: 'GET',
  path: '/api/v1/experiments/{id}/traces/values',
  tag: 'experiments',
  summary: 'Texts that traces of an experiment have for a key, those of most traces first',
  description: 'At most 50, of up to 500 characters each.',
  params: ExperimentParams,
  query: z.strictObject({
    key: z
      .string()
      .min(1)
      .max(300)
      .describe('As a filter of traces spells it: `tags.team`, `span.type`, `status`'),
    prefix: Prefix,
  }),
  answer: z.object({ items: z.array(z.object({ value: z.string(), traces })), traces_max }),
})
