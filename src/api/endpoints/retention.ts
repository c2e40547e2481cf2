import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Nothing } from './shapes.ts'

const bytes = z.number().int()
const days = z.number().int().min(1).max(36_500).optional()

const Terms = {
  models: z.string().min(1).max(500).describe('A glob of models; `*` stands for any text'),
  keep: z.strictObject({
    last: z.number().int().min(1).max(1000).optional().describe('The newest so many of a model'),
    younger_than_days: days.describe('Registered or changed in the last so many days'),
    downloaded_within_days: days.describe('Of which a file was read in the last so many days'),
  }),
  stages: z
    .array(z.enum(['None', 'Archived']))
    .min(1)
    .max(2)
    .default(['None', 'Archived'])
    .describe('Stages that it may delete from'),
  automatic: z
    .boolean()
    .default(false)
    .describe('Whether the server follows it by itself, once an hour'),
}

const Rule = z.object({
  name: z.string(),
  revision: z.number().int(),
  updated_at: z.number().int(),
  ...Terms,
})

const Meant = z.object({
  model: z.string(),
  version: z.string(),
  stage: z.string(),
  bytes: z.number().int().describe('Of its files'),
  created_at: z.number().int(),
  downloaded_at: z.number().int().optional(),
})
const Staying = Meant.extend({ because: z.string() })

const RuleParams = z.object({ name: z.string().min(1).max(100) })

export const listRetentionRules = endpoint({
  name: 'listRetentionRules',
  method: 'GET',
  path: '/api/v1/retention/rules',
  tag: 'retention',
  summary: 'Which versions are deleted once nobody needs them',
  answer: z.object({ items: z.array(Rule) }),
})

export const putRetentionRule = endpoint({
  name: 'putRetentionRule',
  method: 'PUT',
  path: '/api/v1/retention/rules/{name}',
  tag: 'retention',
  summary: 'Write a rule; it deletes nothing before it is run, unless it is automatic',
  description:
    'Send `revision` with the number that you read, 0 for a new rule: a change that somebody else made since is answered 409.',
  params: RuleParams,
  body: z.strictObject({ revision: z.number().int().min(0).default(0), ...Terms }),
  answer: Rule,
})

export const deleteRetentionRule = endpoint({
  name: 'deleteRetentionRule',
  method: 'DELETE',
  path: '/api/v1/retention/rules/{name}',
  tag: 'retention',
  summary: 'Delete a rule',
  params: RuleParams,
  answer: Nothing,
})

export const previewRetention = endpoint({
  name: 'previewRetention',
  method: 'POST',
  path: '/api/v1/retention/rules/{name}/preview',
  tag: 'retention',
  summary: 'What running a rule would delete, and the bytes that this frees',
  readOnly: true,
  params: RuleParams,
  answer: z.object({
    preview: z.string().describe('For `run`, which does exactly this'),
    delete: z.array(Meant).describe('The oldest first, at most 100'),
    more: z.boolean().describe('There are more, for another run'),
    later: z
      .array(Meant)
      .describe('What the runs after that would delete, the oldest first, at most 10,000'),
    later_count: z.number().int().describe('How many that are'),
    kept: z.array(Staying).describe('What the rule means and stays nevertheless, at most 500'),
    kept_count: z.number().int().describe('How many that are'),
    spared: z.array(Staying).describe('What the rule itself keeps of its models, at most 500'),
    spared_count: z.number().int().describe('How many that are'),
    freed_bytes: bytes.describe(
      'Of contents of `delete` that no other version and no file of a run has; equal bytes count once',
    ),
    bytes_with_runs: bytes.describe(
      'Of contents that no other version has, but files of runs or logged models: freed once those are deleted for good',
    ),
    all_freed_bytes: bytes.describe('As `freed_bytes`, of `delete` and `later` together'),
    all_bytes_with_runs: bytes.describe('As `bytes_with_runs`, of both together'),
  }),
})

export const runRetention = endpoint({
  name: 'runRetention',
  method: 'POST',
  path: '/api/v1/retention/rules/{name}/run',
  tag: 'retention',
  summary: 'Delete exactly the versions that a preview showed',
  description: '409 where the rule would delete others by now.',
  params: RuleParams,
  body: z.strictObject({ preview: z.string().min(1).max(100) }),
  answer: z.object({
    deleted: z.array(Meant),
    stayed: z.array(Staying).describe('What changed after the preview'),
    more: z.boolean(),
  }),
})

export const getStorage = endpoint({
  name: 'getStorage',
  method: 'GET',
  path: '/api/v1/storage',
  tag: 'retention',
  summary: 'What the versions of each model, or of each team, take',
  query: z.object({
    by: z.enum(['model', 'team']).default('model').describe('Teams are values of the tag `team`'),
    price: z.coerce
      .number()
      .min(0)
      .max(1_000_000)
      .optional()
      .describe(
        'What a gigabyte (1,000,000,000 bytes) costs a month; the setting storage-price when absent',
      ),
  }),
  answer: z.object({
    items: z.array(
      z.object({
        name: z.string().describe('Empty: models without the tag'),
        versions: z.number().int(),
        files: z.number().int(),
        own_bytes: z.number().int().describe('Of contents that no other has'),
        shared_bytes: z.number().int().describe('Of contents that others have too'),
        cost: z.number().optional().describe('A month, of the bytes of its own'),
      }),
    ),
  }),
})
