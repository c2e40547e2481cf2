import * as access from '../../access/sign-in/sessions.ts'
import { anyone } from '../../http/guards/guard.ts'
import * as endpoints from '../endpoints/sign-ins.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

/** The caller's own sign-ins. */
export const signInRoutes: readonly ServedEndpoint[] = [
  serve(endpoints.listSignIns, anyone, async (ctx) => ({
    items: (await access.listSignIns(ctx)).map(
      ({ id, issuer, startedAtMs, seenAtMs, isCurrent }) => ({
        id,
        ...(issuer !== undefined && { issuer }),
        started_at: startedAtMs,
        seen_at: seenAtMs,
        current: isCurrent,
      }),
    ),
  })),
  serve(endpoints.endSignIn, anyone, async (ctx, { params }) => {
    await access.endSignIn(ctx, params.id)
    return {}
  }),
]
