import { type SQL, sql } from 'drizzle-orm'
import { excerpt, invalid, RegistryError } from '../../core/error.ts'
import { parseRowId } from '../../core/int64.ts'
import { messages } from '../../core/messages.ts'
import { checkLength } from '../../core/names.ts'
import type { Context } from '../../platform/context.ts'
import { type Level, parseLevel, quoteNames } from './levels.ts'
import { mayAll } from './permitted.ts'

/** What permissions are given on: one thing, or with `*` all of a type. */
export type Resource = {
  readonly type: ResourceType
  /**
   * `*`, or the id of an experiment or registered model, as `role_permissions.resource` has it. Of what
   * is not there yet the pattern behind a `?`; of an experiment its id, where it can have that.
   */
  readonly id: string
}

const owners = ['experiment', 'registered_model', 'prompt'] as const
/** Permissions on these are given on all of a type: searches would ignore one on a single run. */
const parts = ['run', 'logged_model', 'registered_model_version', 'prompt_version'] as const
const served = [...owners, ...parts, 'workspace'] as const
export type ResourceType = (typeof served)[number]

/** Types of MLflow 3.17.2 that this server does not have. */
const notServed: readonly string[] = [
  ...['scorer', 'scorer_version', 'trace', 'assessment', 'review_queue'],
  ...['gateway_secret', 'gateway_endpoint', 'gateway_model_definition'],
  ...['mcp_server', 'mcp_server_version'],
]

const onWorkspaces: readonly Level[] = ['USE', 'MANAGE']
const onResources: readonly Level[] = ['DENY', 'EDIT', 'MANAGE', 'READ', 'USE']

/**
 * The resource that a request names by MLflow's type and pattern.
 *
 * @param pattern `*`, an experiment's id, or a model's name. An administrator may name one that is not
 *   there: what is given on it holds for the one that is made
 * @throws INVALID_PARAMETER_VALUE an unknown type, or a pattern that it cannot have
 * @throws RESOURCE_DOES_NOT_EXIST no such experiment or model
 */
export async function getResource(ctx: Context, type: string, pattern: string): Promise<Resource> {
  const known = parseResourceType(type)
  if (pattern === '*') return { type: known, id: '*' }
  const isOwner = owners.some((owner) => owner === known)
  if (!isOwner) {
    throw invalid(`${messages.wrongResourcePattern(pattern, known)}: give '*', which is for all`)
  }
  return known === 'experiment'
    ? getExperimentResource(ctx, pattern)
    : modelResource(ctx, known, pattern)
}

/** One experiment; here `*` has no meaning. @throws RESOURCE_DOES_NOT_EXIST */
export async function getExperimentResource(ctx: Context, id: string): Promise<Resource> {
  const known = await findExperimentId(ctx, id)
  return { type: 'experiment', id: String(known ?? idAhead(ctx, 'Experiment', id)) }
}

/** One model, which may well be called `*`. @throws RESOURCE_DOES_NOT_EXIST */
export async function getModelResource(ctx: Context, name: string): Promise<Resource> {
  return modelResource(ctx, 'registered_model', name)
}

async function modelResource(ctx: Context, type: ResourceType, name: string): Promise<Resource> {
  const known = await findModelId(ctx, name)
  return { type, id: String(known ?? idAhead(ctx, 'Registered model', name)) }
}

function parseResourceType(type: string): ResourceType {
  const known = served.find((name) => name === type)
  if (known) return known
  if (notServed.includes(type)) {
    throw invalid(
      `Resource type '${type}' is not served by this server, so nothing can be permitted on it`,
    )
  }
  throw invalid(
    `${messages.wrongResourceType(type)}. Valid resource types are: ${quoteNames([...served].sort())}`,
  )
}

/** @throws INVALID_PARAMETER_VALUE not a level, or one that things of this type cannot have */
export function levelFor(type: ResourceType, text: string): Level {
  const level = parseLevel(text)
  const able = type === 'workspace' ? onWorkspaces : onResources
  if (able.includes(level)) return level
  const what = type === 'workspace' ? 'Workspace-wide' : 'Resource-level'
  throw invalid(
    `${messages.wrongLevel(level)} for resource_type='${type}'. ${what} grants accept only: ${quoteNames([...able].sort())}.`,
  )
}

async function findExperimentId(ctx: Context, pattern: string): Promise<number | undefined> {
  const id = parseRowId(pattern)
  const row =
    id === undefined
      ? undefined
      : await ctx.db.first(
          sql<{
            id: number
          }>`select id from experiments where id = ${id} and workspace = ${ctx.workspace}`,
        )
  return row?.id
}

async function findModelId(ctx: Context, name: string): Promise<number | undefined> {
  const row = await ctx.db.first(
    sql<{
      id: number
    }>`select id from registered_models where workspace = ${ctx.workspace} and name = ${name}`,
  )
  return row?.id
}

/** Longest pattern that is kept for what is not there yet. */
const patternCharsMax = 500

/**
 * What stands for a thing that is not there yet. Others than administrators could give themselves what
 * somebody else will make.
 */
function idAhead(ctx: Context, what: 'Experiment' | 'Registered model', pattern: string): string {
  if (!mayAll(ctx)) throw notFoundError(what, pattern)
  checkLength(pattern, patternCharsMax, 'resource_pattern')
  const isId = what === 'Experiment' && /^[1-9]\d{0,14}$/.test(pattern)
  return isId ? pattern : `?${pattern}`
}

/**
 * The statement by which what was given ahead on a model's name holds for the model of that name.
 *
 * @param made the new row: a select of `id` and `name`
 */
export function heldAheadStatement(ctx: Context, made: SQL): SQL {
  return sql`update role_permissions set resource = (select cast(made.id as text) from (${made}) made)
    where resource_type in ('registered_model', 'prompt')
      and resource = (select '?' || made.name from (${made}) made)
      and role in (select id from roles where workspace = ${ctx.workspace})`
}

function notFoundError(what: string, pattern: string): RegistryError {
  return new RegistryError(
    'RESOURCE_DOES_NOT_EXIST',
    `${what} '${excerpt(pattern)}' not found; permissions are given on what is there, or on all with '*'`,
  )
}

/** The pattern of a row `p` of `role_permissions`, as MLflow shows it: a model's name, not its id. */
export const patternColumn: SQL = sql`case when p.resource like '?%' then substr(p.resource, 2)
  when p.resource_type in ('registered_model', 'prompt') and p.resource <> '*'
    then (select m.name from registered_models m where m.id = cast(p.resource as integer))
  else p.resource end`
