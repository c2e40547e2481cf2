import { sql } from 'drizzle-orm'
import { excerpt, RegistryError } from '../core/error.ts'
import type { Context } from '../platform/context.ts'

export type Account = { readonly id: number; readonly name: string; readonly isAdmin: boolean }

/** @throws RESOURCE_DOES_NOT_EXIST nobody has this name */
export async function getAccount(ctx: Context, name: string): Promise<Account> {
  const row = await ctx.db.first<{ id: number; name: string; is_admin: number }>(
    sql`select id, name, is_admin from accounts where name = ${name}`,
  )
  if (row) return { id: row.id, name: row.name, isAdmin: row.is_admin === 1 }
  throw new RegistryError(
    'RESOURCE_DOES_NOT_EXIST',
    `User with username=${excerpt(name)} not found`,
  )
}
