import { type SQL, sql } from 'drizzle-orm'
import { accessChanged } from '../access/accounts/epoch.ts'
import { seedRoleStatements } from '../access/permissions/seed-roles.ts'
import { commit, entryStatement } from '../audit/commit.ts'
import { excerpt, invalid, RegistryError } from '../core/error.ts'
import { checkLength, checkWorkspaceName, defaultWorkspace } from '../core/names.ts'
import type { Context } from '../platform/context.ts'
import { checkArtifactLocation } from '../tracking/experiments/artifact-location.ts'
import { isReachableSql, workspaceNotFound } from './reach.ts'

export type Workspace = {
  readonly name: string
  readonly description: string | undefined
  /** Where its new experiments keep artifacts; undefined: below the server's own root. */
  readonly artifactRoot: string | undefined
}

/** What a request says about a workspace; what is absent stays. */
export type WorkspaceFields = {
  readonly description: string | undefined
  /** Empty: below the server's own root. */
  readonly artifactRoot: string | undefined
}

const descriptionCharsMax = 10_000
/** MLflow's answer has no pages. */
const workspacesMax = 10_000

/** The workspaces that the caller may enter, by name. */
export async function listWorkspaces(ctx: Context): Promise<Workspace[]> {
  return workspacesFrom(
    await ctx.db.all(
      workspaceRead(sql`${isReachableSql(ctx)} order by w.name limit ${workspacesMax}`),
    ),
  )
}

/** @throws RESOURCE_DOES_NOT_EXIST there is none of this name, or the caller may not enter it */
export async function getWorkspace(ctx: Context, name: string): Promise<Workspace> {
  const rows = await ctx.db.all(workspaceRead(sql`w.name = ${name} and ${isReachableSql(ctx)}`))
  const [workspace] = workspacesFrom(rows)
  if (!workspace) throw workspaceNotFound(name)
  return workspace
}

/**
 * Make a workspace, with a role for its administrators and one for those who use it.
 *
 * @throws INVALID_PARAMETER_VALUE the name cannot be that of a workspace
 * @throws RESOURCE_ALREADY_EXISTS there is one, or there was one and the audit log tells of it
 */
export async function createWorkspace(
  ctx: Context,
  name: string,
  fields: WorkspaceFields,
): Promise<Workspace> {
  if (name === defaultWorkspace) {
    throw invalid(`The '${defaultWorkspace}' workspace is reserved and cannot be created`)
  }
  checkWorkspaceName(name)
  checkFields(ctx, fields)
  const { description = null, artifactRoot } = fields
  const at = { ...ctx, workspace: name }
  const root = artifactRoot || null
  const isFree = sql`not exists (select 1 from workspaces where name = ${name}
    and (deleted_at_ms is null or exists (${entriesOfContents(name)})))`
  const { made } = await commit(at, {
    entry: entryStatement(at, {
      action: 'workspace.created',
      after: sql`json_object('name', ${name}, 'description', ${description},
        'default_artifact_root', ${root})`,
      from: sql`(select 1) where ${isFree}`,
    }),
    made: sql<WorkspaceRow>`insert into workspaces (name, description, default_artifact_root, created_at_ms)
      select ${name}, ${description}, ${root}, ${ctx.now()} where ${isMadeNow(at)}
      on conflict (name) do update set description = excluded.description, deleted_at_ms = null,
        default_artifact_root = excluded.default_artifact_root, created_at_ms = excluded.created_at_ms
      returning name, description, default_artifact_root`,
    roles: ctx.settings.auth ? seedRoleStatements(at, isMadeNow(at)) : undefined,
    accessChanged,
  })
  const [workspace] = workspacesFrom(made)
  if (workspace) return workspace
  const isThere = await ctx.db.first(
    sql`select 1 from workspaces where name = ${name} and deleted_at_ms is null`,
  )
  throw new RegistryError(
    'RESOURCE_ALREADY_EXISTS',
    isThere
      ? `Workspace '${name}' already exists.`
      : `Workspace '${name}' already exists: it was deleted, and the audit log keeps what was done in it; choose another name`,
  )
}

/** @throws RESOURCE_DOES_NOT_EXIST; INVALID_PARAMETER_VALUE nothing is given */
export async function updateWorkspace(
  ctx: Context,
  name: string,
  fields: WorkspaceFields,
): Promise<Workspace> {
  const { description, artifactRoot } = fields
  if (description === undefined && artifactRoot === undefined) {
    throw invalid('Workspace update must have at least one key')
  }
  checkFields(ctx, fields)
  const at = { ...ctx, workspace: name }
  const after = {
    description: sql`coalesce(${description ?? null}, w.description)`,
    root: artifactRoot === undefined ? sql`w.default_artifact_root` : sql`${artifactRoot || null}`,
  }
  const which = sql`w.name = ${name} and w.deleted_at_ms is null`
  const { updated } = await commit(at, {
    entry: entryStatement(at, {
      action: 'workspace.updated',
      before: workspaceJson,
      after: sql`json_object('name', w.name, 'description', ${after.description},
        'default_artifact_root', ${after.root})`,
      from: sql`workspaces w where ${which}`,
    }),
    updated: sql<WorkspaceRow>`update workspaces as w set description = ${after.description},
      default_artifact_root = ${after.root} where ${which}
      returning name, description, default_artifact_root`,
  })
  const [workspace] = workspacesFrom(updated)
  if (!workspace) throw workspaceNotFound(name)
  return workspace
}

/** `workspaces w` as audit entries show it. */
export const workspaceJson: SQL = sql`json_object('name', w.name, 'description', w.description,
  'default_artifact_root', w.default_artifact_root)`

function checkFields(ctx: Context, { description, artifactRoot }: WorkspaceFields): void {
  checkLength(description ?? '', descriptionCharsMax, 'description')
  if (!artifactRoot) return
  if (!/^([a-z][a-z0-9+.-]+:|\/)/i.test(artifactRoot)) {
    throw invalid(
      `Invalid value for 'default_artifact_root'. Expected a URI (for example 's3://bucket/prefix' or 'mlflow-artifacts:/prefix') or an absolute path, got '${excerpt(artifactRoot)}'.`,
    )
  }
  checkArtifactLocation(ctx, artifactRoot)
}

/** Entries about what was in a workspace, other than about itself and the rights in it. */
function entriesOfContents(name: string): SQL {
  const kind = sql`substr(e.action, 1, instr(e.action, '.') - 1)`
  return sql`select 1 from audit_entries e where e.workspace = ${name}
    and ${kind} not in ('workspace', 'role', 'permission', 'grant')`
}

/** Condition: the entry of the context's workspace was written by this request. */
function isMadeNow(ctx: Context): SQL {
  return sql`exists (select 1 from audit_entries where action = 'workspace.created'
    and workspace = ${ctx.workspace} and request_id = ${ctx.requestId})`
}

type WorkspaceRow = {
  name: string
  description: string | null
  default_artifact_root: string | null
}

/** @param which condition on `workspaces w` */
function workspaceRead(which: SQL): SQL<WorkspaceRow> {
  return sql<WorkspaceRow>`select w.name, w.description, w.default_artifact_root from workspaces w
    where w.deleted_at_ms is null and ${which}`
}

function workspacesFrom(rows: readonly WorkspaceRow[]): Workspace[] {
  return rows.map((row) => ({
    name: row.name,
    description: row.description ?? undefined,
    artifactRoot: row.default_artifact_root ?? undefined,
  }))
}
