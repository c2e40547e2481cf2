import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Nothing, PageQuery, pageOf } from './shapes.ts'

const tag = 'access'
const glob = z.string().min(1).max(500)

const NewGrant = z.strictObject({
  /** `user:ada`, `group:release`, `service:trainer`; a name alone is a user's. */
  principal: z.string().min(1).max(300),
  action: z.enum([
    'register',
    'promote',
    'approve',
    'manage_policies',
    'read_audit',
    'manage_webhooks',
  ]),
  models: glob.default('*'),
  stage: glob.optional(),
  alias: glob.optional(),
})

const GrantShape = z.object({
  id: z.string(),
  principal: z.string(),
  action: NewGrant.shape.action,
  models: z.string(),
  stage: z.string().optional(),
  alias: z.string().optional(),
  created_by: z.string(),
  created_at: z.number().int(),
})

export const listGrants = endpoint({
  name: 'listGrants',
  method: 'GET',
  path: '/api/v1/grants',
  tag,
  summary: "Every right that was given beyond MLflow's permissions, oldest first",
  query: PageQuery,
  answer: pageOf(GrantShape),
})

export const createGrant = endpoint({
  name: 'createGrant',
  method: 'POST',
  path: '/api/v1/grants',
  tag,
  summary: 'Give a right on models, or on a stage or alias of theirs',
  description:
    "As soon as one 'promote' grant names a stage or alias of a model, only holders of such a grant and administrators move versions in or out of it; likewise 'register'.",
  body: NewGrant,
  status: 201,
  answer: GrantShape,
})

export const deleteGrant = endpoint({
  name: 'deleteGrant',
  method: 'DELETE',
  path: '/api/v1/grants/{id}',
  tag,
  summary: 'Take a right back; it takes effect at once',
  params: z.object({ id: z.coerce.number().int().min(1) }),
  answer: Nothing,
})
