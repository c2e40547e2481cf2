import { z } from 'zod'
import { rights } from '../../access/permissions/right-names.ts'
import { endpoint } from './endpoint.ts'
import { Nothing, PageQuery, pageOf } from './shapes.ts'

const NewGrant = z.strictObject({
  principal: z
    .string()
    .min(1)
    .describe("`user:ada`, `group:release`, `service:trainer`; a plain name is a user's"),
  action: z.enum(rights),
  models: z.string().min(1).describe('A name, in which `*` stands for any text'),
  stage: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Of `promote`, and of `approve` if it is not for all places: this stage; `*` as in `models`',
    ),
  alias: z.string().min(1).optional().describe('Instead of `stage`: of this alias'),
})

export const GrantShape = NewGrant.extend({
  id: z.string(),
  created_by: z.string(),
  created_at: z.number().int(),
})

export const listGrants = endpoint({
  name: 'listGrants',
  method: 'GET',
  path: '/api/v1/grants',
  tag: 'access',
  summary: 'Rights beyond those of MLflow, oldest first',
  query: PageQuery,
  answer: pageOf(GrantShape),
})

export const createGrant = endpoint({
  name: 'createGrant',
  method: 'POST',
  path: '/api/v1/grants',
  tag: 'access',
  summary: 'Give a principal a right',
  description:
    'As soon as one `promote` grant names a stage or alias of a model, only its holders and administrators may move a version in or out; likewise `register`, and `approve` for those who approve moves there. Without one, EDIT on the model will do.',
  body: NewGrant,
  status: 201,
  answer: GrantShape,
})

export const deleteGrant = endpoint({
  name: 'deleteGrant',
  method: 'DELETE',
  path: '/api/v1/grants/{id}',
  tag: 'access',
  summary: 'Take a right away',
  params: z.object({ id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) }),
  answer: Nothing,
})
