import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../platform/context.ts'

/** The prefix of the role in which MLflow keeps what was granted to a user directly; no other role may have it. */
export const ownRolePrefix = '__user_'

/** A select of `roles.id`: the own role of an account. */
export function ownRoleId(ctx: Context, account: number): SQL {
  return sql`select id from roles where workspace = ${ctx.workspace} and account = ${account}`
}

/** The statements that make an account's own role where it is missing; an account that is gone gets none. */
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
 * The statements that give MANAGE on a new thing to the caller, for the batch that makes it, behind
 * the insert. The entry of that change names the caller. A caller without an account gets none.
 *
 * @param made the new row: `from` a select of `id`, `name` and, of a model, `is_prompt`
 */
export function creatorStatements(ctx: Context, owner: 'experiment' | 'model', made: SQL): SQL[] {
  const { accountId: account } = ctx.principal
  if (!ctx.settings.auth || account === undefined) return []
  const type =
    owner === 'experiment'
      ? sql`'experiment'`
      : sql`iif(made.is_prompt, 'prompt', 'registered_model')`
  return [
    ...ownRoleStatements(ctx, account),
    sql`insert into role_permissions (role, resource_type, resource, permission)
      select r.id, ${type}, cast(made.id as text), 'MANAGE'
      from (${made}) made, roles r where r.id = (${ownRoleId(ctx, account)})
      on conflict (role, resource_type, resource) do update set permission = excluded.permission`,
  ]
}
