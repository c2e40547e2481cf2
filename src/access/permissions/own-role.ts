import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../platform/context.ts'
import { heldAheadStatement } from './resources.ts'

/**
 * Prefix of the role in which MLflow keeps a user's direct permissions; no other role may have it.
 */
export const ownRolePrefix = '__user_'

/** A select of `roles.id`: the own role of an account. */
export function ownRoleId(ctx: Context, account: number): SQL {
  return sql`select id from roles where workspace = ${ctx.workspace} and account = ${account}`
}

/** The statements that make an account's own role if it is missing and the account still exists. */
export function ownRoleStatements(ctx: Context, account: number): SQL[] {
  return [
    sql`insert into roles (workspace, name, account, created_at_ms)
      select ${ctx.workspace}, ${ownRolePrefix} || id || '__', id, ${ctx.now()}
      from accounts where id = ${account}
      on conflict do nothing`,
    sql`insert into role_holders (account, role)
      select account, id from roles where workspace = ${ctx.workspace} and account = ${account}
      on conflict do nothing`,
  ]
}

/**
 * The statements that give the caller MANAGE on a new thing, and others what was given ahead, for the batch that makes it, after the
 * insert. The audit entry of that change names the caller. A caller without an account gets no
 * permission.
 *
 * @param made the new row: `from` a select of `id`, `name` and, of a model, `is_prompt`
 */
export function creatorStatements(ctx: Context, owner: 'experiment' | 'model', made: SQL): SQL[] {
  const { accountId: account } = ctx.principal
  const ahead = owner === 'model' ? [heldAheadStatement(ctx, made)] : []
  if (!ctx.settings.auth || account === undefined) return ahead
  const type =
    owner === 'experiment'
      ? sql`'experiment'`
      : sql`iif(made.is_prompt, 'prompt', 'registered_model')`
  return [
    ...ahead,
    ...ownRoleStatements(ctx, account),
    sql`insert into role_permissions (role, resource_type, resource, permission)
      select r.id, ${type}, cast(made.id as text), 'MANAGE'
      from (${made}) made, roles r where r.id = (${ownRoleId(ctx, account)})
      on conflict (role, resource_type, resource) do update set permission = excluded.permission`,
  ]
}
