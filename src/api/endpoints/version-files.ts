import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { PageQuery, pageOf, VersionParams } from './shapes.ts'

const VersionFile = z.object({
  path: z.string().describe("Relative to the version's root"),
  size: z.number().int(),
  sha256: z.string().describe('Lower-case hex'),
})

export const listVersionFiles = endpoint({
  name: 'listVersionFiles',
  method: 'GET',
  path: '/api/v1/models/{name}/versions/{version}/files',
  tag: 'model versions',
  summary: 'What a version is made of: its sealed files, by path',
  params: VersionParams,
  query: PageQuery,
  answer: pageOf(VersionFile).extend({
    sealed: z
      .boolean()
      .describe(
        "False: its source lies outside this server's store, so its files are not known here",
      ),
    digest: z.string().optional().describe('`sha256:` and hex, of the whole list'),
  }),
})

export const verifyVersion = endpoint({
  name: 'verifyVersion',
  method: 'POST',
  path: '/api/v1/models/{name}/versions/{version}/verify',
  tag: 'model versions',
  summary: 'Read the files again and say which are not what was sealed',
  readOnly: true,
  params: VersionParams,
  query: z.object({
    max_bytes: z.coerce
      .number()
      .int()
      .min(1)
      .max(Number.MAX_SAFE_INTEGER)
      .optional()
      .describe(
        'How much one call reads at most, but one file at least, or a piece of 64 MiB of a larger one; 2 GiB unless it is said',
      ),
    page_token: z.string().optional().describe('`next_page_token` of the call before'),
  }),
  answer: z.object({
    ok: z
      .boolean()
      .optional()
      .describe(
        'Whether all files are what was sealed, those of the calls before too; absent until all were read',
      ),
    digest: z.string(),
    files: z.number().int().describe('How many files were read, those of the calls before too'),
    differing: z
      .array(VersionFile.extend({ problem: z.enum(['missing', 'changed']) }))
      .describe('The files that this call read, and whose stored bytes are not what was sealed'),
    reading: z
      .object({ path: z.string(), bytes: z.number().int(), size: z.number().int() })
      .optional()
      .describe('A file that is larger than one call reads, and how many bytes of it were read'),
    next_page_token: z
      .string()
      .optional()
      .describe('Files are left: call again with it. Absent once all were read'),
  }),
})
