import { type SQL, sql } from 'drizzle-orm'
import { promptKey } from '../../core/names.ts'
import { fixSql } from '../../db/compile.ts'
import type { Context } from '../../platform/context.ts'
import type { rolePermissions } from '../tables.ts'
import { fold, includes, type Level } from './levels.ts'

/**
 * What permissions are given on: an experiment, or a registered model, which a prompt is too. A part
 * of one of them is judged by it, unless the caller was granted something on all runs (all versions,
 * ...): then that decides, and READ on what it belongs to is needed as well.
 */
export type Owner = 'experiment' | 'model'
export type Part = 'run' | 'logged model' | 'version'
/** A new part takes the permission on what it will belong to, and no denial of its kind. */
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

/** True where nothing is judged: no access control, or an administrator asks. */
export function mayAll(ctx: Context): boolean {
  return !ctx.settings.auth || ctx.principal.isAdmin
}

type GrantRow = Pick<typeof rolePermissions.$inferSelect, 'resource_type' | 'resource'> & {
  permission: Level
}
type ThingRow = { id: number; name: string; is_prompt: number } & (
  | GrantRow
  | { resource_type: null; resource: null; permission: null }
)

/** One thing that a statement found, and what the caller has on it. */
export type Held = { readonly id: number; readonly name: string; readonly level: Level }

/**
 * What the caller has on each of these things, in one statement: an index probe for each of its
 * roles. A thing that is not there is left out.
 *
 * @param things a select of `id` (of `experiments` or `registered_models`), `name` (what the caller
 *   called it) and `is_prompt`
 * @param reach what of them the caller wants to reach; none: the things themselves
 */
export async function readLevels(
  ctx: Context,
  owner: Owner,
  things: SQL,
  reach?: Reach,
): Promise<Held[]> {
  const kinds = reach === undefined ? [owner] : [owner, partOf(reach)]
  const rows = await ctx.db.all<ThingRow>(sql`
    select o.id, o.name, o.is_prompt, p.resource_type, p.resource, p.permission from (${things}) o
    left join role_holders h on h.account = ${ctx.principal.accountId ?? null}
    left join role_permissions p on p.role = h.role
      and p.resource_type in ${typeList(kinds)}
      and p.resource in ('*', cast(o.id as text))`)
  const byName = new Map<string, { id: number; isPrompt: boolean; granted: GrantRow[] }>()
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
    level: levelOf(owner, reach, isPrompt, granted, ctx.settings.defaultPermission),
  }))
}

/**
 * What these grants come to on one thing.
 *
 * @param fallback the default permission
 */
export function levelOf(
  owner: Owner | Part,
  reach: Reach | undefined,
  isPrompt: boolean,
  granted: readonly GrantRow[],
  fallback: Level,
): Level {
  // Who administers the workspace may do everything, whatever else denies.
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
    return fold(
      rows.map((row) => row.permission),
      fallback,
    )
  }
  const whole = on(owner) ?? fallback
  const ofPart = reach && on(partOf(reach))
  if (ofPart === undefined || !includes(whole, 'READ')) return whole
  return reach?.startsWith('new ') && ofPart !== 'DENY' ? whole : ofPart
}

function partOf(reach: Reach): Part {
  // Without the word `new` it is a part.
  return reach.replace('new ', '') as Part
}

/**
 * Condition that the caller may read the thing, for searches.
 *
 * @param id its id: `e.id`, `m.id`
 * @param isPrompt of a registered model
 */
export function readable(ctx: Context, owner: Owner, id: SQL, isPrompt: SQL = sql`0`): SQL {
  const silent = includes(ctx.settings.defaultPermission, 'READ')
  return allowed(ctx, owner, sql`p.resource in ('*', cast(${id} as text))`, isPrompt, silent)
}

/** Condition that nothing which was granted on all of a kind keeps the caller from them. */
export function notDenied(ctx: Context, kind: Owner | Part, isPrompt: SQL = sql`0`): SQL {
  return allowed(ctx, kind, sql`p.resource = '*'`, isPrompt, true)
}

/** @param silent what holds where nothing was granted */
function allowed(
  ctx: Context,
  kind: Owner | Part,
  resource: SQL,
  isPrompt: SQL,
  silent: boolean,
): SQL {
  if (mayAll(ctx)) return sql`1`
  const { accountId } = ctx.principal
  if (accountId === undefined) return silent ? sql`1` : sql`0`
  const [plain, prompt] = typesOf[kind]
  const wildcardOf =
    plain === prompt
      ? sql`1`
      : sql`(p.resource <> '*' or p.resource_type in ('workspace',
          iif(${isPrompt}, ${sql.raw(`'${prompt}', '${plain}'`)})))`
  return sql`(select coalesce(max(p.resource_type = 'workspace' and p.permission = 'MANAGE'), 0)
      or (not coalesce(max(p.permission = 'DENY'), 0)
        and coalesce(max(iif(p.resource_type = 'workspace', null, p.permission <> 'NO_PERMISSIONS')),
          ${silent ? 1 : 0}))
    from role_holders h cross join role_permissions p on p.role = h.role
      and p.resource_type in ${typeList([kind])} and ${resource} and ${wildcardOf}
    where h.account = ${accountId})`
}

/** The types of these kinds as SQL, and the one of whole workspaces. */
function typeList(kinds: readonly (Owner | Part)[]): SQL {
  const types = new Set<string>(['workspace', ...kinds.flatMap((kind) => typesOf[kind])])
  return sql.raw(`(${[...types].map((type) => `'${type}'`).join(', ')})`)
}
