import { z } from 'zod'
import { endpoint } from './endpoint.ts'

export const find = endpoint({
  name: 'find',
  method: 'GET',
  path: '/api/v1/find',
  tag: 'find',
  summary: 'What words may mean: at most eight of each kind, of what the caller may read',
  description:
    'A part of a name, an id or its beginning, `#12` for a promotion request, the digest of a version, `models:/fraud@champion`, `prompts:/support/2`, `runs:/<id>/model`. Names of runs are looked for among the 5,000 newest.',
  query: z.object({ q: z.string().max(1000).default('') }),
  answer: z.object({
    models: z.array(z.object({ name: z.string() })),
    prompts: z.array(
      z.object({
        name: z.string(),
        version: z.string().optional().describe('Where a URI named one'),
      }),
    ),
    versions: z.array(z.object({ model: z.string(), version: z.string() })),
    promotions: z.array(
      z.object({
        id: z.string(),
        model: z.string(),
        version: z.string(),
        to: z.string().describe('`Production`, or `alias champion`'),
        status: z.string(),
      }),
    ),
    experiments: z.array(z.object({ id: z.string(), name: z.string() })),
    runs: z.array(z.object({ run_id: z.string(), name: z.string() })),
    datasets: z.array(z.object({ name: z.string(), digest: z.string() })),
    logged_models: z.array(z.object({ model_id: z.string(), name: z.string() })),
    traces: z.array(
      z.object({
        trace_id: z.string(),
        name: z.string().optional().describe('What its program calls it'),
      }),
    ),
    deployments: z.array(z.object({ name: z.string(), model: z.string() })),
  }),
})
