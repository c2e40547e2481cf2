import { anyone } from '../../http/guards/guard.ts'
import * as endpoints from '../endpoints/whoami.ts'
import { type Served, serve } from '../serve.ts'

export const whoamiRoutes: readonly Served[] = [
  serve(endpoints.whoami, anyone, async ({ principal: { name, kind, verified, groups } }) => ({
    name,
    kind,
    verified,
    groups: [...groups],
  })),
]
