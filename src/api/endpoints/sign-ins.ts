import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Nothing } from './shapes.ts'

const path = '/api/v1/sign-ins'

export const listSignIns = endpoint({
  name: 'listSignIns',
  method: 'GET',
  path,
  tag: 'access',
  summary: 'The browsers in which the caller is signed in, the last used first',
  answer: z.object({
    items: z.array(
      z.object({
        id: z.string(),
        issuer: z.string().optional().describe('Who identified them; absent: a password'),
        started_at: z.number().int(),
        seen_at: z.number().int().describe('The last request, to the minute'),
        current: z.boolean().describe('It is the one that asks'),
      }),
    ),
  }),
})

export const endSignIn = endpoint({
  name: 'endSignIn',
  method: 'DELETE',
  path: `${path}/{id}`,
  tag: 'access',
  summary: 'Sign the caller out of one browser, and revoke the tokens that were made in it',
  params: z.object({ id: z.string().min(1).max(100) }),
  answer: Nothing,
})
