import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { PageQuery, pageOf, VersionParams } from './shapes.ts'

const VersionFile = z.object({
  /** Relative to the version's root. */
  path: z.string(),
  size: z.number().int(),
  /** Lower-case hex. */
  sha256: z.string(),
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
    /** False: its source lies outside this server's store, so its files are not known here. */
    sealed: z.boolean(),
    /** `sha256:` and hex, of the whole list. */
    digest: z.string().optional(),
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
  answer: z.object({
    ok: z.boolean(),
    digest: z.string(),
    /** How many files were read. */
    files: z.number().int(),
    /** The files whose stored bytes are not what was sealed. */
    differing: z.array(VersionFile.extend({ problem: z.enum(['missing', 'changed']) })),
  }),
})
