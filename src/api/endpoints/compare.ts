import { z } from 'zod'
import { endpoint } from './endpoint.ts'

const differencesOf = <T extends z.ZodType>(value: T) =>
  z.array(z.object({ key: z.string(), values: z.array(value.nullable()) }))
const texts = differencesOf(z.string())

export const compareVersions = endpoint({
  name: 'compareVersions',
  method: 'GET',
  path: '/api/v1/models/{name}/compare',
  tag: 'questions',
  summary: 'What differs between versions of a model',
  description:
    'Only what differs is listed, each with its value in each version, in the order that was asked for; null where a version has none. With `all=true` what is equal is listed too.',
  params: z.object({ name: z.string().min(1) }),
  query: z.object({
    versions: z
      .string()
      .min(1)
      .max(2000)
      .describe(
        'With commas between: numbers (`2,3`), `live:Production` for the newest version that is in a stage now, `@champion` for the one that an alias points at; up to 10',
      ),
    all: z.enum(['true']).optional().describe('What is equal is listed too'),
  }),
  answer: z.object({
    model: z.string(),
    versions: z.array(z.string()),
    equal: z.number().int().describe('How many names have the same value in all versions'),
    params: texts.describe('Of their runs'),
    metrics: differencesOf(z.union([z.number(), z.string()])).describe(
      'The latest of each key, of their runs; NaN is text',
    ),
    traces: differencesOf(z.number()).describe(
      'What their traces of the last 30 days show: `traces`, `error rate`, `latency p95 ms`, `mean of feedback NAME`',
    ),
    datasets: texts.describe('Digests by the name of a dataset that their runs read'),
    tags: texts,
    files: z
      .array(
        z.object({
          key: z.string(),
          values: z.array(z.string().nullable()),
          sizes: z.array(z.number().int().nullable()).describe('In bytes'),
        }),
      )
      .describe('SHA-256 in hex by path, of sealed files: the first 1,000 of the list'),
    has_more_files: z.boolean(),
    signature: texts.optional().describe('Absent where nothing is known of it'),
    signature_breaks: z
      .array(z.array(z.string()).nullable())
      .optional()
      .describe(
        'Of each version but the first: what of its signature breaks callers of the first, as the gate `signature_compatible` judges it; null where one of both is not known',
      ),
    environment: texts.optional().describe('As `signature`'),
    card: texts.optional().describe('As `signature`'),
  }),
})
