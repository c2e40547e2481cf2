import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Nothing, PageQuery, pageOf } from './shapes.ts'

const tag = 'access'
const path = '/api/v1/tokens'

const Scopes = z.array(z.enum(['read', 'write'])).min(1)

const TokenShape = z.object({
  id: z.string(),
  name: z.string(),
  /** The account that it signs in as. */
  for: z.string(),
  scopes: Scopes,
  created_at: z.number().int(),
  /** Absent: it never expires. */
  expires_at: z.number().int().optional(),
  /** To the minute; absent: never used. */
  last_used_at: z.number().int().optional(),
})

export const listTokens = endpoint({
  name: 'listTokens',
  method: 'GET',
  path,
  tag,
  summary: "The caller's access tokens; for an administrator everybody's",
  query: PageQuery.extend({
    /** Only those of this account. */
    for: z.string().optional(),
  }),
  answer: pageOf(TokenShape),
})

export const createToken = endpoint({
  name: 'createToken',
  method: 'POST',
  path,
  tag,
  summary: 'Make an access token; it is shown this once',
  body: z.strictObject({
    name: z.string(),
    /** Whose it is: `rita`, `service:trainer`; the caller when absent. Others' are for administrators. */
    for: z.string().min(1).optional(),
    scopes: Scopes.default(['read', 'write']),
    /** It never expires when absent. */
    expires_in_days: z.number().int().min(1).max(3650).optional(),
  }),
  status: 201,
  answer: TokenShape.extend({
    /** Use it as MLFLOW_TRACKING_TOKEN, or as the password of any user name. */
    token: z.string(),
  }),
})

export const revokeToken = endpoint({
  name: 'revokeToken',
  method: 'DELETE',
  path: `${path}/{id}`,
  tag,
  summary: 'Revoke an access token at once',
  params: z.object({ id: z.string() }),
  answer: Nothing,
})
