import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Nothing, PageQuery, pageOf } from './shapes.ts'

const tag = 'access'
const path = '/api/v1/service-accounts'

const ServiceAccountShape = z.object({
  name: z.string(),
  principal: z
    .string()
    .describe('What it is called wherever a principal is named: `service:` and its name'),
  created_at: z.number().int(),
})

export const listServiceAccounts = endpoint({
  name: 'listServiceAccounts',
  method: 'GET',
  path,
  tag,
  summary: 'All service accounts',
  query: PageQuery,
  answer: pageOf(ServiceAccountShape),
})

export const createServiceAccount = endpoint({
  name: 'createServiceAccount',
  method: 'POST',
  path,
  tag,
  summary: 'Make an account for a machine; it signs in with access tokens',
  body: z.strictObject({ name: z.string() }),
  status: 201,
  answer: ServiceAccountShape,
})

export const deleteServiceAccount = endpoint({
  name: 'deleteServiceAccount',
  method: 'DELETE',
  path: `${path}/{name}`,
  tag,
  summary: 'Delete a service account with its tokens',
  params: z.object({ name: z.string().min(1) }),
  answer: Nothing,
})
