import type { Credentials } from '../access/sign-in/credentials.ts'
import type { AppContext } from './app-env.ts'
import { isPeerIn } from './guards/reached.ts'
import { sessionOf } from './session-cookie.ts'

/** The credentials that the request carries. */
export function credentialsOf(c: AppContext): Credentials {
  return {
    authorization: c.req.header('authorization'),
    clientAddress: c.get('ctx').clientAddress,
    session: sessionOf(c),
    assertion: c.req.header('cf-access-jwt-assertion'),
    proxied: proxiedBy(c),
    signed: c.get('signed'),
  }
}

/** The identity in the headers that the operator configured, if a trusted proxy sent them. */
function proxiedBy(c: AppContext): Credentials['proxied'] {
  const { trusted, userHeader, groupsHeader } = c.get('ctx').settings.proxy
  if (userHeader === undefined || !isPeerIn(c, trusted)) return undefined
  const user = c.req.header(userHeader)
  if (!user) return undefined
  return { user, groups: groupsHeader === undefined ? undefined : c.req.header(groupsHeader) }
}
