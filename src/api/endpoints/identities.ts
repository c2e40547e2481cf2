import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Nothing, PageQuery, pageOf } from './shapes.ts'

const IdentityShape = z.object({
  id: z.string(),
  account: z
    .string()
    .describe('Name of the account that stands for them, as in `ada` or `service:trainer`'),
  issuer: z.string(),
  subject: z.string().describe('`sub` of a person; `service:` and the name of a machine'),
  created_at: z.number().int(),
})

export const listIdentities = endpoint({
  name: 'listIdentities',
  method: 'GET',
  path: '/api/v1/identities',
  tag: 'access',
  summary: 'Whom issuers outside vouch for, and which accounts they are here',
  query: PageQuery,
  answer: pageOf(IdentityShape),
})

export const linkIdentity = endpoint({
  name: 'linkIdentity',
  method: 'POST',
  path: '/api/v1/identities',
  tag: 'access',
  summary: 'Have an account stand for somebody whom an issuer vouches for',
  body: z.strictObject({
    account: z.string().min(1).max(300),
    issuer: z.string().min(1).max(500),
    subject: z.string().min(1).max(500),
  }),
  status: 201,
  answer: IdentityShape,
})

export const listBarredIdentities = endpoint({
  name: 'listBarredIdentities',
  method: 'GET',
  path: '/api/v1/barred-identities',
  tag: 'access',
  summary: 'Whose accounts were ended here, so that signing in makes no new one',
  query: PageQuery,
  answer: pageOf(
    z.object({
      id: z.string(),
      issuer: z.string(),
      subject: z.string(),
      account: z.string().describe('Name of the account that they had'),
      barred_by: z.string(),
      barred_at: z.number().int(),
    }),
  ),
})

export const admitIdentity = endpoint({
  name: 'admitIdentity',
  method: 'DELETE',
  path: '/api/v1/barred-identities/{id}',
  tag: 'access',
  summary: 'Let somebody sign up again whose account was ended',
  params: z.object({ id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) }),
  answer: Nothing,
})

export const unlinkIdentity = endpoint({
  name: 'unlinkIdentity',
  method: 'DELETE',
  path: '/api/v1/identities/{id}',
  tag: 'access',
  summary: 'Undo a link; sessions begun by it end, and signing in makes no new account',
  params: z.object({ id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) }),
  answer: Nothing,
})
