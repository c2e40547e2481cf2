import type { Handler, Hono, MiddlewareHandler } from 'hono'
import { authenticate } from '../../access/sign-in/authenticate.ts'
import { RegistryError } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import type { Principal } from '../../core/principal.ts'
import { joinedReads } from '../../db/joined-reads.ts'
import type { Context } from '../../platform/context.ts'
import type { AppContext, AppEnv } from '../app-env.ts'
import { credentialsOf } from '../credentials.ts'
import { refuseForeignUse } from './browser-guard.ts'
import { enterNamed } from './workspace.ts'

/**
 * Who may make a call, judged on the very values that the call then uses. `public` needs no
 * credentials; a function throws PERMISSION_DENIED to refuse a caller.
 *
 * @typeParam R the decoded message, or the request if the handler reads it by hand
 */
export type Rule<R> = 'public' | ((ctx: Context, req: R, c: AppContext) => void | Promise<void>)

/** Everybody who is signed in. */
export function anyone(): void {}

/** Handlers that are behind a rule; `assertGuarded` finds those that are not among them. */
const guarded = new WeakSet<object>()

/** Mark a handler that judges its rule by itself. */
export function guardedHandler<H extends Handler<AppEnv>>(handler: H): H {
  guarded.add(handler)
  return handler
}

/** Middleware that judges `rule` on the request, ahead of a handler. */
export function guard(rule: Rule<AppContext>): MiddlewareHandler<AppEnv> {
  const middleware: MiddlewareHandler<AppEnv> = async (c, next) => {
    if (rule !== 'public') await rule(await admit(c), c, c)
    await next()
  }
  guarded.add(middleware)
  return middleware
}

/**
 * Authenticate the caller, and take it into the workspace that the request names. With access control
 * off, everybody is let in.
 *
 * @returns the request's context with its principal and workspace
 * @throws UNAUTHENTICATED no credentials, or wrong ones
 * @throws PERMISSION_DENIED a page of another site uses credentials that the browser adds by
 *   itself, or an access token lacks the scope that the request needs
 * @throws REQUEST_LIMIT_EXCEEDED more requests than the setting rate-limit allows
 */
export async function admit(c: AppContext): Promise<Context> {
  const entered = await enterNamed(c, await signIn(c))
  const { db } = entered
  const ctx = c.get('joinsReads') && db.isFar ? { ...entered, db: joinedReads(db) } : entered
  c.set('ctx', ctx)
  return ctx
}

async function signIn(c: AppContext): Promise<Context> {
  const ctx = c.get('ctx')
  c.set('admitAgain', () =>
    unlessShutOut(() => enterNamed(c, { ...ctx, permissionReads: new Map() })),
  )
  if (ctx.principal.verified) return ctx
  if (!ctx.settings.auth) {
    c.get('takeTurn')(ctx.clientAddress ?? ctx.principal.name)
    return ctx
  }
  const principal = await authenticate(ctx, credentialsOf(c))
  if (!principal) {
    throw new RegistryError(
      'UNAUTHENTICATED',
      `${messages.notSignedIn}. This server needs credentials: set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN`,
    )
  }
  refuseForeignUse(c)
  c.get('takeTurn')(principal.name)
  checkScope(c, principal)
  c.set('admitAgain', () => unlessShutOut(() => admitAgain(c, ctx, principal)))
  const known = { ...ctx, principal }
  c.set('ctx', known)
  return known
}

/** Who is answered so is no longer let in, or no longer into the workspace. */
const shutOut: ReadonlySet<string> = new Set([
  'UNAUTHENTICATED',
  'PERMISSION_DENIED',
  'RESOURCE_DOES_NOT_EXIST',
])

/** @returns undefined: the caller is no longer let in */
async function unlessShutOut(
  enter: () => Promise<Context | undefined>,
): Promise<Context | undefined> {
  try {
    return await enter()
  } catch (err) {
    if (err instanceof RegistryError && shutOut.has(err.code)) return undefined
    throw err
  }
}

/** A new context for the same caller, authenticated again; undefined: it is another. */
async function admitAgain(
  c: AppContext,
  ctx: Context,
  { name, accountId }: Principal,
): Promise<Context | undefined> {
  const principal = await authenticate(ctx, credentialsOf(c))
  const isSame = principal?.name === name && principal.accountId === accountId
  if (!isSame) return undefined
  return enterNamed(c, { ...ctx, principal, permissionReads: new Map() })
}

/**
 * A token may do what its scopes allow: a call that changes nothing needs `read`, any other
 * `write`. A GET changes nothing, nor does a call that its surface declares as reading.
 */
function checkScope(c: AppContext, { token }: Principal): void {
  if (!token) return
  const reads = !(c.get('changes') ?? !['GET', 'HEAD', 'OPTIONS'].includes(c.req.method))
  const needed = reads ? 'read' : 'write'
  if (token.scopes.includes(needed)) return
  throw new RegistryError(
    'PERMISSION_DENIED',
    `This access token lacks the scope '${needed}'; use one that has it`,
  )
}

/** Fails at the start, and so in every test, when a route is behind no rule. */
export function assertGuarded(app: Hono<AppEnv>): void {
  const open = new Set<string>()
  const behind = new Set<string>()
  for (const { method, path, handler } of app.routes) {
    if (method === 'ALL') continue
    const route = `${method} ${path}`
    if (guarded.has(handler)) behind.add(route)
    else if (!behind.has(route)) open.add(route)
  }
  const unguarded = [...open].filter((route) => !behind.has(route))
  if (unguarded.length > 0) throw new Error(`routes behind no rule: ${unguarded.join(', ')}`)
}
