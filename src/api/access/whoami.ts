import { anyone } from '../../http/guards/guard.ts'
import { whoami } from '../endpoints/whoami.ts'
import { type Served, serve } from '../serve.ts'

export const whoamiRoutes: readonly Served[] = [
  serve(whoami, anyone, async ({ principal: { name, kind, verified, groups } }) => ({
    name,
    kind,
    verified,
    groups: [...groups],
  })),
]
