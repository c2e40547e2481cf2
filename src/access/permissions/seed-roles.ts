import { type SQL, sql } from 'drizzle-orm'
import { entryStatement } from '../../audit/commit.ts'
import type { Context } from '../../platform/context.ts'
import { grantDeletedEntry } from './grants.ts'
import { roleDeletedEntry } from './roles.ts'

/** The roles that a new workspace has, as in MLflow 3.17.2. */
const seeds = [
  {
    name: 'admin',
    permission: 'MANAGE',
    description: 'Administrates the workspace: everything in it, its roles and its grants.',
  },
  {
    name: 'user',
    permission: 'USE',
    description: 'Reads everything in the workspace and makes experiments and models of their own.',
  },
] as const

/** The statements that give the context's workspace its roles, where it has none of their names. */
export function seedRoleStatements(ctx: Context, guard: SQL): SQL[] {
  return seeds.flatMap(({ name, permission, description }) => {
    const made = sql`r.workspace = ${ctx.workspace} and r.name = ${name}
      and r.description = ${description} and not exists (select 1 from role_permissions p where p.role = r.id)`
    return [
      sql`insert into roles (workspace, name, description, created_at_ms)
        select ${ctx.workspace}, ${name}, ${description}, ${ctx.now()} where ${guard}
        on conflict do nothing`,
      entryStatement(ctx, {
        action: 'role.created',
        after: sql`json_object('role_id', r.id, 'name', r.name, 'description', r.description)`,
        from: sql`roles r where ${made} and ${guard}`,
      }),
      entryStatement(ctx, {
        action: 'permission.granted',
        after: sql`json_object('username', null, 'role_id', r.id, 'role', r.name,
          'resource_type', 'workspace', 'resource_id', '*', 'permission', ${permission})`,
        from: sql`roles r where ${made} and ${guard}`,
      }),
      sql`insert into role_permissions (role, resource_type, resource, permission)
        select r.id, 'workspace', '*', ${permission} from roles r where ${made} and ${guard}`,
    ]
  })
}

/** The statements that delete all roles and grants of the context's workspace. */
export function removeAccessStatements(ctx: Context, guard: SQL): SQL[] {
  const ofRoles = sql`r.workspace = ${ctx.workspace} and ${guard}`
  const ofGrants = sql`g.workspace = ${ctx.workspace} and ${guard}`
  return [
    roleDeletedEntry(ctx, ofRoles),
    sql`delete from roles as r where ${ofRoles}`,
    grantDeletedEntry(ctx, ofGrants),
    sql`delete from grants as g where ${ofGrants}`,
  ]
}
