import { Hono } from 'hono'
import { requireModelVersion } from '../access/permissions/require.ts'
import type { AppEnv } from '../http/app-env.ts'
import { anyone, guard } from '../http/guards/guard.ts'
import { modelNameOf, showCard } from './cards/card.tsx'
import { showDocs } from './docs/docs.tsx'
import type { ShownEndpoint } from './docs/docs-page.tsx'
import { mayReadPromotion, showPromotion, showPromotions } from './promotions/promotions.tsx'
import { begin, complete, showSignIn, signIn, signOut } from './sign-in/sign-in.tsx'

/**
 * Pages that are made on the server and need no script.
 *
 * @param endpoints those that the page of the API shows
 */
export function uiRoutes(endpoints: readonly ShownEndpoint[]): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get('/signin', guard('public'), showSignIn)
    .post('/signin', guard('public'), signIn)
    .get('/signin/oidc', guard('public'), begin)
    .get('/signin/callback', guard('public'), complete)
    .post('/signout', guard('public'), signOut)
    .get(
      '/api/v1/models/:name/versions/:version/card.html',
      guard((ctx, c) => requireModelVersion(ctx, modelNameOf(c), 'READ')),
      showCard,
    )
    .get('/docs', guard(anyone), showDocs(endpoints))
    .get('/promotions', guard(anyone), showPromotions)
    .get('/promotions/:id', guard(mayReadPromotion), showPromotion)
}
