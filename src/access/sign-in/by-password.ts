import { sql } from 'drizzle-orm'
import { RegistryError } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import type { Principal } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import { failureText, logError } from '../../platform/log.ts'
import { matchPassword, renewHash, unknownHash } from '../accounts/password-hash.ts'
import { type PrincipalRow, principalColumns, principalFrom } from '../accounts/principals.ts'
import { looksLikeToken } from '../accounts/tokens.ts'
import { basicOf, type Credentials } from './credentials.ts'
import { requireFirstAdmin } from './first-admin.ts'
import { findProof, getProof, type Proof } from './proof-cache.ts'
import { startSession } from './sessions.ts'
import { type Attempt, throttle } from './throttle.ts'

/** `verifiedHash`: the stored hash that the password was compared with. */
type PasswordProof = Proof & { readonly verifiedHash: string }

/** User name and password, as MLflow's clients send them with every request. */
export async function authenticateByPassword(
  ctx: Context,
  credentials: Credentials,
): Promise<Principal | undefined> {
  const basic = basicOf(credentials)
  if (!basic) return undefined
  const { user, password } = basic
  return verifyPassword(ctx, { user, address: credentials.clientAddress }, password)
}

/**
 * Sign in to the web page by name and password, which are checked, throttled and timed as in any
 * request. An access token is refused, although requests may send one as their password: the
 * session would outlive it.
 *
 * @param before the id of the browser's current session
 * @returns the session's id
 * @throws UNAUTHENTICATED name or password is wrong
 * @throws REQUEST_LIMIT_EXCEEDED too many wrong passwords came before
 */
export async function signInByPassword(
  ctx: Context,
  { name, password }: { readonly name: string; readonly password: string },
  before: string | undefined,
): Promise<string> {
  const wrong = () => new RegistryError('UNAUTHENTICATED', 'The user name or the password is wrong')
  if (name === '' || name.includes(':') || looksLikeToken(password)) throw wrong()
  const attempt = { user: name, address: ctx.clientAddress }
  const principal = await verifyPassword(ctx, attempt, password).catch((err) => {
    // The message for clients names environment variables, which mean nothing to people.
    throw err instanceof RegistryError && err.code === 'UNAUTHENTICATED' ? wrong() : err
  })
  if (principal.kind !== 'user') throw wrong()
  return startSession(ctx, principal, { before })
}

/**
 * The principal whose password this is. An unknown name takes as long as a wrong password.
 *
 * @throws UNAUTHENTICATED unknown name or wrong password, which look the same
 * @throws REQUEST_LIMIT_EXCEEDED too many wrong passwords came before, or too many come now
 */
export async function verifyPassword(
  ctx: Context,
  attempt: Attempt,
  password: string,
): Promise<Principal> {
  const { user, address } = attempt
  const evidence = `password ${JSON.stringify([user, password])}`
  const proof = await getProof<PasswordProof>(ctx, evidence, async (outdated) => {
    const renewed = outdated && (await renewProof(ctx, user, outdated))
    if (renewed) return renewed
    return runInTurn(
      JSON.stringify([user, address]),
      () => findProof<PasswordProof>(ctx, evidence),
      () => throttle(ctx, attempt, () => comparePassword(ctx, user, password)),
    )
  })
  return proof.principal
}

/** The proof brought up to date, if the password was compared with the hash stored now. */
async function renewProof(
  ctx: Context,
  user: string,
  outdated: PasswordProof,
): Promise<PasswordProof | undefined> {
  const row = await findByName(ctx, user)
  if (row?.password_hash !== outdated.verifiedHash) return undefined
  return { principal: principalFrom(row), verifiedHash: outdated.verifiedHash }
}

async function comparePassword(
  ctx: Context,
  user: string,
  password: string,
): Promise<PasswordProof> {
  await requireFirstAdmin(ctx)
  const row = await findByName(ctx, user)
  const hash = row?.password_hash ?? unknownHash(ctx)
  const matches = await matchPassword(ctx, password, hash)
  if (!row || row.password_hash === null || !matches) {
    throw new RegistryError(
      'UNAUTHENTICATED',
      `${messages.notSignedIn}. Unknown user or wrong password; set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN`,
    )
  }
  return { principal: principalFrom(row), verifiedHash: await keepRenewed(ctx, row, password) }
}

/**
 * Give an account whose hash has too few rounds one with more, now that its password is known.
 *
 * @returns the hash that the account has
 */
async function keepRenewed(
  ctx: Context,
  { id, password_hash: stored }: PrincipalRow,
  password: string,
): Promise<string> {
  if (stored === null) throw new Error('an account without a password has signed in by one')
  try {
    const renewed = await renewHash(ctx, password, stored)
    if (renewed === undefined) return stored
    await ctx.db.all(sql`update accounts set password_hash = ${renewed}
      where id = ${id} and password_hash = ${stored}`)
    return renewed
  } catch (err) {
    // The password is right all the same; the next sign-in tries again.
    const error = failureText(err)
    logError({ requestId: ctx.requestId, operation: 'renew a password hash', error })
    return stored
  }
}

function findByName(ctx: Context, name: string): Promise<PrincipalRow | undefined> {
  return ctx.db.first(
    sql<PrincipalRow>`select ${principalColumns} from accounts a where a.name = ${name}`,
  )
}

const pollMs = 25
const pollsMax = 200

/** The keys for which a request of this process is working, and whose turn it is. */
const turns = new Map<string, symbol>()

/**
 * Run `work` while no other request of this process does so for the same `key`. A request that
 * waits takes what `findResult` finds meanwhile. So when many wrong passwords arrive at once, each
 * is counted before the next is tried; when many right ones do, only one pays for the slow hash.
 *
 * A request waits by polling: in workerd a promise of another request never settles when that
 * request is cancelled. For the same reason no request waits longer than five seconds.
 */
async function runInTurn<T>(
  key: string,
  findResult: () => Promise<T | undefined>,
  work: () => Promise<T>,
): Promise<T> {
  for (let polls = 0; turns.has(key) && polls < pollsMax; polls++) {
    await new Promise((done) => setTimeout(done, pollMs))
    const found = await findResult()
    if (found) return found
  }
  const turn = Symbol()
  turns.set(key, turn)
  try {
    return await work()
  } finally {
    if (turns.get(key) === turn) turns.delete(key)
  }
}
