import { type SQL, sql } from 'drizzle-orm'
import { defaultWorkspace, promptKey } from '../../core/names.ts'
import { fixSql } from '../../db/compile.ts'
import type { Context } from '../../platform/context.ts'
import type { rolePermissions } from '../tables.ts'
import { foldLevels, includes, type Level } from './levels.ts'
import { readOnce } from './read-once.ts'

/**
 * What permissions are given on: an experiment or a registered model; a prompt is a registered model
 * too. A part is judged by the experiment or model that it belongs to. If something was granted on
 * all parts of its kind (all runs, all versions), that decides instead, and READ on the owner is
 * needed as well.
 */
export type Owner = 'experiment' | 'model'
export type Part = 'run' | 'logged model' | 'version'
/** Making a part needs the permission on its owner-to-be, and that parts of its kind are not denied. */
export type Reach = Part | `new ${Part}`

/** MLflow's resource types. Of a model, the first is a registered model's and the second a prompt's. */
const typesOf = {
  experiment: ['experiment', 'experiment'],
  model: ['registered_model', 'prompt'],
  run: ['run', 'run'],
  'logged model': ['logged_model', 'logged_model'],
  version: ['registered_model_version', 'prompt_version'],
} as const satisfies Record<Owner | Part, readonly [string, string]>

/** 1 where the registered model `m` is a prompt. */
export const isPromptModel: SQL = fixSql(sql`exists (select 1 from registered_model_tags pt
  where pt.registered_model = m.id and pt.key = ${sql.raw(`'${promptKey}'`)} and lower(pt.value) = 'true')`)

/** Whether nothing is judged: access control is off, or the caller is an administrator. */
export function mayAll(ctx: Context): boolean {
  return !ctx.settings.auth || ctx.principal.isAdmin
}

/**
 * What every signed-in caller has on a thing that nothing was granted to it on. With workspaces, that
 * is nothing outside of a default workspace that is open to all.
 */
export function defaultLevelOf({ settings, workspace }: Context): Level {
  const { defaultPermission, workspaces, grantDefaultWorkspaceAccess } = settings
  if (!workspaces) return defaultPermission
  const isOpen = grantDefaultWorkspaceAccess && workspace === defaultWorkspace
  return isOpen ? defaultPermission : 'NO_PERMISSIONS'
}

/** Whether somebody may not read some experiment, run or logged model. */
export async function areSomeDenied(ctx: Context): Promise<boolean> {
  if (!ctx.settings.auth) return false
  if (!includes(defaultLevelOf(ctx), 'READ')) return true
  const denial = await ctx.db.first(sql`select 1 from role_permissions
    where permission in ('DENY', 'NO_PERMISSIONS')
      and resource_type in ('experiment', 'run', 'logged_model') limit 1`)
  return denial !== undefined
}

type PermissionOnThing = Pick<typeof rolePermissions.$inferSelect, 'resource_type' | 'resource'> & {
  permission: Level
}
type ThingRow = { id: number; name: string; is_prompt: number } & (
  | PermissionOnThing
  | { resource_type: null; resource: null; permission: null }
)

/** One thing that a select found, and what the caller has on it. */
export type LevelOnThing = { readonly id: number; readonly name: string; readonly level: Level }

/** Things that permissions are judged on. */
export type Things = {
  readonly owner: Owner
  /**
   * A select of `id` (of `experiments` or `registered_models`), `name` (what the caller called it) and
   * `is_prompt`.
   */
  readonly on: SQL
  /** Which part of them the caller wants to reach; absent: the things themselves. */
  readonly part?: Reach | undefined
}

/**
 * What the caller has on each of these things, in one statement: an index probe for each of its
 * roles. A thing that does not exist is left out.
 */
export async function readLevels(
  ctx: Context,
  { owner, on: things, part: reach }: Things,
): Promise<LevelOnThing[]> {
  const kinds = reach === undefined ? [owner] : [owner, partOf(reach)]
  const rows = await readOnce(
    ctx,
    sql<ThingRow>`
    select o.id, o.name, o.is_prompt, p.resource_type, p.resource, p.permission from (${things}) o
    left join role_holders h on h.account = ${ctx.principal.accountId ?? null}
    left join roles r on r.id = h.role and r.workspace = ${ctx.workspace}
    left join role_permissions p on p.role = r.id
      and p.resource_type in ${typeList(kinds)}
      and p.resource in ('*', cast(o.id as text))`,
  )
  const byName = new Map<string, { id: number; isPrompt: boolean; granted: PermissionOnThing[] }>()
  for (const row of rows) {
    const thing = byName.get(row.name) ?? {
      id: row.id,
      isPrompt: row.is_prompt === 1,
      granted: [],
    }
    byName.set(row.name, thing)
    if (row.resource_type !== null) thing.granted.push(row)
  }
  return [...byName].map(([name, { id, isPrompt, granted }]) => ({
    id,
    name,
    level: levelOf(granted, {
      kind: owner,
      reach,
      isPrompt,
      fallback: defaultLevelOf(ctx),
      withUse: ctx.settings.workspaces,
    }),
  }))
}

