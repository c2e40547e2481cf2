import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Nothing, PageQuery, pageOf } from './shapes.ts'

const tag = 'access'
const path = '/api/v1/tokens'

const Scopes = z.array(z.enum(['read', 'write'])).min(1)

const TokenShape = z.object({
  id: z.string(),
  name: z.string(),
  for: z.string().describe('The account that it signs in as'),
  scopes: Scopes,
  created_at: z.number().int(),
  expires_at: z.number().int().optional().describe('Absent: it never expires'),
  last_used_at: z.number().int().optional().describe('To the minute; absent: never used'),
  aws_access_key_id: z
    .string()
    .optional()
    .describe("Key id of its key pair for AWS's clients; absent: it has none"),
})

export const listTokens = endpoint({
  name: 'listTokens',
  method: 'GET',
  path,
  tag,
  summary: "The caller's access tokens; for an administrator everybody's",
  query: PageQuery.extend({
    for: z.string().optional().describe('Only those of this account'),
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
    for: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Whose it is: `rita`, `service:trainer`; the caller when absent. Others' are for administrators",
      ),
    scopes: Scopes.default(['read', 'write']),
    expires_in_days: z
      .number()
      .int()
      .min(1)
      .max(3650)
      .optional()
      .describe('It never expires when absent'),
    aws: z
      .boolean()
      .default(false)
      .describe("Whether to make a key pair too, with which AWS's clients sign their requests"),
  }),
  status: 201,
  answer: TokenShape.extend({
    token: z
      .string()
      .describe('Use it as MLFLOW_TRACKING_TOKEN, or as the password of any user name'),
    aws_secret_access_key: z
      .string()
      .optional()
      .describe('Of its key pair; set it as AWS_SECRET_ACCESS_KEY'),
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
