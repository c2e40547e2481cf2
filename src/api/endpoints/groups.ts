import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Nothing, PageQuery, pageOf } from './shapes.ts'

const tag = 'access'
const path = '/api/v1/groups/{name}'
const params = z.object({ name: z.string().min(1) })

const Members = z
  .array(z.string())
  .max(10_000)
  .describe('Accounts by name: `rita`, `service:trainer`')
const GroupShape = z.object({ name: z.string(), members: Members })

export const listGroups = endpoint({
  name: 'listGroups',
  method: 'GET',
  path: '/api/v1/groups',
  tag,
  summary: 'All groups and who is in them',
  query: PageQuery,
  answer: pageOf(GroupShape),
})

export const getGroup = endpoint({
  name: 'getGroup',
  method: 'GET',
  path,
  tag,
  summary: 'One group and who is in it',
  params,
  answer: GroupShape,
})

export const putGroup = endpoint({
  name: 'putGroup',
  method: 'PUT',
  path,
  tag,
  summary: 'Make a group of exactly these members',
  params,
  body: z.strictObject({ members: Members }),
  answer: GroupShape,
})

export const deleteGroup = endpoint({
  name: 'deleteGroup',
  method: 'DELETE',
  path,
  tag,
  summary: 'Delete a group; its members stay',
  params,
  answer: Nothing,
})
