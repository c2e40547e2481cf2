import { z } from 'zod'
import { bomSpecs } from '../../bundles/mlbom.ts'
import { endpoint } from './endpoint.ts'
import { PageQuery, PrincipalShape, pageOf, VersionParams } from './shapes.ts'

export const getMlBom = endpoint({
  name: 'getMlBom',
  method: 'GET',
  path: '/api/v1/models/{name}/versions/{version}/mlbom.json',
  tag: 'bundles',
  summary: 'What a version is made of, as an ML-BOM in CycloneDX JSON',
  description:
    'Files, packages, datasets and the card, as far as the caller may read them. The same version in the same state gives the same bytes.',
  params: VersionParams,
  query: z.object({
    spec: z.enum(bomSpecs).default('1.6').describe('The version of CycloneDX'),
  }),
  answer: z.string(),
  media: 'application/vnd.cyclonedx+json',
})

const BundleShape = z.object({
  id: z.string(),
  model: z.string(),
  version: z.string(),
  digest: z.string(),
  key: z.string().describe('The hint of the key that signed it; GET /api/v1/keys has the key'),
  created_at: z.number(),
  created_by: PrincipalShape,
  has_runs: z.boolean().describe('It tells of runs, so only those get it who may read them'),
  has_audit: z.boolean().describe("It has the version's part of the audit log"),
})

export const createBundle = endpoint({
  name: 'createBundle',
  method: 'POST',
  path: '/api/v1/models/{name}/versions/{version}/bundles',
  tag: 'bundles',
  summary: 'Sign what is known of a sealed version now, and keep it as a bundle',
  description:
    'It holds what the caller may read: files, manifest, card, ML-BOM, gates and approvals, origin, and part of the audit log. EDIT on the versions of the model is needed.',
  params: VersionParams,
  status: 201,
  answer: BundleShape,
})

export const listBundles = endpoint({
  name: 'listBundles',
  method: 'GET',
  path: '/api/v1/models/{name}/versions/{version}/bundles',
  tag: 'bundles',
  summary: 'Which bundles of a version were made, the newest first',
  params: VersionParams,
  query: PageQuery,
  answer: pageOf(BundleShape),
})

export const downloadBundle = endpoint({
  name: 'downloadBundle',
  method: 'GET',
  path: '/api/v1/models/{name}/versions/{version}/bundle.zip',
  tag: 'bundles',
  summary: 'A bundle of a version as a zip',
  description: 'The same bundle gives the same bytes each time.',
  params: VersionParams,
  query: z.object({
    bundle: z.coerce
      .number()
      .int()
      .min(1)
      .max(Number.MAX_SAFE_INTEGER)
      .optional()
      .describe('Its id; the newest one when absent'),
  }),
  answer: z.string(),
  media: 'application/zip',
})

const KeyShape = z.object({
  hint: z.string().describe('SHA-256 of the PEM text in hex, by which bundles name the key'),
  pem: z.string(),
  jwk: z.record(z.string(), z.string()),
  from: z.number(),
  until: z.number().optional().describe('Absent: it is the key that signs now'),
})

export const listKeys = endpoint({
  name: 'listKeys',
  method: 'GET',
  path: '/api/v1/keys',
  tag: 'bundles',
  summary: 'The public keys of bundles of this server, the one that signs now first',
  description: 'Everybody may read them. Old keys stay, since old bundles are verified by them.',
  answer: z.object({ items: z.array(KeyShape) }),
})

export const renewKey = endpoint({
  name: 'renewKey',
  method: 'POST',
  path: '/api/v1/keys/renew',
  tag: 'bundles',
  summary: 'Let a new key sign bundles from now on',
  description:
    'For administrators. Where the operator gives the key, another one is given instead.',
  status: 201,
  answer: KeyShape,
})
