import { z } from 'zod'

/** What MLflow's REST API answers, as far as an import reads it. Lists that are empty are left out. */

const text = z.string().default('')
const integer = z.union([z.number().int(), z.string().regex(/^-?\d{1,19}$/)])
const time = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const token = z.string().optional()

const KeyValue = z.object({ key: z.string(), value: text })
const keyValues = z.array(KeyValue).default([])

/** Infinities come as text from some servers, and as the largest double from others. */
const value = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number)])

export const MetricShape = z.object({
  key: z.string(),
  value: value.default(0),
  timestamp: integer.default(0),
  step: integer.default(0),
})

const stage = z.enum(['active', 'deleted']).default('active')

export const Experiment = z.object({
  experiment_id: z.string(),
  name: z.string(),
  artifact_location: text,
  lifecycle_stage: stage,
  creation_time: time.default(0),
  last_update_time: time.default(0),
  tags: keyValues,
})

export const Run = z.object({
  info: z.object({
    run_id: z.string(),
    experiment_id: z.string(),
    run_name: text,
    user_id: text,
    status: z.enum(['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED']).default('RUNNING'),
    start_time: integer.default(0),
    end_time: integer.optional(),
    artifact_uri: text,
    lifecycle_stage: stage,
  }),
  data: z
    .object({
      metrics: z.array(MetricShape).default([]),
      params: keyValues,
      tags: keyValues,
    })
    .default({ metrics: [], params: [], tags: [] }),
  inputs: z
    .object({
      dataset_inputs: z
        .array(
          z.object({
            tags: keyValues,
            dataset: z.object({
              name: z.string(),
              digest: z.string(),
              source_type: text,
              source: text,
              schema: z.string().optional(),
              profile: z.string().optional(),
            }),
          }),
        )
        .default([]),
      model_inputs: z.array(z.object({ model_id: z.string() })).default([]),
    })
    .default({ dataset_inputs: [], model_inputs: [] }),
  outputs: z
    .object({
      model_outputs: z
        .array(z.object({ model_id: z.string(), step: integer.default(0) }))
        .default([]),
    })
    .default({ model_outputs: [] }),
})

/** A page of a list whose items are read one by one, since one bad one is one that is left out. */
export const Page = z.looseObject({ next_page_token: token })

export const History = z.object({
  metrics: z.array(MetricShape).default([]),
  next_page_token: token,
})

export const LoggedModel = z.object({
  info: z.object({
    model_id: z.string(),
    experiment_id: z.string(),
    name: text,
    creation_timestamp_ms: time,
    last_updated_timestamp_ms: time,
    artifact_uri: text,
    status: z.enum(['LOGGED_MODEL_PENDING', 'LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED']),
    status_message: z.string().optional(),
    model_type: text,
    source_run_id: text,
    lifecycle_stage: stage,
    tags: keyValues,
  }),
  data: z
    .object({
      params: keyValues,
      metrics: z
        .array(
          MetricShape.extend({
            run_id: text,
            dataset_name: z.string().optional(),
            dataset_digest: z.string().optional(),
          }),
        )
        .default([]),
    })
    .default({ params: [], metrics: [] }),
})

export const FileList = z.object({
  files: z
    .array(
      z.object({
        path: z.string(),
        is_dir: z.boolean().default(false),
        file_size: z.coerce.number().int().min(0).default(0),
      }),
    )
    .default([]),
  next_page_token: token,
})

export const RegisteredModel = z.object({
  name: z.string(),
  description: z.string().optional(),
  creation_timestamp: time.default(0),
  last_updated_timestamp: time.default(0),
  tags: keyValues,
  aliases: z.array(z.object({ alias: z.string(), version: z.coerce.number().int() })).default([]),
})

export const ModelVersion = z.object({
  name: z.string(),
  version: z.coerce.number().int().min(1),
  creation_timestamp: time.default(0),
  last_updated_timestamp: time.default(0),
  user_id: z.string().optional(),
  current_stage: z.string().default('None'),
  description: z.string().optional(),
  source: text,
  run_id: text,
  run_link: text,
  status: z.enum(['READY', 'PENDING_REGISTRATION', 'FAILED_REGISTRATION']).default('READY'),
  status_message: z.string().optional(),
  tags: keyValues,
})
