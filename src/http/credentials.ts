import type { Credentials } from '../access/sign-in/credentials.ts'
import type { AppContext } from './app-env.ts'
import { isPeerIn } from './guards/reached.ts'
import { sessionOf } from './session-cookie.ts'

/** What the request carries of who sends it. */
export function credentialsOf(c: AppContext): Credentials {
  return {
    authorization: c.req.header('authorization'),
    clientAddress: c.var.ctx.clientAddress,
    session: sessionOf(c),
    assertion: c.req.header('cf-access-jwt-assertion'),
    proxied: proxiedBy(c),
  }
}

/** The identity that a proxy put into headers: of such alone as the operator named for it. */
function proxiedBy(c: AppContext): Credentials['proxied'] {
  const { trusted, userHeader, groupsHeader } = c.var.ctx.settings.proxy
  if (userHeader === undefined || !isPeerIn(c, trusted)) return undefined
  const user = c.req.header(userHeader)
  if (!user) return undefined
  return { user, groups: groupsHeader === undefined ? undefined : c.req.header(groupsHeader) }
}
