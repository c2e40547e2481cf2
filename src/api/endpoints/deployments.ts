import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Nothing, PageQuery, pageOf } from './shapes.ts'

const tag = 'serving'

export const DeploymentName = z
  .string()
  .regex(/^[\w.-]{1,64}$/, { error: 'use 1 to 64 letters, digits, dots, dashes' })
export const DeploymentNameParams = z.object({ name: DeploymentName })

const Target = {
  name: DeploymentName,
  uri: z.string().optional().describe('What it follows: `models:/fraud/Production`; of the model'),
  url: z
    .string()
    .max(1000)
    .regex(/^https?:\/\/[^\s/?#@\\]+(\/[^\s?#\\]*)?$/, {
      error: 'use http:// or https://, without a name to sign in, ? and #',
    })
    .refine(URL.canParse, { error: 'use http:// or https:// and a host' })
    .optional()
    .describe('In place of `uri`: where a scorer answers that others run'),
}

const Split = {
  variants: z
    .array(
      z.strictObject({
        ...Target,
        weight: z
          .number()
          .min(0)
          .max(1_000_000)
          .default(0)
          .describe('A part of the sum of all weights; with steps, theirs count'),
        steps: z
          .array(
            z.strictObject({
              weight: z.number().gt(0).max(100).describe('In percent; the others share the rest'),
              minutes: z.number().gt(0).max(100_000).optional(),
              // biome-ignore lint/suspicious/noThenProperty: nobody awaits a schema.
              then: z
                .strictObject({ stage: z.string().min(1).max(255) })
                .optional()
                .describe(
                  'Of the last step: the stage that the version then enters, or asks to enter',
                ),
            }),
          )
          .min(1)
          .max(20)
          .optional()
          .describe('By which its weight grows by itself; every step but the last has `minutes`'),
      }),
    )
    .min(1)
    .max(10),
  shadows: z
    .array(
      z.strictObject({
        ...Target,
        sample: z.number().min(0).max(1).default(1).describe('The part of requests it gets'),
      }),
    )
    .max(5)
    .optional()
    .describe('They get copies of requests, and answer nobody'),
  sticky: z
    .strictObject({
      header: z.string().regex(/^[A-Za-z0-9-]{1,64}$/, { error: 'use the name of a header' }),
    })
    .optional()
    .describe('Requests with the same value of this header meet the same variant'),
  guard: z
    .strictObject({
      max_error_rate: z.number().min(0).max(1).optional(),
      max_p95_ms: z.number().min(1).max(3_600_000).optional(),
      max_refused_excess: z
        .number()
        .min(0)
        .max(1)
        .optional()
        .describe(
          'By how much the rate of refused requests may be above that of the other variants together',
        ),
      window_seconds: z.number().int().min(10).max(3000).default(60),
      min_requests: z.number().int().min(1).max(1_000_000).default(50),
      action: z
        .enum(['take_out', 'rollback'])
        .default('take_out')
        .describe(
          'What becomes of a variant that breaks a bound: its weight is 0, or the stage that it follows is rolled back',
        ),
      reporters: z
        .array(z.string().min(1).max(300))
        .max(20)
        .default([])
        .describe('`service:scorers`: whose counts it believes, besides those who could write it'),
    })
    .refine(
      ({ max_error_rate, max_p95_ms, max_refused_excess }) =>
        (max_error_rate ?? max_p95_ms ?? max_refused_excess) !== undefined,
      { error: 'give max_error_rate, max_p95_ms, max_refused_excess or several of them' },
    )
    .optional()
    .describe('Bounds that the variants keep'),
}

const DeploymentShape = z.object({
  id: z.number().int().describe('That of no other, also where one of the same name was before'),
  name: z.string(),
  model: z.string(),
  ...Split,
  canary: z
    .object({
      variant: z.string(),
      step: z.number().int().describe('From 1'),
      next_step_at: z.number().int().optional().describe('Absent while it is paused'),
    })
    .optional()
    .describe('Steps that are under way'),
  revision: z.number().int(),
  updated_by: z.string(),
  updated_at: z.number().int(),
})

