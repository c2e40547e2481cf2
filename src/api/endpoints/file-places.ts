import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { PageQuery } from './shapes.ts'

export const findFilePlaces = endpoint({
  name: 'findFilePlaces',
  method: 'GET',
  path: '/api/v1/search',
  tag: 'find',
  summary: 'Where a file is, by its SHA-256, or which versions have all files of a digest',
  description:
    'Of what the caller may read in the workspace: model versions that were sealed with it, and artifacts. A page has up to `max_results` of each, and fewer or none where there was much to look through: there are more while it has a `next_page_token`.',
  query: PageQuery.extend({
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/i, 'send 64 hex digits')
      .transform((hex) => hex.toLowerCase())
      .optional()
      .describe('Of one file, in hex'),
    digest: z
      .string()
      .regex(/^sha256:[0-9a-f]{64}$/, 'send sha256: and 64 hex digits')
      .optional()
      .describe('Of a version: `sha256:` and hex'),
  }).transform(({ sha256, digest, ...page }, { addIssue }) => {
    if (sha256 !== undefined && digest === undefined) return { ...page, sought: { sha256 } }
    if (digest !== undefined && sha256 === undefined) return { ...page, sought: { digest } }
    addIssue({ code: 'custom', message: 'Send either sha256, of a file, or digest, of a version' })
    return z.NEVER
  }),
  answer: z.object({
    versions: z.array(
      z.object({
        model: z.string(),
        version: z.string(),
        path: z
          .string()
          .optional()
          .describe("Relative to the version's root; absent where a digest was asked for"),
        stage: z.string(),
        aliases: z.array(z.string()),
      }),
    ),
    artifacts: z
      .array(z.string())
      .describe('Paths as under `mlflow-artifacts:/`; none where a digest was asked for'),
    next_page_token: z.string().optional(),
  }),
})
