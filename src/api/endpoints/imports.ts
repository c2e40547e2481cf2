import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { PageQuery, pageOf } from './shapes.ts'

const Source = z
  .string()
  .min(1)
  .max(500)
  .describe('What the origin is called, the same each time: the URL of a server')
const ForeignId = z.string().regex(/^(0|[1-9]\d{0,18})$/, 'must be up to 19 decimal digits')
const Time = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).describe('Unix milliseconds')
const Int64 = z
  .union([z.number().int(), z.string().regex(/^-?\d{1,19}$/)])
  .describe('A number, or text beyond 2^53')
const Value = z.union([z.number(), z.literal('NaN')])
const KeyValueShape = z.strictObject({ key: z.string(), value: z.string() })
const Stage = z.enum(['active', 'deleted'])
const Uri = 'In our store below the folder that its experiment has here, as when absent; or outside'
const Mark = z.string().max(500).describe('What the importing program wants to know of it later')

const OutcomeShape = z.object({
  id: z.string().describe('The id at the source'),
  state: z
    .enum(['added', 'updated', 'merged', 'refused'])
    .describe('`refused`: nothing was written for it'),
  own_id: z.string().optional().describe('The id here'),
  problem: z.string().optional().describe('Why it was refused, or what of it is not as it was'),
})
const Outcomes = z.object({ items: z.array(OutcomeShape) })

const description =
  'For programs that take another server over, such as `gatehouse import`. All good items are written in one batch, which the audit log names; an item that is refused is left out. What was imported before from the same source is brought up to date.'

export const importExperiments = endpoint({
  name: 'importExperiments',
  method: 'POST',
  path: '/api/v1/imports/experiments',
  tag: 'imports',
  summary: 'Take experiments of another server over, under their ids where these are free',
  description,
  body: z.strictObject({
    source: Source,
    items: z
      .array(
        z.strictObject({
          experiment_id: ForeignId,
          name: z.string().min(1),
          artifact_location: z
            .string()
            .optional()
            .describe(
              'Where its artifacts lie outside of our store; in it they lie in the usual place',
            ),
          lifecycle_stage: Stage,
          creation_time: Time,
          last_update_time: Time,
          tags: z.array(KeyValueShape).max(2000).default([]),
        }),
      )
      .max(500),
  }),
  answer: z.object({
    items: z.array(OutcomeShape.extend({ artifact_location: z.string().optional() })),
  }),
})

const DatasetInputShape = z.strictObject({
  dataset: z.strictObject({
    name: z.string(),
    digest: z.string(),
    source_type: z.string(),
    source: z.string(),
    schema: z.string().optional(),
    profile: z.string().optional(),
  }),
  tags: z.array(KeyValueShape).max(1000).default([]),
})

const Point = z
  .tuple([z.string(), Value, Int64, Int64])
  .describe('Key, value, time in Unix milliseconds, step')

export const importRuns = endpoint({
  name: 'importRuns',
  method: 'POST',
  path: '/api/v1/imports/runs',
  tag: 'imports',
  summary: 'Take runs of another server over, under their ids',
  description,
  body: z.strictObject({
    source: Source,
    items: z
      .array(
        z.strictObject({
          run_id: z.string(),
          experiment_id: ForeignId.describe('That of the source'),
          run_name: z.string(),
          user_id: z.string(),
          status: z.enum(['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED']),
          start_time: Int64,
          end_time: Int64.optional(),
          lifecycle_stage: Stage,
          deleted_time: Time.optional(),
          artifact_uri: z.string().optional().describe(Uri),
          params: z.array(KeyValueShape).max(10_000).default([]),
          tags: z.array(KeyValueShape).max(10_000).default([]),
          dataset_inputs: z.array(DatasetInputShape).max(1000).default([]),
          model_inputs: z.array(z.string()).max(10_000).default([]),
          model_outputs: z
            .array(z.strictObject({ model_id: z.string(), step: Int64 }))
            .max(10_000)
            .default([]),
          points: z.array(Point).max(20_000).default([]),
          mark: Mark.optional().describe('Sent with the last points of the run'),
        }),
      )
      .max(500),
  }),
  answer: Outcomes,
})

