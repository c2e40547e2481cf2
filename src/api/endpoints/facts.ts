import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { DatasetShape } from './holders.ts'
import { PageQuery, PrincipalShape, pageOf, VersionParams } from './shapes.ts'

const Value = z.union([z.string(), z.number()])

const RevisionShape = z.object({
  revision: z.number().int().describe('1 was read when the version was registered'),
  digest: z.string().describe('`sha256:` and hex, of the facts; approvals are bound to it'),
  at: z.number().int().describe('When it was read'),
  changed: z
    .array(z.object({ fact: z.string(), before: Value.optional(), after: Value.optional() }))
    .describe('How it differs from the revision before; at most 100'),
  changed_more: z.number().int().optional().describe('So many changes are not listed'),
  changed_by: PrincipalShape.optional().describe(
    'Who wrote last to the run or the logged model before it was read',
  ),
  changed_at: z.number().int().optional(),
})

const FactsShape = RevisionShape.extend({
  run_id: z.string().optional(),
  run_name: z.string().optional(),
  experiment_id: z.string().optional(),
  experiment: z.string().optional().describe('Its name when the version was registered'),
  params: z.record(z.string(), z.string()),
  metrics: z
    .record(z.string(), z.union([z.number(), z.literal('NaN')]))
    .describe('The last value of each'),
  tags: z.record(z.string(), z.string()).describe('Of the run'),
  datasets: z.array(DatasetShape),
  code_version: z.string().optional(),
  signature: z.record(z.string(), z.unknown()).optional().describe("MLflow's model signature"),
  flavors: z.array(z.string()).readonly().optional(),
  environment: z.array(z.string()).readonly().optional().describe('Requirements, a line each'),
  logged_model: z
    .object({ model_id: z.string(), name: z.string(), experiment_id: z.string() })
    .optional(),
  problems: z.array(z.string()).optional().describe('Why files of the model cannot be read'),
  late_metrics: z
    .array(z.string())
    .optional()
    .describe('Those that were logged after the run had ended, by their own time'),
})

const description =
  'They are kept when the run is deleted. Who may not read its experiment is refused.'

export const getFacts = endpoint({
  name: 'getFacts',
  method: 'GET',
  path: '/api/v1/models/{name}/versions/{version}/facts',
  tag: 'model versions',
  summary: 'What a version is known by: its run, metrics, params, datasets and more',
  description,
  params: VersionParams,
  answer: FactsShape,
})

export const listFactRevisions = endpoint({
  name: 'listFactRevisions',
  method: 'GET',
  path: '/api/v1/models/{name}/versions/{version}/facts/revisions',
  tag: 'model versions',
  summary: 'How what a version is known by has changed, newest first',
  description,
  params: VersionParams,
  query: PageQuery,
  answer: pageOf(RevisionShape),
})

export const getFactRevision = endpoint({
  name: 'getFactRevision',
  method: 'GET',
  path: '/api/v1/models/{name}/versions/{version}/facts/revisions/{revision}',
  tag: 'model versions',
  summary: 'What a version was known by at one revision',
  description,
  params: VersionParams.extend({
    revision: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
  }),
  answer: FactsShape,
})
