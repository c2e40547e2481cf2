import { z } from 'zod'
import { CardShape, cardFields, fieldNames } from '../../governance/cards/card-shape.ts'
import { endpoint } from './endpoint.ts'
import { Nothing, PageQuery, PrincipalShape, pageOf, VersionParams } from './shapes.ts'

const card = '/api/v1/models/{name}/versions/{version}/card'
const template = '/api/v1/models/{name}/card-template'

const Field = z.enum(fieldNames)
const ModelParams = z.object({ name: z.string().min(1) })

const RevisionNumber = z.coerce
  .number()
  .int()
  .min(1)
  .max(Number.MAX_SAFE_INTEGER - 1)

export const RevisionQuery = z.object({
  revision: RevisionNumber.optional().describe('An earlier revision of what people wrote'),
})

/** What a version did. */
export const TracesShape = z
  .object({
    count: z.number().int().describe('Those that ended'),
    errors: z.number().int(),
    unfinished: z.number().int(),
    error_rate: z.number().optional().describe('Absent: none ended'),
    latency_ms: z
      .object({ p50: z.number(), p95: z.number(), p99: z.number() })
      .optional()
      .describe('Milliseconds that so many of a hundred took at most'),
    feedback: z.array(z.object({ name: z.string(), count: z.number().int(), mean: z.number() })),
  })
  .describe(
    'Of the last 30 days, of the 10,000 newest traces of an experiment; absent: it has none that the caller may read',
  )

const Derived = z.object({
  run_id: z.string().optional(),
  experiment: z.string().optional().describe('The name of the experiment'),
  params: z.record(z.string(), z.string()),
  metrics: z
    .record(z.string(), z.union([z.number(), z.literal('NaN')]))
    .describe('The last value of each'),
  datasets: z.array(z.object({ name: z.string(), digest: z.string(), source: z.string() })),
  signature: z.record(z.string(), z.unknown()).optional().describe("MLflow's model signature"),
  flavors: z.array(z.string()).readonly().optional(),
  code_version: z.string().optional(),
  environment: z.array(z.string()).readonly().optional().describe('Requirements, a line each'),
  digest: z.string().optional().describe("`sha256:` and hex, of the version's files"),
  traces: TracesShape.optional(),
  problems: z
    .array(z.string())
    .readonly()
    .optional()
    .describe(
      'Files that are there and cannot be made out, and what of a logged card went to its notes',
    ),
})

const CardAnswer = z.object({
  revision: z
    .number()
    .int()
    .describe(
      "0: nobody wrote a card yet, and `card` has what the model's template gives to start from",
    ),
  author: PrincipalShape.optional(),
  updated_at: z.number().int().optional(),
  imported_from: z.string().optional().describe('The logged file that this revision was read from'),
  card: CardShape,
  derived: Derived,
  missing: z
    .array(Field)
    .readonly()
    .describe("Fields that the model's template requires and the card leaves empty"),
})

const Revision = z.object({
  revision: z.number().int(),
  author: PrincipalShape,
  updated_at: z.number().int(),
  digest: z.string().describe('`sha256:` and hex, of the card as RFC 8785 JSON'),
  imported_from: z.string().optional(),
})

const twoForms = 'give the fields of the card, or all of them in `card`, not both'

/** The fields of a card, or `card` as GET answers it. */
function authored<S extends z.ZodRawShape>(also: S) {
  return z.strictObject({ ...cardFields, card: CardShape.optional(), ...also }).refine(
    (body) => {
      const given: object = body
      return !('card' in given) || !fieldNames.some((field) => field in given)
    },
    { error: twoForms, path: ['card'] },
  )
}

export const getCard = endpoint({
  name: 'getModelCard',
  method: 'GET',
  path: card,
  tag: 'model cards',
  summary: "A version's model card: what people wrote, and what the server knows",
  params: VersionParams,
  answer: CardAnswer,
})

export const putCard = endpoint({
  name: 'putModelCard',
  method: 'PUT',
  path: card,
  tag: 'model cards',
  summary: 'Write the next revision of a card; fields that are left out are not filled',
  description:
    'Send `revision` with the number that you read, and a change that somebody else made since is answered 409 and not lost.',
  params: VersionParams,
  body: authored({ revision: z.number().int().min(0).optional() }),
  answer: CardAnswer,
})

export const listCardRevisions = endpoint({
  name: 'listModelCardRevisions',
  method: 'GET',
  path: `${card}/revisions`,
  tag: 'model cards',
  summary: 'The revisions of a card, the newest first',
  params: VersionParams,
  query: PageQuery,
  answer: pageOf(Revision),
})

export const getCardRevision = endpoint({
  name: 'getModelCardRevision',
  method: 'GET',
  path: `${card}/revisions/{revision}`,
  tag: 'model cards',
  summary: 'One revision of a card',
  params: VersionParams.extend({ revision: RevisionNumber }),
  answer: Revision.extend({ card: CardShape }),
})

export const getCardMarkdown = endpoint({
  name: 'getModelCardMarkdown',
  method: 'GET',
  path: `${card}.md`,
  tag: 'model cards',
  summary: 'The card as markdown without HTML; in the Hugging Face form with YAML front matter',
  params: VersionParams,
  query: RevisionQuery.extend({
    format: z.enum(['markdown', 'huggingface']).default('markdown'),
  }),
  answer: z.string(),
  media: 'text/markdown',
})

export const getCardPage = endpoint({
  name: 'getModelCardPage',
  method: 'GET',
  path: `${card}.html`,
  tag: 'model cards',
  summary: 'The card as a page, which prints as a document',
  params: VersionParams,
  query: RevisionQuery,
  answer: z.string(),
  media: 'text/html',
})

const Template = z.object({
  card: CardShape,
  required: z.array(Field).readonly().describe('Fields that a card must fill'),
  author: PrincipalShape,
  updated_at: z.number().int(),
})

export const getCardTemplate = endpoint({
  name: 'getModelCardTemplate',
  method: 'GET',
  path: template,
  tag: 'model cards',
  summary: "What the cards of a model's versions start from",
  params: ModelParams,
  answer: Template,
})

export const putCardTemplate = endpoint({
  name: 'putModelCardTemplate',
  method: 'PUT',
  path: template,
  tag: 'model cards',
  summary: "Say what the cards of a model's versions start from, and what they must fill",
  params: ModelParams,
  body: authored({ required: z.array(Field).max(fieldNames.length).default([]) }),
  answer: Template,
})

export const deleteCardTemplate = endpoint({
  name: 'deleteModelCardTemplate',
  method: 'DELETE',
  path: template,
  tag: 'model cards',
  summary: "Take a model's card template away; cards that were written stay",
  params: ModelParams,
  answer: Nothing,
})
