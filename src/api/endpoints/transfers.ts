import { z } from 'zod'
import { partBytesMax, partBytesMin } from '../../platform/parts.ts'
import { endpoint } from './endpoint.ts'
import { Target } from './policies.ts'
import { VersionParams } from './shapes.ts'

const Entry = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER)
const Server = z.string().min(1).max(500).describe('What the other server is called: its URL')
const Text = z.string().min(1).max(500)
const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/)

export const noteSending = endpoint({
  name: 'noteSending',
  method: 'POST',
  path: '/api/v1/models/{name}/versions/{version}/sendings',
  tag: 'transfers',
  summary: 'Note that a version goes to another server, or what it has become there',
  description:
    'For `gatehouse promote --to`. What was noted before is not noted again. The other log is to name the entry that is answered.',
  params: VersionParams,
  body: z.strictObject({
    to: Server,
    arrived: z
      .strictObject({ model: Text, version: z.string().regex(/^\d{1,15}$/), entry: Entry })
      .optional()
      .describe('What it is there, and the entry of the audit log there'),
  }),
  answer: z.object({
    entry: z.number().int().describe('The number of the entry of this audit log'),
  }),
})

const Origin = z.strictObject({
  server: Server,
  model: Text,
  version: z.string().regex(/^\d{1,15}$/),
})

export const checkTransfer = endpoint({
  name: 'checkTransfer',
  method: 'POST',
  path: '/api/v1/models/{name}/transfers/check',
  tag: 'transfers',
  summary: 'Whether a version of another server would be taken in, before its files are sent',
  description:
    'It is refused as `receiveVersion` and the request for its move would be: the name, the experiment, the stage and its rules, and what all of that takes. Policies and quotas are judged later.',
  readOnly: true,
  params: z.object({ name: z.string().min(1) }),
  body: z.strictObject({
    digest: Digest,
    from: Origin,
    experiment: z.string().min(1).max(1000).describe('The name of the one that gets its run'),
    to: Target.optional().describe('Where it is to move to afterwards'),
    archive_existing: z.boolean().default(false),
  }),
  answer: z.object({
    version: z.string().optional().describe('Its number, where it came before'),
  }),
})

export const receiveVersion = endpoint({
  name: 'receiveVersion',
  method: 'POST',
  path: '/api/v1/models/{name}/transfers',
  tag: 'transfers',
  status: 201,
  summary: 'Register a version of another server, or of a bundle, whose files are in a run here',
  description:
    'It takes what registering the run takes. The files must have the digest; the version begins in the first stage, with no approval. The same again is the version that there is.',
  params: z.object({ name: z.string().min(1) }),
  body: z.strictObject({
    run_id: Text,
    path: Text.describe("The folder of the files, below the run's artifacts"),
    digest: Digest,
    description: z.string().default(''),
    tags: z.record(z.string(), z.string()).default({}),
    from: Origin.extend({
      entry: Entry.optional().describe('The entry of the audit log there'),
      bundle: Digest.optional().describe('Or the release bundle that it came in'),
    }).refine(
      ({ entry, bundle }) => (entry === undefined) !== (bundle === undefined),
      'give either entry or bundle',
    ),
  }),
  answer: z.object({
    name: z.string(),
    version: z.string(),
    entry: z.number().int().describe('The number of the entry of this audit log'),
    added: z.boolean().describe('False: it came before'),
  }),
})

export const resumeUpload = endpoint({
  name: 'resumeUpload',
  method: 'POST',
  path: '/api/v1/uploads',
  tag: 'transfers',
  summary: 'Go on with the upload of a large file in parts, or begin one',
  description:
    'Each missing part is sent with PUT and its length to its URL, which is itself the permission for a day; then `completeResumedUpload` joins them. Who was cut off asks again and sends what is missing.',
  body: z.strictObject({
    path: z
      .string()
      .min(1)
      .max(4000)
      .describe('In the artifact store: `1/<run>/artifacts/model.bin`'),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    size: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
    part_size: z
      .number()
      .int()
      .min(partBytesMin)
      .max(partBytesMax)
      .describe('Bytes of each part but the last, which has the rest'),
  }),
  answer: z.object({
    upload_id: z.string(),
    missing: z.array(z.object({ part: z.number().int().describe('From 1 up'), url: z.string() })),
  }),
})

export const completeResumedUpload = endpoint({
  name: 'completeResumedUpload',
  method: 'POST',
  path: '/api/v1/uploads/{upload_id}/complete',
  tag: 'transfers',
  summary:
    'Join the parts of an upload, whose file shows if its bytes have the sum that it was begun with',
  params: z.object({ upload_id: z.string().min(1).max(100) }),
  answer: z.object({}),
})
