import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { ExperimentParams } from './experiment-keys.ts'

const path = '/api/v1/experiments/{id}/trace-intake'
const pathOfAll = '/api/v1/trace-intake'

const Terms = {
  redact_keys: z
    .array(z.string().min(1).max(250))
    .max(100)
    .default([])
    .describe(
      'Globs of names, whatever their case: values under such an attribute, tag or key of JSON are replaced by [redacted]',
    ),
  redact_patterns: z
    .array(z.string().min(1).max(1000))
    .max(20)
    .default([])
    .describe('Regular expressions of RE2’s syntax: what they match is replaced by [redacted]'),
  sample_rate: z
    .number()
    .min(0)
    .max(1)
    .nullish()
    .describe(
      'The share of traces that is kept, by their ids; null: as the server’s default says, or all',
    ),
}
const revision = z.number().int().min(0)
const Body = z.strictObject({ revision, ...Terms })
const DefaultAnswer = z.object({
  revision: z.number().int().describe('0: nobody set it yet'),
  ...Terms,
})
const count = z.number().int()
const Answer = DefaultAnswer.extend({
  values_redacted: count.describe('So many values were redacted so far'),
  spans_left_out: count.describe('So many spans were left out as their traces were not sampled'),
  infos_left_out: count.describe('The same of infos, of which a trace has one'),
})

const description =
  'Send `revision` with the number that you read: a change that somebody else made since is answered 409. It counts from the next request on; what is kept already stays as it is.'

export const getTraceIntake = endpoint({
  name: 'getTraceIntake',
  method: 'GET',
  path,
  tag: 'experiments',
  summary: 'What of the traces of an experiment is redacted and left out before anything is kept',
  params: ExperimentParams,
  answer: Answer,
})

export const putTraceIntake = endpoint({
  name: 'putTraceIntake',
  method: 'PUT',
  path,
  tag: 'experiments',
  summary:
    'Say what of the traces of an experiment is redacted and left out, beside what the server’s default redacts',
  description,
  params: ExperimentParams,
  body: Body,
  answer: Answer,
})

export const getDefaultTraceIntake = endpoint({
  name: 'getDefaultTraceIntake',
  method: 'GET',
  path: pathOfAll,
  tag: 'experiments',
  summary: 'What of the traces of every experiment of the server is redacted and left out',
  answer: DefaultAnswer,
})

export const putDefaultTraceIntake = endpoint({
  name: 'putDefaultTraceIntake',
  method: 'PUT',
  path: pathOfAll,
  tag: 'experiments',
  summary: 'Say what of the traces of every experiment is redacted and left out',
  description,
  body: Body,
  answer: DefaultAnswer,
})
