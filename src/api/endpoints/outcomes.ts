import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Moment } from './shapes.ts'

const tag = 'serving'
const itemsMax = 1000
const params = z.object({ name: z.string().min(1) })

export const reportOutcomes = endpoint({
  name: 'reportOutcomes',
  method: 'POST',
  path: '/api/v1/deployments/{name}/outcomes',
  tag,
  summary: 'Tell what became of requests that a deployment answered',
  description:
    'By the `X-Gatehouse-Request-Id` of the answer, within seven days. Needs USE on the model. What is not taken is counted and listed; the rest is.',
  params,
  body: z.strictObject({
    items: z
      .array(
        z.strictObject({
          request_id: z.string().min(1).max(200),
          name: z
            .string()
            .regex(/^[\w.-]{1,64}$/, { error: 'use 1 to 64 letters, digits, dots, dashes' })
            .describe('What is measured: `converted`'),
          value: z
            .number()
            .min(-1e12)
            .max(1e12)
            .describe('0 or 1 for what did not or did happen; any number else'),
        }),
      )
      .min(1)
      .max(itemsMax),
  }),
  answer: z.object({
    taken: z.number().int(),
    late: z.number().int().describe('Their requests came more than seven days ago'),
    repeated: z.number().int().describe('Told before: the first value stands'),
    unknown: z.number().int().describe('No variant of this deployment answered such a request'),
    refused: z.number().int().describe('The deployment has too many outcomes or names of them'),
    problems: z.array(
      z.object({
        index: z.number().int().describe('Of the item, from 0'),
        is: z.enum(['late', 'repeated', 'unknown', 'refused']),
      }),
    ),
  }),
})

const IntervalShape = z
  .object({ low: z.number(), high: z.number() })
  .describe('Of 95%; absent where there are too few values')

/** Fields of an answer: what became of requests, and how variants differ. */
export const OutcomeFields = {
  outcomes: z.array(
    z.object({
      name: z.string(),
      variant: z.string(),
      versions: z.array(z.string()).describe('Those that answered meanwhile'),
      count: z.number().int(),
      mean: z.number(),
      interval: IntervalShape.optional(),
    }),
  ),
  differences: z
    .array(
      z.object({
        name: z.string(),
        variant: z.string(),
        against: z.string().describe('The first variant that has such outcomes'),
        difference: z.number().describe('Of the means'),
        interval: IntervalShape.optional(),
        test: z.enum(['two-proportion z-test', "Welch's t-test"]),
        p_value: z
          .number()
          .optional()
          .describe('How often chance alone would make such a difference'),
      }),
    )
    .describe('Of each other variant'),
}

export const getOutcomes = endpoint({
  name: 'getOutcomes',
  method: 'GET',
  path: '/api/v1/deployments/{name}/outcomes',
  tag,
  summary: 'What became of the requests that each variant answered, and how variants differ',
  params,
  query: z.object({
    since: Moment.optional().describe(
      'Of the requests, to the hour; seven days ago when left out, and 35 days at most',
    ),
  }),
  answer: z.object({
    since: z.number().int(),
    ...OutcomeFields,
  }),
})
