import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { PageQuery, pageOf, repeated } from './shapes.ts'

const Value = z
  .union([z.number(), z.literal('NaN')])
  .describe('An infinity is the largest double of its sign, as it is kept')

const Int64Shape = z.union([z.number(), z.string()]).describe('A text beyond 2^53')

export const listRuns = endpoint({
  name: 'listRuns',
  method: 'GET',
  path: '/api/v1/runs',
  tag: 'experiments',
  summary: 'Runs with some of what they logged, in the order of one of its columns',
  description:
    "A column is `m.loss`, the latest value of a metric, `m.loss:min` and `m.loss:max`, the least and the greatest of all its points, `p.lr` a param, `t.team` a tag. A metric whose own name ends in `:min`, `:max` or `:last` has `:last` behind it. NaN counts for neither extreme. This is what the page of an experiment's runs shows.",
  query: z.strictObject({
    experiment: repeated(z.string().regex(/^\d{1,15}$/, "it must be an experiment's number"), 50),
    filter: z.string().optional().describe('As in a search of runs: `metrics.accuracy > 0.9`'),
    column: repeated(z.string().max(300), 40)
      .optional()
      .describe('May be repeated: `m.loss:min`, `p.lr`'),
    sort: repeated(z.string().max(300), 2)
      .optional()
      .describe(
        'A column, or `name`, `start`, `status`, `user`; `-m.loss:min` has the greatest first. Runs without the value come last. Absent: the newest first',
      ),
    deleted: z.enum(['true']).optional().describe('Deleted runs in place of the others'),
    page_token: PageQuery.shape.page_token,
    max_results: z.coerce.number().int().min(1).max(1000).default(100),
  }),
  answer: pageOf(
    z.object({
      run_id: z.string(),
      experiment_id: z.string(),
      run_name: z.string(),
      status: z.string(),
      user_id: z.string(),
      start_time: Int64Shape,
      end_time: Int64Shape.optional(),
      values: z
        .record(z.string(), z.union([Value, z.string()]))
        .describe('By column; what the run lacks is left out'),
    }),
  ).extend({
    extremes_missing: z
      .boolean()
      .describe(
        'Extremes of some metrics that an earlier release logged are still to be read; their runs have none until then, and come last',
      ),
  }),
})

export const listRunMetrics = endpoint({
  name: 'listRunMetrics',
  method: 'GET',
  path: '/api/v1/runs/{run_id}/metrics',
  tag: 'experiments',
  summary: 'The metrics of a run by name: the latest point, the least and the greatest value',
  description:
    'How many points there are is not kept: a point that is logged again is one, which nobody knows without reading them all.',
  params: z.object({ run_id: z.string().min(1) }),
  query: z.strictObject(PageQuery.shape),
  answer: pageOf(
    z.object({
      key: z.string(),
      value: Value.describe('Of the point of the greatest step, then time, then value'),
      step: Int64Shape,
      timestamp: Int64Shape,
      min: z
        .number()
        .optional()
        .describe(
          'Absent where all is NaN, or an earlier release logged the metric and it was not read yet; so is `max`',
        ),
      max: z.number().optional(),
    }),
  ),
})
