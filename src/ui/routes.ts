import { Hono } from 'hono'
import type { AppEnv } from '../http/app-env.ts'
import { guard } from '../http/guard.ts'
import { sendStyle } from './page.tsx'
import { begin, complete, showSignIn, signIn, signOut } from './sign-in.tsx'

/** Pages for people. */
export function uiRoutes(): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get('/signin/style.css', guard('public'), sendStyle)
    .get('/signin', guard('public'), showSignIn)
    .post('/signin', guard('public'), signIn)
    .get('/signin/oidc', guard('public'), begin)
    .get('/signin/callback', guard('public'), complete)
    .post('/signout', guard('public'), signOut)
}
