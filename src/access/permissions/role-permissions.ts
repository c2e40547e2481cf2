import { type SQL, sql } from 'drizzle-orm'
import { entryStatement, type NewEntry } from '../../audit/commit.ts'
import { RegistryError } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
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
  /** Given on what is not there yet. */
  readonly isAhead: boolean
  readonly permission: Level
}

export type NewPermission = { readonly on: Resource; readonly permission: Level }

/**
 * Let a role permit more.
 *
 * @param roleId a select of `roles.id`
 * @param ahead statements to run before it in the same batch, such as those that make the role
 * @returns undefined: there is no such role
 * @throws ConstraintError `unique`: the role has a permission there already
 */
export async function addPermission(
  ctx: Context,
  roleId: SQL,
  { on, permission, ahead }: NewPermission & { readonly ahead?: readonly SQL[] },
): Promise<RolePermission | undefined> {
  const added = permissionAt(roleId, on)
  const { permissions } = await commitAccess(ctx, {
    ahead,
    inserted: sql`insert into role_permissions (role, resource_type, resource, permission)
      select r.id, ${on.type}, ${on.id}, ${permission} from roles r where r.id = (${roleId})`,
    entry: permissionEntry(ctx, added, { action: 'permission.granted', after: permissionJson() }),
    permissions: permissionSelect(added),
  })
  return permissionsFrom(permissions)[0]
}

/** @throws RESOURCE_DOES_NOT_EXIST no such role; RESOURCE_ALREADY_EXISTS as `addPermission` */
export async function addRolePermission(
  ctx: Context,
  roleId: number,
  added: NewPermission,
): Promise<RolePermission> {
  try {
    const role = sql`select id from roles where id = ${roleId} and workspace = ${ctx.workspace}`
    const permission = await addPermission(ctx, role, added)
    if (permission) return permission
  } catch (err) {
    if (!(err instanceof ConstraintError) || err.kind !== 'unique') throw err
    throw new RegistryError(
      'RESOURCE_ALREADY_EXISTS',
      `${messages.rolePermission(roleId, added.on.type)}) already exists for this resource_pattern; update it`,
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

/**
 * @param which condition on `role_permissions p`
 * @returns undefined: there is no such permission
 */
export async function changePermission(
  ctx: Context,
  which: SQL,
  permission: Level,
): Promise<RolePermission | undefined> {
  const changed = inWorkspace(ctx, which)
  const { permissions } = await commitAccess(ctx, {
    entry: permissionEntry(ctx, changed, {
      action: 'permission.granted',
      before: sql`json_object('permission', p.permission)`,
      after: permissionJson(permission),
    }),
    updated: sql`update role_permissions as p set permission = ${permission} where ${changed}`,
    permissions: permissionSelect(changed),
  })
  return permissionsFrom(permissions)[0]
}

/** @throws RESOURCE_DOES_NOT_EXIST no such permission */
export async function removeRolePermission(ctx: Context, id: number): Promise<void> {
  if (!(await removePermission(ctx, sql`p.id = ${id}`))) throw permissionNotFound(id)
}

/** @returns whether there was such a permission */
export async function removePermission(ctx: Context, which: SQL): Promise<boolean> {
  const revoked = inWorkspace(ctx, which)
  const { deleted } = await commitAccess(ctx, {
    entry: permissionEntry(ctx, revoked, {
      action: 'permission.revoked',
      before: permissionJson(),
    }),
    deleted: sql`delete from role_permissions as p where ${revoked} returning id`,
  })
  return deleted.length === 1
}

export async function readPermissions(ctx: Context, which: SQL): Promise<RolePermission[]> {
  return permissionsFrom(await ctx.db.all(permissionSelect(inWorkspace(ctx, which))))
}

/** Condition on `role_permissions p`: what this role permits on that. */
export function permissionAt(roleId: SQL, on: Resource): SQL {
  return sql`p.role = (${roleId}) and p.resource_type = ${on.type} and p.resource = ${on.id}`
}

export function roleNotFound(id: number): RegistryError {
  return new RegistryError('RESOURCE_DOES_NOT_EXIST', messages.noRole(id))
}

export function permissionNotFound(id: number): RegistryError {
  return new RegistryError('RESOURCE_DOES_NOT_EXIST', messages.noRolePermission(id))
}

function inWorkspace(ctx: Context, which: SQL): SQL {
  return sql`${which} and p.role in (select id from roles where workspace = ${ctx.workspace})`
}

type PermissionRow = {
  id: number
  role: number
  resource_type: string
  pattern: string
  ahead: number
  permission: Level
}

/** A select for `permissionsFrom`, by id. @param which condition on `role_permissions p` */
export function permissionSelect(which: SQL): SQL<PermissionRow> {
  return sql<PermissionRow>`select p.id, p.role, p.resource_type, ${patternColumn} as pattern, p.permission,
      (p.resource like '?%' or (p.resource_type = 'experiment' and p.resource <> '*' and not exists (
        select 1 from experiments e where e.id = cast(p.resource as integer)))) as ahead
    from role_permissions p where ${which} order by p.id`
}

export function permissionsFrom(rows: readonly PermissionRow[]): RolePermission[] {
  return rows.map((row) => ({
    id: row.id,
    roleId: row.role,
    resourceType: row.resource_type,
    resourcePattern: row.pattern,
    isAhead: row.ahead === 1,
    permission: row.permission,
  }))
}

/** `p` as audit entries show it; an account's own role is shown as the account. */
function permissionJson(permission?: Level): SQL {
  return sql`json_object('username', a.name, 'role_id', iif(a.id is null, r.id, null),
    'role', iif(a.id is null, r.name, null), 'resource_type', p.resource_type,
    'resource_id', ${patternColumn}, 'permission', ${permission ?? sql`p.permission`})`
}

/** @param which condition on `role_permissions p` */
function permissionEntry(
  ctx: Context,
  which: SQL,
  detail: Pick<NewEntry, 'action' | 'before' | 'after'>,
): SQL {
  return entryStatement(ctx, {
    ...detail,
    registeredModel: sql`om.id`,
    model: sql`om.name`,
    from: sql`role_permissions p join roles r on r.id = p.role left join accounts a on a.id = r.account
      left join registered_models om on p.resource_type in ('registered_model', 'prompt')
        and om.id = iif(p.resource = '*', null, cast(p.resource as integer))
      where ${which}`,
  })
}
