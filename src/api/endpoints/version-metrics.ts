import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { PageQuery, pageOf } from './shapes.ts'

export const listVersionMetrics = endpoint({
  name: 'listVersionMetrics',
  method: 'GET',
  path: '/api/v1/models/{name}/metrics',
  tag: 'questions',
  summary: 'A metric over the versions of a model, the newest first',
  description:
    'The latest value of each version, as its run has it or, without one there, its logged model; of what the caller may read.',
  params: z.object({ name: z.string().min(1) }),
  query: PageQuery.extend({
    key: z.string().min(1).max(250).describe('The metric: `accuracy`'),
    max_results: PageQuery.shape.max_results.unwrap().max(100).default(100),
  }),
  answer: pageOf(
    z.object({
      version: z.string(),
      stage: z.string(),
      created_at: z.number().int(),
      value: z
        .union([z.number(), z.literal('NaN')])
        .optional()
        .describe('Absent where the version has none'),
    }),
  ).extend({
    keys: z
      .array(z.string())
      .describe('Metrics that the five newest versions have, the first 200 by name'),
  }),
})
