import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { ExperimentParams } from './experiment-keys.ts'

const path = '/api/v1/experiments/{id}/trace-retention'

const Retention = {
  days_max: z
    .number()
    .int()
    .min(1)
    .max(36_500)
    .nullish()
    .describe('Traces that began longer ago are deleted; null: whatever their age'),
  traces_max: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .nullish()
    .describe('Traces beyond the newest so many are deleted; null: however many there are'),
  keep_assessed: z
    .boolean()
    .default(true)
    .describe('Traces with feedback, an expectation or an issue stay nevertheless'),
  keep_of_versions: z
    .boolean()
    .default(true)
    .describe(
      'Traces of a run or logged model that a model version was made from stay nevertheless; those of a version under a legal hold always do',
    ),
}

const Answer = z.object({
  revision: z.number().int().describe('0: nobody set it yet, and all traces are kept'),
  ...Retention,
})

export const getTraceRetention = endpoint({
  name: 'getTraceRetention',
  method: 'GET',
  path,
  tag: 'experiments',
  summary: 'How long the traces of an experiment are kept',
  params: ExperimentParams,
  answer: Answer,
})

export const putTraceRetention = endpoint({
  name: 'putTraceRetention',
  method: 'PUT',
  path,
  tag: 'experiments',
  summary:
    'Say how long the traces of an experiment are kept; what is too much is deleted for good',
  description:
    'Send `revision` with the number that you read: a change that somebody else made since is answered 409. The server deletes once an hour, a part at a time.',
  params: ExperimentParams,
  body: z.strictObject({ revision: z.number().int().min(0), ...Retention }),
  answer: Answer,
})
