import { sql } from 'drizzle-orm'
import { RegistryError } from '../../core/error.ts'
import type { Principal } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import { passwordMatches, unknownHash } from '../accounts/password-hash.ts'
import { type PrincipalRow, principalColumns, principalFrom } from '../accounts/principals.ts'
import { basicOf, type Credentials } from './credentials.ts'
import { requireFirstAdmin } from './first-admin.ts'
import { inTurn } from './in-turn.ts'
import { type Proof, recalled, remembered } from './proof-cache.ts'
import { throttled } from './throttle.ts'

/** `verifiedHash`: the stored hash that the password was compared with. */
type PasswordProof = Proof & { readonly verifiedHash: string }

/** User name and password, as MLflow's clients send them with every request. */
export async function byPassword(
  ctx: Context,
  credentials: Credentials,
): Promise<Principal | undefined> {
  const basic = basicOf(credentials)
  if (!basic) return undefined
  return verified(ctx, basic.user, basic.password, credentials.clientAddress)
}

/**
 * The principal whose password this is. An unknown name takes as long as a wrong password.
 *
 * @throws UNAUTHENTICATED unknown name or wrong password, which look the same
 * @throws REQUEST_LIMIT_EXCEEDED too many wrong ones came before
 */
export async function verified(
  ctx: Context,
  user: string,
  password: string,
  address: string | undefined,
): Promise<Principal> {
  const evidence = `password ${JSON.stringify([user, password])}`
  const proof = await remembered<PasswordProof>(ctx, evidence, async (outdated) => {
    const unchanged = outdated && (await renewed(ctx, user, outdated))
    if (unchanged) return unchanged
    return inTurn(
      JSON.stringify([user, address]),
      () => recalled<PasswordProof>(ctx, evidence),
      () => throttled(ctx, { user, address }, () => compared(ctx, user, password)),
    )
  })
  return proof.principal
}

/** Where the stored hash is still the one that the password was compared with, it need not be again. */
async function renewed(
  ctx: Context,
  user: string,
  outdated: PasswordProof,
): Promise<PasswordProof | undefined> {
  const row = await findAccount(ctx, user)
  if (row?.password_hash !== outdated.verifiedHash) return undefined
  return { principal: principalFrom(row), verifiedHash: outdated.verifiedHash }
}

async function compared(ctx: Context, user: string, password: string): Promise<PasswordProof> {
  await requireFirstAdmin(ctx)
  const row = await findAccount(ctx, user)
  const hash = row?.password_hash ?? unknownHash
  const matches = await passwordMatches(password, hash)
  if (!row || row.password_hash === null || !matches) {
    throw new RegistryError(
      'UNAUTHENTICATED',
      'Unknown user or wrong password; set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN',
    )
  }
  return { principal: principalFrom(row), verifiedHash: hash }
}

function findAccount(ctx: Context, name: string): Promise<PrincipalRow | undefined> {
  return ctx.db.first<PrincipalRow>(
    sql`select ${principalColumns} from accounts a where a.name = ${name}`,
  )
}
