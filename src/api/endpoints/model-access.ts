import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { GrantShape } from './grants.ts'

const PermissionShape = z.object({
  permission: z.string().describe('`READ`, `USE`, `EDIT`, `MANAGE`, `DENY` or `NO_PERMISSIONS`'),
  resource_type: z
    .string()
    .describe("MLflow's type: `registered_model`, `prompt`, their versions, or `workspace`"),
  on_all: z.boolean().describe('It was given on all of that type, and not on this model'),
  username: z
    .string()
    .optional()
    .describe('Who has it, `service:name` of a machine; absent: all who have the role'),
  role: z
    .object({
      name: z.string(),
      holders: z.array(z.string()).describe('Who has the role, the first 20 by name'),
      holder_count: z.number().int(),
    })
    .optional()
    .describe('The role that permits it'),
})

export const getModelAccess = endpoint({
  name: 'getModelAccess',
  method: 'GET',
  path: '/api/v1/models/{name}/access',
  tag: 'access',
  summary: 'Who may do what with a model, and by what',
  description:
    'What the caller has, and what everybody has to whom nothing was given. With MANAGE on the model all permissions that decide about it; to who governs, also the grants whose models match it.',
  params: z.object({ name: z.string().min(1) }),
  query: z.strictObject({
    max_results: z.coerce
      .number()
      .int()
      .min(1)
      .max(1000)
      .default(200)
      .describe('How many permissions at most'),
  }),
  answer: z.object({
    access_control: z.boolean().describe('false: everybody may do everything, whatever was given'),
    level: z.string().optional().describe("The caller's; absent where access control is off"),
    is_admin: z.boolean(),
    others: z.string().describe('What everybody has to whom nothing was given'),
    permissions: z
      .array(PermissionShape)
      .optional()
      .describe('Those on the model first, of accounts before roles; absent: see needed'),
    more: z.boolean().describe('There are more permissions than max_results'),
    needed: z.string().optional().describe('What the caller lacks to see permissions'),
    grants: z
      .array(GrantShape)
      .optional()
      .describe('Rights beyond those of MLflow; absent: the caller may not see them'),
  }),
})
