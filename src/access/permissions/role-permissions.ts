import { type SQL, sql } from 'drizzle-orm'
import { entryStatement, type NewEntry } from '../../audit/commit.ts'
import { RegistryError } from '../../core/error.ts'
import { ConstraintError } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import { commitAccess } from '../accounts/epoch.ts'
import type { Level } from './levels.ts'
import { levelFor, patternColumn, type Resource, type ResourceType } from './resources.ts'

/** What a role permits on one thing, or on all of a type. */
export type RolePermission = {
  readonly id: number
  readonly roleId: number
  readonly resourceType: string
  /** As MLflow has it: `*`, an experiment's id, a model's name. */
  readonly resourcePattern: string
  readonly permission: Level
}

/**
 * Let a role permit more.
 *
 * @param roleId a select of `roles.id`
 * @param ahead statements that belong into the same batch, such as those that make the role
 * @returns undefined: there is no such role
 * @throws ConstraintError `unique`: the role permits something there already
 */
export async function addPermission(
  ctx: Context,
  roleId: SQL,
  on: Resource,
  permission: Level,
  ahead: readonly SQL[] = [],
): Promise<RolePermission | undefined> {
  const added = permissionAt(roleId, on)
  const rows = await commitAccess(ctx, [
    ...ahead,
    sql`insert into role_permissions (role, resource_type, resource, permission)
      select r.id, ${on.type}, ${on.id}, ${permission} from roles r where r.id = (${roleId})`,
    entry(ctx, 'permission.granted', { after: grantJson() }, added),
    permissionSelect(added),
  ])
  return permissionsFrom(rows.at(-1))[0]
}

/** @throws RESOURCE_DOES_NOT_EXIST no such role; RESOURCE_ALREADY_EXISTS as `addPermission` */
export async function addRolePermission(
  ctx: Context,
  roleId: number,
  on: Resource,
  permission: Level,
): Promise<RolePermission> {
  try {
    const role = sql`select id from roles where id = ${roleId} and workspace = ${ctx.workspace}`
    const added = await addPermission(ctx, role, on, permission)
    if (added) return added
  } catch (err) {
    if (!(err instanceof ConstraintError) || err.kind !== 'unique') throw err
    throw new RegistryError(
      'RESOURCE_ALREADY_EXISTS',
      `Role permission (role_id=${roleId}, resource_type=${on.type}) already exists for this resource_pattern; update it`,
    )
  }
  throw roleNotFound(roleId)
}

/** @throws RESOURCE_DOES_NOT_EXIST no such permission */
export async function updateRolePermission(
  ctx: Context,
  id: number,
  level: string,
): Promise<RolePermission> {
  const [before] = await readPermissions(ctx, sql`p.id = ${id}`)
  if (!before) throw permissionNotFound(id)
  const updated = await changePermission(
    ctx,
    sql`p.id = ${id}`,
    levelFor(before.resourceType as ResourceType, level),
  )
  if (!updated) throw permissionNotFound(id)
  return updated
}

/** @param which condition on `role_permissions p` @returns undefined: there is none */
export async function changePermission(
  ctx: Context,
  which: SQL,
  permission: Level,
): Promise<RolePermission | undefined> {
  const mine = inWorkspace(ctx, which)
  const rows = await commitAccess(ctx, [
    entry(
      ctx,
      'permission.granted',
      { before: sql`json_object('permission', p.permission)`, after: grantJson(permission) },
      mine,
    ),
    sql`update role_permissions as p set permission = ${permission} where ${mine}`,
    permissionSelect(mine),
  ])
  return permissionsFrom(rows.at(-1))[0]
}

/** @throws RESOURCE_DOES_NOT_EXIST no such permission */
export async function removeRolePermission(ctx: Context, id: number): Promise<void> {
  if (!(await removePermission(ctx, sql`p.id = ${id}`))) throw permissionNotFound(id)
}

/** @returns whether there was one */
export async function removePermission(ctx: Context, which: SQL): Promise<boolean> {
  const mine = inWorkspace(ctx, which)
  const [, removed] = await commitAccess(ctx, [
    entry(ctx, 'permission.revoked', { before: grantJson() }, mine),
    sql`delete from role_permissions as p where ${mine} returning id`,
  ])
  return removed?.length === 1
}

export async function readPermissions(ctx: Context, which: SQL): Promise<RolePermission[]> {
  return permissionsFrom(await ctx.db.all(permissionSelect(inWorkspace(ctx, which))))
}

/** Condition on `role_permissions p`: what this role permits on that. */
export function permissionAt(roleId: SQL, on: Resource): SQL {
  return sql`p.role = (${roleId}) and p.resource_type = ${on.type} and p.resource = ${on.id}`
}

export function roleNotFound(id: number): RegistryError {
  return new RegistryError('RESOURCE_DOES_NOT_EXIST', `Role with id=${id} not found`)
}

function permissionNotFound(id: number): RegistryError {
  return new RegistryError('RESOURCE_DOES_NOT_EXIST', `Role permission with id=${id} not found`)
}

function inWorkspace(ctx: Context, which: SQL): SQL {
  return sql`${which} and p.role in (select id from roles where workspace = ${ctx.workspace})`
}

type Row = {
  id: number
  role: number
  resource_type: string
  pattern: string
  permission: Level
}

/** A select of `Row`, for a batch; `permissionsFrom` takes its rows. */
export function permissionSelect(which: SQL): SQL {
  return sql`select p.id, p.role, p.resource_type, ${patternColumn} as pattern, p.permission
    from role_permissions p where ${which} order by p.id`
}

export function permissionsFrom(rows: readonly unknown[] | undefined): RolePermission[] {
  return ((rows ?? []) as Row[]).map((row) => ({
    id: row.id,
    roleId: row.role,
    resourceType: row.resource_type,
    resourcePattern: row.pattern,
    permission: row.permission,
  }))
}

/** What the record keeps of `p`: of an account's own role, the account. */
function grantJson(permission?: Level): SQL {
  return sql`json_object('username', a.name, 'role_id', iif(a.id is null, r.id, null),
    'role', iif(a.id is null, r.name, null), 'resource_type', p.resource_type,
    'resource_id', ${patternColumn}, 'permission', ${permission ?? sql`p.permission`})`
}

function entry(
  ctx: Context,
  action: 'permission.granted' | 'permission.revoked',
  said: Pick<NewEntry, 'before' | 'after'>,
  which: SQL,
): SQL {
  return entryStatement(ctx, {
    ...said,
    action,
    registeredModel: sql`om.id`,
    model: sql`om.name`,
    from: sql`role_permissions p join roles r on r.id = p.role left join accounts a on a.id = r.account
      left join registered_models om on p.resource_type in ('registered_model', 'prompt')
        and om.id = iif(p.resource = '*', null, cast(p.resource as integer))
      where ${which}`,
  })
}
