import { anyone } from '../../http/guards/guard.ts'
import * as endpoints from '../endpoints/whoami.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

export const whoamiRoutes: readonly ServedEndpoint[] = [
  serve(endpoints.whoami, anyone, async ({ principal: { name, kind, verified, groups } }) => ({
    name,
    kind,
    verified,
    groups: [...groups],
  })),
]