/** The level that these permissions give on one thing of `kind`. */
export function levelOf(
  granted: readonly PermissionOnThing[],
  thing: {
    readonly kind: Owner | Part
    readonly reach?: Reach | undefined
    readonly isPrompt: boolean
    /** What it has where nothing was granted. */
    readonly fallback: Level
    /** Whether USE on the workspace is READ on all that is in it. */
    readonly withUse: boolean
  },
): Level {
  const { kind: owner, reach, isPrompt, fallback, withUse } = thing
  const readsByUse =
    withUse &&
    !includes(fallback, 'READ') &&
    granted.some((row) => row.resource_type === 'workspace')
  // An administrator of the workspace may do everything, whatever else denies.
  if (granted.some((row) => row.resource_type === 'workspace' && row.permission === 'MANAGE')) {
    return 'MANAGE'
  }
  const on = (kind: Owner | Part) => {
    const own: readonly string[] = typesOf[kind]
    const rows = granted.filter(
      (row) =>
        own.includes(row.resource_type) &&
        (row.resource !== '*' || row.resource_type === own[isPrompt ? 1 : 0]),
    )
    return foldLevels(
      rows.map((row) => row.permission),
      fallback,
    )
  }
  const whole = on(owner) ?? (readsByUse ? 'READ' : fallback)
  const ofPart = reach && on(partOf(reach))
  if (ofPart === undefined || !includes(whole, 'READ')) return whole
  return reach?.startsWith('new ') && ofPart !== 'DENY' ? whole : ofPart
}

function partOf(reach: Reach): Part {
  // Without the word `new` it is a part.
  return reach.replace('new ', '') as Part
}

/**
 * Condition for searches that the caller may read the thing.
 *
 * @param id its id: `e.id`, `m.id`
 * @param isPrompt of a registered model
 */
export function mayReadSql(
  ctx: Context,
  owner: Owner,
  { id, isPrompt = sql`0` }: { readonly id: SQL; readonly isPrompt?: SQL },
): SQL {
  const otherwise = includes(defaultLevelOf(ctx), 'READ')
  const resource = sql`p.resource in ('*', cast(${id} as text))`
  return isAllowedSql(ctx, { kind: owner, resource, isPrompt, otherwise })
}

/** Condition that no permission on all things of a kind denies them to the caller. */
export function isNotDeniedSql(ctx: Context, kind: Owner | Part, isPrompt: SQL = sql`0`): SQL {
  return isAllowedSql(ctx, { kind, resource: sql`p.resource = '*'`, isPrompt, otherwise: true })
}

type Allowed = {
  readonly kind: Owner | Part
  /** Condition on `role_permissions p`: which resources count. */
  readonly resource: SQL
  readonly isPrompt: SQL
  /** The result where nothing was granted. */
  readonly otherwise: boolean
}

/** Condition that what was granted on the resources, or else `otherwise`, allows reading them. */
function isAllowedSql(ctx: Context, { kind, resource, isPrompt, otherwise }: Allowed): SQL {
  if (mayAll(ctx)) return sql`1`
  const { accountId } = ctx.principal
  if (accountId === undefined) return otherwise ? sql`1` : sql`0`
  const [plain, prompt] = typesOf[kind]
  const byUse = ctx.settings.workspaces ? sql`max(p.resource_type = 'workspace')` : sql`0`
  const wildcardOf =
    plain === prompt
      ? sql`1`
      : sql`(p.resource <> '*' or p.resource_type in ('workspace',
          iif(${isPrompt}, ${sql.raw(`'${prompt}', '${plain}'`)})))`
  return sql`(select coalesce(max(p.resource_type = 'workspace' and p.permission = 'MANAGE'), 0)
      or (not coalesce(max(p.permission = 'DENY'), 0)
        and coalesce(max(iif(p.resource_type = 'workspace', null, p.permission <> 'NO_PERMISSIONS')),
          ${otherwise ? sql`1` : byUse}, 0))
    from role_holders h
    cross join roles r on r.id = h.role and r.workspace = ${ctx.workspace}
    cross join role_permissions p on p.role = r.id
      and p.resource_type in ${typeList([kind])} and ${resource} and ${wildcardOf}
    where h.account = ${accountId})`
}

/** The types of these kinds as SQL, and the type of whole workspaces. */
function typeList(kinds: readonly (Owner | Part)[]): SQL {
  const types = new Set<string>(['workspace', ...kinds.flatMap((kind) => typesOf[kind])])
  return sql.raw(`(${[...types].map((type) => `'${type}'`).join(', ')})`)
}
