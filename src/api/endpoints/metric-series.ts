import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { repeated } from './shapes.ts'

const Column = z.array(z.number().nullable())
/** Of the axis. An empty text is none, and not 0. */
const Place = z.union([z.string(), z.number()]).transform((given, { addIssue }) => {
  const place = String(given).trim() === '' ? Number.NaN : Number(given)
  if (Number.isFinite(place)) return place
  addIssue({ code: 'custom', message: 'must be a number' })
  return z.NEVER
})
const Counts = z.array(z.number().int())

export const readMetricSeries = endpoint({
  name: 'readMetricSeries',
  method: 'GET',
  path: '/api/v1/metrics/series',
  tag: 'experiments',
  summary: 'Metrics of runs along steps or time, as few values as a chart has room for',
  description:
    'Where a series has more points than were asked for, each value stands for those of a part of the axis: it has the least, the greatest and the mean of them, so that a spike of one step is never lost. The columns of a series are equally long; values have 15 digits, as a drawing needs them, and all of their digits in `metrics/get-history`. A run that lacks a metric has no series of it. The answer has an `ETag`, and is 304 to who sends it in `If-None-Match` while nothing was logged.',
  query: z.strictObject({
    run: repeated(z.string().min(1).max(64), 100).describe('May be repeated'),
    key: repeated(z.string().min(1).max(250), 20).describe(
      'Name of a metric; may be repeated. At most 100 series are read at once',
    ),
    x: z
      .enum(['step', 'time'])
      .default('step')
      .describe('Steps, or milliseconds since the first point of the series'),
    from: Place.optional().describe('Only from this place of the axis on'),
    to: Place.optional().describe('Only up to this place of the axis'),
    points: z.coerce
      .number()
      .int()
      .min(1)
      .max(2000)
      .default(500)
      .describe('Values of one series, at most; of all together at most 50000'),
  }),
  answer: z.object({
    x: z.enum(['step', 'time']),
    items: z
      .array(
        z.object({
          run_id: z.string(),
          key: z.string(),
          points: z.number().int().describe('How many were logged in that part of the axis'),
          nans: z.number().int().describe('How many of them are NaN'),
          infinities: z.number().int().describe('How many of them are infinite'),
          columns: z.object({
            x: z.array(z.number()).describe('Where the first point is that a value stands for'),
            end: z.array(z.number()).describe('Where the last one is'),
            min: Column.describe(
              'Of finite values; null where there are none, as in `max` and `mean`',
            ),
            max: Column,
            mean: Column,
            nans: Counts,
            infinities: Counts,
          }),
        }),
      )
      .describe('By run and key in the order of the request'),
  }),
})