export const importLoggedModels = endpoint({
  name: 'importLoggedModels',
  method: 'POST',
  path: '/api/v1/imports/logged-models',
  tag: 'imports',
  summary: 'Take logged models of another server over, under their ids',
  description,
  body: z.strictObject({
    source: Source,
    items: z
      .array(
        z.strictObject({
          model_id: z.string(),
          experiment_id: ForeignId.describe('That of the source'),
          name: z.string(),
          artifact_uri: z.string().optional().describe(Uri),
          status: z.enum([
            'LOGGED_MODEL_PENDING',
            'LOGGED_MODEL_READY',
            'LOGGED_MODEL_UPLOAD_FAILED',
          ]),
          status_message: z.string().optional(),
          model_type: z.string().default(''),
          source_run_id: z.string().default(''),
          lifecycle_stage: Stage.default('active'),
          creation_time: Time,
          last_update_time: Time,
          params: z.array(KeyValueShape).max(10_000).default([]),
          tags: z.array(KeyValueShape).max(10_000).default([]),
          metrics: z
            .array(
              z.strictObject({
                key: z.string(),
                value: Value,
                timestamp: Int64,
                step: Int64,
                run_id: z.string(),
                dataset_name: z.string().optional(),
                dataset_digest: z.string().optional(),
              }),
            )
            .max(20_000)
            .default([]),
          mark: Mark,
        }),
      )
      .max(500),
  }),
  answer: Outcomes,
})

export const importModel = endpoint({
  name: 'importModel',
  method: 'POST',
  path: '/api/v1/imports/models',
  tag: 'imports',
  summary: 'Take a registered model of another server over, or a prompt',
  description:
    'A prompt has the tag `mlflow.prompt.is_prompt`. A name that is taken here by something else is refused.',
  body: z.strictObject({
    source: Source,
    name: z.string().min(1),
    description: z.string().optional(),
    creation_time: Time,
    last_update_time: Time,
    tags: z.array(KeyValueShape).max(10_000).default([]),
    last_version: z
      .number()
      .int()
      .min(1)
      .max(1_000_000_000)
      .optional()
      .describe('The highest number that was given out there, if that version was deleted since'),
    mark: Mark,
  }),
  answer: OutcomeShape,
})

export const importVersion = endpoint({
  name: 'importVersion',
  method: 'POST',
  path: '/api/v1/imports/versions',
  tag: 'imports',
  summary: 'Take a model version of another server over, under its number',
  description:
    'It is in its stage and has its aliases at once, without a request or an approval; the audit log says that it was imported. Into a place that a policy guards only an administrator imports. What somebody moved here since an earlier import stays where it is.',
  body: z.strictObject({
    source: Source,
    name: z.string().min(1),
    version: z.number().int().min(1).max(1_000_000_000),
    version_source: z.string().min(1).describe('Addresses of our store as they are here'),
    run_id: z.string().default(''),
    run_link: z.string().default(''),
    description: z.string().optional(),
    user_id: z.string().optional(),
    stage: z.string().min(1),
    status: z.enum(['READY', 'PENDING_REGISTRATION', 'FAILED_REGISTRATION']),
    status_message: z.string().optional(),
    aliases: z.array(z.string()).max(1000).default([]),
    tags: z.array(KeyValueShape).max(10_000).default([]),
    creation_time: Time,
    last_update_time: Time,
    mark: Mark,
  }),
  answer: OutcomeShape,
})

export const findImported = endpoint({
  name: 'findImported',
  method: 'POST',
  path: '/api/v1/imports/known',
  tag: 'imports',
  summary: 'What of these things was imported from a source, and what was noted of it',
  readOnly: true,
  body: z.strictObject({
    source: Source,
    kind: z.enum(['experiment', 'run', 'logged_model', 'registered_model', 'model_version']),
    ids: z.array(z.string()).max(1000),
  }),
  answer: z.object({
    items: z.array(z.object({ id: z.string(), own_id: z.string(), mark: z.string() })),
  }),
})

export const measureRuns = endpoint({
  name: 'measureRuns',
  method: 'POST',
  path: '/api/v1/imports/measures',
  tag: 'imports',
  summary: 'How many points runs have, and the digest of their metric histories',
  readOnly: true,
  body: z.strictObject({ run_ids: z.array(z.string()).max(500) }),
  answer: z.object({
    items: z.array(
      z.object({
        run_id: z.string(),
        points: z.number().int(),
        digest: z
          .string()
          .describe(
            'SHA-256 of a line a point, sorted by key, time, step and value: `["key","time","step","value"]`',
          ),
      }),
    ),
  }),
})

export const listStoredFiles = endpoint({
  name: 'listStoredFiles',
  method: 'GET',
  path: '/api/v1/imports/files',
  tag: 'imports',
  summary: 'The files below a folder of the artifact store, with their digests',
  query: PageQuery.extend({
    path: z.string().min(1).describe('Without a slash at its beginning: `1/<run id>/artifacts`'),
  }),
  answer: pageOf(
    z.object({
      path: z.string().describe('Below the folder'),
      size: z.number().int(),
      sha256: z.string(),
    }),
  ),
})