const SeenId = z
  .number()
  .int()
  .min(1)
  .optional()
  .describe(
    'That of the deployment that was read; one that was made again under the name is answered 409',
  )

export const putDeployment = endpoint({
  name: 'putDeployment',
  method: 'PUT',
  path: '/api/v1/deployments/{name}',
  tag,
  summary: 'Split the requests to a model between several of its versions',
  description:
    'Needs MANAGE on the model, since the weights decide which version answers whom, and the right to roll back the stages that its guard may roll back. `gatehouse serve --deployment` follows it.',
  params: DeploymentNameParams,
  body: z.strictObject({
    model: z.string().min(1),
    ...Split,
    revision: z
      .number()
      .int()
      .min(0)
      .optional()
      .describe('The one that was read, 0 for none; another one that is there is answered 409'),
    id: SeenId,
    reason: z.string().max(5000).optional().describe('For the audit log'),
    break_glass: z
      .boolean()
      .optional()
      .describe(
        'Change it although a policy lets only others; for those in its `break_glass.from`, with a reason of ten letters',
      ),
  }),
  answer: DeploymentShape,
})

export const getDeployment = endpoint({
  name: 'getDeployment',
  method: 'GET',
  path: '/api/v1/deployments/{name}',
  tag,
  summary: 'How a deployment splits requests',
  params: DeploymentNameParams,
  answer: DeploymentShape,
})

export const listDeployments = endpoint({
  name: 'listDeployments',
  method: 'GET',
  path: '/api/v1/deployments',
  tag,
  summary: 'Deployments of the models that the caller may read, by name',
  query: PageQuery.extend({ model: z.string().min(1).optional().describe('Those of this one') }),
  answer: pageOf(DeploymentShape),
})

export const listDeploymentHistory = endpoint({
  name: 'listDeploymentHistory',
  method: 'GET',
  path: '/api/v1/deployments/{name}/history',
  tag,
  summary: 'Who changed a deployment, when, why and to what, the newest first',
  params: DeploymentNameParams,
  query: PageQuery.extend({
    max_results: PageQuery.shape.max_results.unwrap().max(100).default(50),
  }),
  answer: pageOf(
    z.object({
      seq: z.number().int().describe('Of the entry in the audit log'),
      at: z.number().int(),
      by: z.string().describe('`gatehouse` makes steps, `deployment-guard` what a guard does'),
      reason: z.string().optional(),
      break_glass: z.literal(true).optional(),
      split: z.object(Split).optional().describe('Absent: it was deleted'),
    }),
  ),
})

export const deleteDeployment = endpoint({
  name: 'deleteDeployment',
  method: 'DELETE',
  path: '/api/v1/deployments/{name}',
  tag,
  summary: 'Delete a deployment',
  description: 'Processes that follow it go on as they are. Needs MANAGE on its model.',
  params: DeploymentNameParams,
  answer: Nothing,
})

const canaryEnds = {
  pause: 'Hold the steps of a deployment',
  resume: 'Go on with the steps of a deployment that are held',
  promote: 'Go to the last step of a deployment at once',
  rollback: 'End the steps of a deployment, and split as before the first',
}

function canaryEndpoint<N extends keyof typeof canaryEnds>(change: N) {
  return endpoint({
    name: `${change}Deployment`,
    method: 'POST',
    path: `/api/v1/deployments/{name}/${change}`,
    tag,
    summary: canaryEnds[change],
    description: 'Needs MANAGE on the model. Without steps under way it is answered 409.',
    params: DeploymentNameParams,
    body: z.strictObject({
      reason: z.string().min(1).max(5000).describe('For the audit log'),
      revision: z
        .number()
        .int()
        .min(1)
        .optional()
        .describe('The one that was read; another one that is there is answered 409'),
      id: SeenId,
    }),
    answer: DeploymentShape,
  })
}

export const canaryEndpoints = {
  pause: canaryEndpoint('pause'),
  resume: canaryEndpoint('resume'),
  promote: canaryEndpoint('promote'),
  rollback: canaryEndpoint('rollback'),
}
