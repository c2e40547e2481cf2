import { z } from 'zod'
import { keyNameHint, keyNamePattern } from '../../attestations/trusted-keys.ts'
import { endpoint } from './endpoint.ts'
import { Nothing, PageQuery, PrincipalShape, pageOf, VersionParams } from './shapes.ts'

const Shown = z.object({
  id: z.string(),
  predicate_type: z.string(),
  hint: z.string().describe('SHA-256 of the PEM of the key that signed it, in hex'),
  key: z.string().optional().describe('The name of that key; absent: it is trusted no more'),
  result: z.string().optional().describe('Of an in-toto test result: PASSED, FAILED or WARNED'),
  sent_at: z.number(),
  sent_by: PrincipalShape,
})

export const addAttestation = endpoint({
  name: 'addAttestation',
  method: 'POST',
  path: '/api/v1/models/{name}/versions/{version}/attestations',
  tag: 'attestations',
  summary: 'Keep a statement about the files of a version that a trusted key signed',
  description:
    'A DSSE envelope around an in-toto statement, or a Sigstore bundle around that. One of its subjects has the digest of the version. EDIT on the versions of the model is needed.',
  params: VersionParams,
  body: z.looseObject({}),
  answer: Shown,
})

export const listAttestations = endpoint({
  name: 'listAttestations',
  method: 'GET',
  path: '/api/v1/models/{name}/versions/{version}/attestations',
  tag: 'attestations',
  summary: 'The statements about a version that others signed, the newest first',
  params: VersionParams,
  query: PageQuery,
  answer: pageOf(Shown),
})

export const getAttestation = endpoint({
  name: 'getAttestation',
  method: 'GET',
  path: '/api/v1/models/{name}/versions/{version}/attestations/{id}',
  tag: 'attestations',
  summary: 'A statement as it was sent',
  params: VersionParams.extend({
    id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
  }),
  answer: z.record(z.string(), z.unknown()),
})

const TrustedKeyShape = z.object({
  name: z.string(),
  hint: z.string(),
  pem: z.string(),
  set_at: z.number(),
  set_by: PrincipalShape,
})
const KeyParams = z.object({
  name: z.string().regex(keyNamePattern, keyNameHint),
})

export const listTrustedKeys = endpoint({
  name: 'listTrustedKeys',
  method: 'GET',
  path: '/api/v1/trusted-keys',
  tag: 'attestations',
  summary: 'Keys of others whose statements count here',
  answer: z.object({ items: z.array(TrustedKeyShape) }),
})

export const putTrustedKey = endpoint({
  name: 'putTrustedKey',
  method: 'PUT',
  path: '/api/v1/trusted-keys/{name}',
  tag: 'attestations',
  summary: 'Trust a key under a name, in place of the one that had it',
  description:
    'What a replaced key signed counts no more. For those who may change policies, which name the keys.',
  params: KeyParams,
  body: z.strictObject({
    pem: z.string().max(10_000).describe('An ECDSA P-256 public key in PEM'),
  }),
  answer: TrustedKeyShape,
})

export const deleteTrustedKey = endpoint({
  name: 'deleteTrustedKey',
  method: 'DELETE',
  path: '/api/v1/trusted-keys/{name}',
  tag: 'attestations',
  summary: 'Trust a key no more; what it signed counts no more',
  params: KeyParams,
  answer: Nothing,
})
