import { z } from 'zod'
import { endpoint } from './endpoint.ts'

const tag = 'serving'

const Uri = z
  .string()
  .describe('`models:/<name>/<version, stage or latest>` or `models:/<name>@<alias>`')

export const ResolutionShape = z.object({
  uri: z.string(),
  model: z.string(),
  version: z.string(),
  stage: z.string(),
  aliases: z.array(z.string()),
  digest: z.string().optional().describe('Of its sealed files; absent when it is not sealed'),
  source: z.string(),
  download_uri: z.string().describe('Where clients fetch its files'),
  run_id: z.string().optional(),
})

export const resolveModel = endpoint({
  name: 'resolveModel',
  method: 'GET',
  path: '/api/v1/resolve',
  tag,
  summary: 'The version that a model URI means now',
  description:
    'The answer has an `ETag`. With it as `If-None-Match` an unchanged answer is 304 without a body; with `wait` as well, the request is held for up to so many seconds until the answer changes.',
  query: z.object({
    uri: Uri,
    wait: z
      .string()
      .regex(/^\d{1,2}$/, { error: 'use whole seconds from 0 to 60' })
      .transform(Number)
      .refine((seconds) => seconds <= 60, { error: 'use whole seconds from 0 to 60' })
      .optional()
      .describe('Seconds, at most 60'),
  }),
  answer: ResolutionShape,
})

export const watchModels = endpoint({
  name: 'watchModels',
  method: 'GET',
  path: '/api/v1/watch',
  tag,
  summary: 'What model URIs mean, and each change of it, as Server-Sent Events',
  description:
    'First an event for each URI, then one for each change: `resolved`, with the answer of `resolveModel` as data, or `unresolved`, with `uri`, `error_code` and `message`, while no version is meant. Changes within half a second of each other may come as one. Taken up by `Last-Event-ID` with the same URIs it begins with what has changed meanwhile. Ends after four minutes, and within a second when the caller may no longer read one of the models.',
  query: z.object({
    uri: z
      .union([z.string(), z.array(z.string())])
      .transform((given) => [given].flat())
      .refine((uris) => uris.length <= 16, { error: 'watch at most 16 in one stream' })
      .describe('May be given up to 16 times'),
  }),
  media: 'text/event-stream',
  answer: z.string(),
})
