import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { VersionParams } from './shapes.ts'

const Scan = z.object({
  status: z
    .enum(['not_sealed', 'pending', 'scanned'])
    .describe('`not_sealed`: its files lie elsewhere; `pending`: some were not read yet'),
  files: z.number().int(),
  waiting: z.number().int().describe('Files that were not scanned yet'),
  findings: z.array(
    z.object({
      path: z.string(),
      what: z
        .enum(['dangerous', 'unlisted', 'code', 'template', 'lambda', 'operation', 'unread'])
        .describe(
          '`dangerous` and `unlisted`: names that a pickle imports; `unread`: it could not be read whole',
        ),
      detail: z.string().describe('The name, the place in the file, or why it could not be read'),
    }),
  ),
})

export const getVersionScan = endpoint({
  name: 'getVersionScan',
  method: 'GET',
  path: '/api/v1/models/{name}/versions/{version}/scan',
  tag: 'model versions',
  summary: 'What may run when the files of a version are loaded',
  description: 'Found by reading the files after they were sealed, never by loading them.',
  params: VersionParams,
  answer: Scan,
})

export const scanVersion = endpoint({
  name: 'scanVersion',
  method: 'POST',
  path: '/api/v1/models/{name}/versions/{version}/scan',
  tag: 'model versions',
  summary: 'Read the files again that could not be read',
  params: VersionParams,
  answer: Scan,
})
