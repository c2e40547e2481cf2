import { z } from 'zod'
import { latencyBucketMax } from '../../router/latencies.ts'
import { DeploymentName, DeploymentNameParams } from './deployments.ts'
import { endpoint } from './endpoint.ts'
import { OutcomeFields } from './outcomes.ts'

const tag = 'serving'
const Count = z.number().int().min(0).max(1_000_000_000)

export const reportDeploymentCounts = endpoint({
  name: 'reportDeploymentCounts',
  method: 'POST',
  path: '/api/v1/deployments/{name}/counts',
  tag,
  summary: 'Say what a router counted',
  description:
    'What routes requests by a deployment says every two seconds what it counted since the report before. Needs USE on the model; under a guard also that it names the account, or that the account could write the deployment. A report whose number was counted before counts no more.',
  params: DeploymentNameParams,
  body: z.strictObject({
    deployment: z.number().int().min(1).describe('The `id` of the deployment'),
    reporter: z
      .string()
      .regex(/^[\w.-]{1,64}$/, { error: 'use 1 to 64 letters, digits, dots, dashes' })
      .describe('The id that the process gave itself; only who reported it first may report it'),
    sequence: z
      .number()
      .int()
      .min(1)
      .max(Number.MAX_SAFE_INTEGER)
      .describe('From 1; each report of a reporter has a higher one'),
    items: z
      .array(
        z.strictObject({
          kind: z.enum(['variant', 'shadow']),
          name: DeploymentName,
          version: z
            .number()
            .int()
            .min(0)
            .max(Number.MAX_SAFE_INTEGER)
            .describe('That answered; 0 where only the scorer knows'),
          requests: Count,
          errors: Count.describe('No answer, one that broke off, or a status from 500 on'),
          refused: Count.describe('A status from 400 to 499'),
          skipped: Count.default(0).describe('Requests of which a shadow got no copy'),
          compared: Count.default(0).describe('Answers of a shadow that were compared'),
          agreed: Count.default(0).describe('Those of them that were the same'),
          difference_max: z.number().min(0).max(Number.MAX_VALUE).default(0),
          latencies: z
            .record(
              z
                .string()
                .regex(/^(0|[1-9]\d{0,3})$/)
                .refine((bucket) => Number(bucket) <= latencyBucketMax, {
                  error: `buckets end at ${latencyBucketMax}`,
                }),
              Count,
            )
            .describe(
              'Answers by duration: bucket n has those up to 0.1 ms times 1.05 to the power of n',
            ),
        }),
      )
      .max(100),
  }),
  answer: z.object({ counted: z.boolean().describe('False: it was counted before') }),
})

const rate = z.number().optional()
const Counts = {
  requests: z.number().int(),
  errors: z.number().int(),
  error_rate: rate.describe('Of the requests; absent where there were none'),
  refused: z.number().int().describe('A status from 400 to 499, or the caller left'),
  p50_ms: rate,
  p95_ms: rate,
  p99_ms: rate,
}
const ShadowCounts = {
  ...Counts,
  skipped: z.number().int().describe('Requests of which it got no copy: too large, or too many'),
  compared: z.number().int(),
  agreed: z.number().int(),
  agreement: rate.describe('Of the answers that were compared'),
  difference_max: rate.describe('The largest difference of two numbers at the same place'),
}
const Steps = z
  .array(z.object({ at: z.number().int().describe('When it began'), ...Counts }))
  .optional()
  .describe('Those in which something was counted, one after another')
const ofVersions = 'At most 20, those that answered last'
const version = z.string().optional().describe('Absent where only the scorer knows')

export const getDeploymentStats = endpoint({
  name: 'getDeploymentStats',
  method: 'GET',
  path: '/api/v1/deployments/{name}/stats',
  tag,
  summary: 'How the variants and shadows of a deployment do',
  description:
    'By what its routers reported. What is older than an hour counts by whole hours, and is kept for 30 days; outcomes are of the requests since the hour in which the window begins. Durations are at most 5% above what they were.',
  params: DeploymentNameParams,
  query: z.object({
    window_seconds: z.coerce.number().int().min(10).max(2_592_000).default(3600),
    step_seconds: z.coerce
      .number()
      .int()
      .min(10)
      .max(2_592_000)
      .optional()
      .describe(
        'Adds `steps`: a multiple of 10 seconds; of 3600 for windows above an hour; 400 steps at most',
      ),
  }),
  answer: z.object({
    deployment: z.string(),
    revision: z.number().int(),
    since: z.number().int(),
    variants: z.array(
      z.object({
        name: z.string(),
        weight: z.number().optional().describe('Absent where it is none any more'),
        ...Counts,
        versions: z.array(z.object({ version, ...Counts })).describe(ofVersions),
        steps: Steps,
      }),
    ),
    shadows: z.array(
      z.object({
        name: z.string(),
        ...ShadowCounts,
        versions: z.array(z.object({ version, ...ShadowCounts })).describe(ofVersions),
        steps: Steps,
      }),
    ),
    guard: z
      .object({
        since: z.number().int().describe('What was counted before is not judged'),
        variants: z.array(
          z.object({
            name: z.string(),
            version,
            requests: z.number().int(),
            error_rate: rate,
            p95_ms: rate,
            refused_excess: rate.describe('Absent while the others have too few requests'),
          }),
        ),
      })
      .optional()
      .describe('What the guard judges now, of the variants that have a weight'),
    ...OutcomeFields,
  }),
})
