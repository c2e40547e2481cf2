import { sql } from 'drizzle-orm'
import { RegistryError } from '../core/error.ts'
import type { Context } from '../platform/context.ts'
import { type Grant, listGrantsFor } from './permissions/grants.ts'
import type { Level } from './permissions/levels.ts'
import { defaultLevelOf, isPromptModel } from './permissions/permitted.ts'
import { getModelLevel, requireModel } from './permissions/require.ts'
import { isGovernor } from './permissions/workspace-rights.ts'

/** Who may do what with a registered model, as far as the caller may see it. */
export type ModelAccess = {
  /** The caller's; undefined: access control is off. */
  readonly level: Level | undefined
  readonly isAdmin: boolean
  /** What everybody has to whom nothing was given. */
  readonly others: Level
  /** Undefined: the caller may not see them. */
  readonly permissions: readonly ModelPermission[] | undefined
  /** There are more of them than were asked for. */
  readonly hasMore: boolean
  /** Why the caller may not see and change permissions; undefined: they may. */
  readonly whyNot: string | undefined
  /** Rights beyond those of MLflow that name the model; undefined: the caller may not see them. */
  readonly grants: readonly Grant[] | undefined
}

type Asked = {
  /** `registered_models.id` */
  readonly id: number
  readonly name: string
  /** So many permissions at most. */
  readonly count: number
}

/**
 * With MANAGE on the model all permissions, for who governs the grants too; for others what they have.
 * What was given is there with access control off too, when nobody is held to it.
 */
export async function readModelAccess(
  ctx: Context,
  { id, name, count }: Asked,
): Promise<ModelAccess> {
  const { auth } = ctx.settings
  const [whyNot, governs] = await Promise.all([whyNotManage(ctx, name), isGovernor(ctx)])
  const [level, found, grants] = await Promise.all([
    auth ? getModelLevel(ctx, name) : undefined,
    whyNot === undefined ? listModelPermissions(ctx, { model: id, count: count + 1 }) : undefined,
    governs ? listGrantsFor(ctx, name) : undefined,
  ])
  return {
    ...{ level, whyNot, grants },
    isAdmin: ctx.principal.isAdmin,
    others: defaultLevelOf(ctx),
    permissions: found?.slice(0, count),
    hasMore: found !== undefined && found.length > count,
  }
}

async function whyNotManage(ctx: Context, name: string): Promise<string | undefined> {
  try {
    await requireModel(ctx, name, 'MANAGE')
    return undefined
  } catch (err) {
    if (err instanceof RegistryError && err.code === 'PERMISSION_DENIED') return err.message
    throw err
  }
}

/** What somebody has on a registered model, by a permission on it or on all of its kind. */
export type ModelPermission = {
  readonly permission: Level
  /** On the model itself; else on all models, on all versions, or on the workspace. */
  readonly isOwn: boolean
  /** MLflow's type: `registered_model`, `registered_model_version`, `workspace` and so on. */
  readonly resourceType: string
  /** The account that it was given to; undefined: a role. */
  readonly account: string | undefined
  readonly role: string
  /** Names of who has the role, the first 20. */
  readonly holders: readonly string[]
  readonly holderCount: number
}

type HeldRow = {
  permission: Level
  is_own: number
  resource_type: string
  account: string | null
  role: string
  holders: string
  holder_count: number
}

/**
 * All permissions that decide about a registered model, those of accounts first, by name.
 *
 * @param page.model `registered_models.id`
 * @param page.count so many at most
 */
async function listModelPermissions(
  ctx: Context,
  { model, count }: { readonly model: number; readonly count: number },
): Promise<ModelPermission[]> {
  const rows = await ctx.db.all(sql<HeldRow>`
    select p.permission, p.resource <> '*' as is_own, p.resource_type, a.name as account, r.name as role,
      (select json_group_array(name) from (select h.name from role_holders rh
        join accounts h on h.id = rh.account where rh.role = r.id order by h.name limit 20)) as holders,
      (select count(*) from role_holders rh where rh.role = r.id) as holder_count
    from registered_models m join role_permissions p on
        (p.resource = cast(m.id as text) and p.resource_type in ('registered_model', 'prompt'))
        or (p.resource = '*' and (p.resource_type = 'workspace' or iif(${isPromptModel},
          p.resource_type in ('prompt', 'prompt_version'),
          p.resource_type in ('registered_model', 'registered_model_version'))))
      join roles r on r.id = p.role and r.workspace = ${ctx.workspace}
      left join accounts a on a.id = r.account
    where m.id = ${model}
    order by p.resource = '*', a.name is null, coalesce(a.name, r.name), p.id limit ${count}`)
  return rows.map((row) => ({
    permission: row.permission,
    isOwn: row.is_own === 1,
    resourceType: row.resource_type,
    account: row.account ?? undefined,
    role: row.role,
    holders: JSON.parse(row.holders) as string[],
    holderCount: row.holder_count,
  }))
}
