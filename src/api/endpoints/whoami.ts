import { endpoint } from './endpoint.ts'
import { PrincipalShape } from './shapes.ts'

export const whoami = endpoint({
  name: 'whoami',
  method: 'GET',
  path: '/api/v1/whoami',
  tag: 'access',
  summary: 'Who the server takes the caller for',
  answer: PrincipalShape,
})
