import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Nothing, PageQuery, pageOf } from './shapes.ts'

const tag = 'serving'

const Version = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER)

export const reportReplica = endpoint({
  name: 'reportReplica',
  method: 'POST',
  path: '/api/v1/serving/replicas',
  tag,
  summary: 'Say which version a process serves',
  description:
    'A process that serves a model says it at each change, and every 15 seconds. Needs USE on the model. That a version did not come up is told once, as the event `serving.failed`.',
  body: z.strictObject({
    replica: z
      .string()
      .regex(/^[\w.-]{1,64}$/, { error: 'use 1 to 64 letters, digits, dots, dashes' })
      .describe('The id that the process gave itself; only who reported it first may report it'),
    uri: z.string().describe('What it follows: `models:/fraud/Production`'),
    host: z.string().min(1).max(255),
    live: z
      .strictObject({
        version: Version,
        digest: z.string().regex(/^sha256:[0-9a-f]{64}$/, { error: 'use sha256: and hex' }),
        at: z.number().int().min(0).max(8_640_000_000_000_000),
      })
      .optional()
      .describe('The version that answers; absent while none does'),
    failed: z
      .strictObject({ version: Version, message: z.string().min(1).max(1000) })
      .optional()
      .describe('The wanted version, while it does not come up'),
    stopped: z.boolean().default(false).describe('It ends, and is forgotten'),
  }),
  answer: Nothing,
})

export const listReplicas = endpoint({
  name: 'listReplicas',
  method: 'GET',
  path: '/api/v1/models/{name}/serving',
  tag,
  summary: 'The processes that serve a model, and what each really runs',
  description: 'As each last said. One that was not heard of for a day is forgotten.',
  params: z.object({ name: z.string().min(1) }),
  query: PageQuery.extend({
    max_results: z.coerce
      .number()
      .int()
      .min(1)
      .max(100)
      .default(100)
      .describe('How many items a page has at most'),
  }),
  answer: pageOf(
    z.object({
      replica: z.string(),
      host: z.string(),
      uri: z.string(),
      reported_by: z.string(),
      version: z.string().optional().describe('That answers; absent while none does'),
      digest: z.string().optional(),
      live_at: z.number().int().optional(),
      wanted_version: z
        .string()
        .optional()
        .describe('What its URI means now; absent while that is no version'),
      drifted: z.boolean().describe('It serves another version than its URI means'),
      failed: z
        .object({ version: z.string(), message: z.string(), at: z.number().int() })
        .optional()
        .describe('The version that does not come up'),
      seen_at: z.number().int(),
      silent: z.boolean().describe('It has said nothing for 45 seconds'),
    }),
  ),
})
