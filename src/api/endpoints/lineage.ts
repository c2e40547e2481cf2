import { z } from 'zod'
import { TracesShape } from './cards.ts'
import { endpoint } from './endpoint.ts'
import { DatasetShape } from './holders.ts'
import { PageQuery, PrincipalShape, pageOf, VersionParams } from './shapes.ts'

/** Where a version is, in a few words. */
const Standing = {
  model: z.string(),
  version: z.string(),
  stage: z.string(),
  aliases: z.array(z.string()),
  live: z
    .boolean()
    .describe(
      'It is in a stage that serves, which is every one but None and Archived, or has an alias',
    ),
  source: z.string(),
  run_id: z.string().optional(),
  model_id: z.string().optional().describe('The logged model behind it'),
}

export const getLineage = endpoint({
  name: 'getLineage',
  method: 'GET',
  path: '/api/v1/models/{name}/versions/{version}/lineage',
  tag: 'questions',
  summary: 'Where a version comes from, and where it went',
  description: 'Runs, logged models and other models that the caller may not read are left out.',
  params: VersionParams,
  answer: z.object({
    ...Standing,
    digest: z.string().optional(),
    run: z
      .object({
        run_id: z.string(),
        name: z.string(),
        status: z.string().optional().describe('Of a run that is gone, the last that was seen'),
        experiment_id: z.string(),
        experiment: z.string(),
        parent: z.object({ run_id: z.string(), name: z.string() }).optional(),
        code: z
          .object({
            source: z.string().optional(),
            commit: z.string().optional(),
            branch: z.string().optional(),
            repository: z.string().optional(),
          })
          .describe('What the client noted of the code that ran'),
      })
      .optional(),
    datasets: z.array(DatasetShape),
    logged_model: z
      .object({
        model_id: z.string(),
        name: z.string(),
        status: z.string().optional().describe('Absent: the logged model is gone'),
        experiment_id: z.string(),
      })
      .optional(),
    traces: TracesShape.optional(),
    evaluations: z
      .array(z.object({ run_id: z.string(), name: z.string(), datasets: z.array(DatasetShape) }))
      .describe(
        'The 50 newest runs that took its logged model, or in which traces of it were made or linked, with what they read',
      ),
    siblings: z
      .array(z.object(Standing))
      .describe('Other versions of the same run or logged model'),
    promotions: z.array(
      z.object({
        id: z.string(),
        to: z.object({ stage: z.string().optional(), alias: z.string().optional() }),
        status: z.string(),
        requested_by: PrincipalShape,
        requested_at: z.number().int(),
        decided_by: PrincipalShape.optional(),
        decided_at: z.number().int().optional(),
      }),
    ),
    served_by: z
      .array(
        z.object({
          replica: z.string(),
          host: z.string(),
          uri: z.string(),
          live_at: z.number().int().optional(),
          seen_at: z.number().int(),
        }),
      )
      .describe('Processes that answer with it, by what they said within the last minute'),
  }),
})

export const findTrainedOn = endpoint({
  name: 'findTrainedOn',
  method: 'GET',
  path: '/api/v1/lineage',
  tag: 'questions',
  summary: 'Every version whose run read a dataset, and where each is live',
  query: PageQuery.extend({ dataset_digest: z.string().min(1).max(500) }),
  answer: pageOf(z.object({ ...Standing, datasets: z.array(DatasetShape) })),
})
