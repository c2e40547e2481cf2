import { sql } from 'drizzle-orm'
import { RegistryError } from '../../core/error.ts'
import { operator } from '../../core/principal.ts'
import type { Database } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import { createAccount } from '../accounts/accounts.ts'
import { checkAccountName } from '../accounts/names.ts'
import { checkPassword, hashPassword } from '../accounts/password-hash.ts'

const adminExists = sql.raw('exists (select 1 from accounts where is_admin = 1)')

/**
 * Make the first administrator, if there is none; it can make all others. If many processes start
 * at once, one of them makes it.
 *
 * @returns whether this call made it
 * @throws INVALID_PARAMETER_VALUE, RESOURCE_ALREADY_EXISTS
 */
export async function createFirstAdmin(
  ctx: Context,
  name: string,
  password: string,
): Promise<boolean> {
  if (await hasAdmin(ctx)) return false
  checkAccountName(name, 'GATEHOUSE_ADMIN_USER')
  checkPassword(password)
  const made = await createAccount(
    { ...ctx, principal: operator },
    { kind: 'user', name, passwordHash: await hashPassword(ctx, password), isAdmin: true },
    sql`not ${adminExists}`,
  )
  return made !== undefined
}

/** Databases that have an administrator: the last one cannot be removed, so once is enough. */
const withAdmin = new WeakSet<Database>()

/**
 * A Worker has no start of its own, so a request makes its first administrator.
 *
 * @throws UNAUTHENTICATED nobody can sign in: there is no administrator, and no password to make
 *   one
 */
export async function requireFirstAdmin(ctx: Context): Promise<void> {
  if (withAdmin.has(ctx.db)) return
  if (!(await hasAdmin(ctx))) {
    const { name, password } = ctx.settings.firstAdmin
    if (password === undefined) throw noAdminError('set the secret GATEHOUSE_ADMIN_PASSWORD')
    try {
      await createFirstAdmin(ctx, name, password)
    } catch (err) {
      if (err instanceof RegistryError) throw noAdminError(err.message)
      throw err
    }
  }
  withAdmin.add(ctx.db)
}

async function hasAdmin(ctx: Context): Promise<boolean> {
  const row = await ctx.db.first(sql<{ found: number }>`select ${adminExists} as found`)
  return row?.found === 1
}

function noAdminError(remedy: string): RegistryError {
  return new RegistryError(
    'UNAUTHENTICATED',
    `This server has no administrator yet, so nobody can sign in. Its operator sets GATEHOUSE_ADMIN_USER and GATEHOUSE_ADMIN_PASSWORD: ${remedy}`,
  )
}
