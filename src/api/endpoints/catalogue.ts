import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { PageQuery, pageOf } from './shapes.ts'

export const listCatalogue = endpoint({
  name: 'listCatalogue',
  method: 'GET',
  path: '/api/v1/models',
  tag: 'find',
  summary: 'The catalogue: models with what is in each stage, aliases, open requests',
  description:
    'What the page `/models` shows, of the models that the caller may read, in a number of statements that does not grow with them. The metric is the one that the tag `gatehouse.metric` of the model names.',
  query: z.strictObject({
    q: z
      .string()
      .max(10_000)
      .default('')
      .describe("Words of the name, or a filter as in a search of models: `tags.team = 'risk'`"),
    requests: z.enum(['open']).optional().describe('Only models with an open promotion request'),
    sort: z.enum(['name', 'changed']).default('name').describe('`changed`: the last changed first'),
    page_token: PageQuery.shape.page_token,
    max_results: z.coerce.number().int().min(1).max(1000).default(100),
  }),
  answer: pageOf(
    z.object({
      name: z.string(),
      description: z.string().optional(),
      tags: z.array(z.object({ key: z.string(), value: z.string() })),
      created_at: z.number(),
      updated_at: z.number().describe('Of the model or of one of its versions'),
      latest_version: z.string().optional().describe('Absent: it has no version'),
      stages: z
        .array(z.object({ stage: z.string(), version: z.string() }))
        .describe('The newest version in each stage that has one'),
      aliases: z.array(z.object({ alias: z.string(), version: z.string() })),
      open_requests: z.array(z.string()).describe('Ids of promotion requests, the newest first'),
      metric: z
        .object({
          key: z.string(),
          values: z.array(
            z.object({
              version: z.string(),
              value: z.union([z.number(), z.literal('NaN')]),
            }),
          ),
        })
        .optional()
        .describe('Of the versions in stages that serve, as far as the caller may read their runs'),
    }),
  ),
})
