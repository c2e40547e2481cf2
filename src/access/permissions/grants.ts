import { type SQL, sql } from 'drizzle-orm'
import { entryStatement } from '../../audit/commit.ts'
import { excerpt, invalid, notFound, RegistryError } from '../../core/error.ts'
import { matchesGlob } from '../../core/glob.ts'
import { checkLength } from '../../core/names.ts'
import { ConstraintError } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import { type Page, readPage } from '../../search/page.ts'
import { commitAccess } from '../accounts/epoch.ts'
import { resolvePrincipals } from '../accounts/named-principals.ts'
import type { grants } from '../tables.ts'
import type { Right } from './right-names.ts'
import { holdersOf } from './rights.ts'

/** A right that a principal has, for the models that a glob names. */
export type NewGrant = {
  /** `user:ada`, `group:release`, `service:trainer`; a plain name is a user's. */
  readonly principal: string
  readonly action: Right
  /** A glob, in which `*` stands for any text. */
  readonly models: string
  /** Globs: a `promote` grant has one of these two. */
  readonly stage?: string | undefined
  readonly alias?: string | undefined
}

export type Grant = NewGrant & {
  readonly id: number
  readonly createdBy: string
  readonly createdAtMs: number
}

const principalCharsMax = 300
const globCharsMax = 500

/**
 * @throws INVALID_PARAMETER_VALUE there is no such principal; a `promote` grant has no stage or
 *   alias, or another grant has one
 * @throws RESOURCE_ALREADY_EXISTS the same grant exists
 */
export async function createGrant(ctx: Context, wanted: NewGrant): Promise<Grant> {
  const principal = parsePrincipal(wanted.principal)
  const { action, models, stage = '', alias = '' } = wanted
  checkPlaces(action, stage, alias)
  for (const [field, glob] of Object.entries({ models, stage, alias })) {
    checkLength(glob, globCharsMax, field)
  }
  if (models === '') throw invalid("Missing value for required parameter 'models'; '*' is for all")
  await resolvePrincipals(ctx, [principal], 'principal')
  const added = sql`g.workspace = ${ctx.workspace} and g.action = ${action}
    and g.principal = ${principal} and g.models = ${models} and g.stage = ${stage} and g.alias = ${alias}`
  try {
    const { inserted } = await commitAccess(ctx, {
      inserted: sql<GrantRow>`insert into grants (workspace, principal, action, models, stage, alias, created_by, created_at_ms)
        values (${ctx.workspace}, ${principal}, ${action}, ${models}, ${stage}, ${alias},
          ${ctx.principal.name}, ${ctx.now()}) returning *`,
      entry: entryStatement(ctx, {
        action: 'grant.created',
        after: grantJson,
        from: sql`grants g where ${added}`,
      }),
    })
    const [row] = inserted
    if (!row) throw new Error('a grant was inserted and not returned')
    return grantFrom(row)
  } catch (err) {
    if (!(err instanceof ConstraintError) || err.kind !== 'unique') throw err
    throw new RegistryError('RESOURCE_ALREADY_EXISTS', 'There is just this grant already', {
      cause: err,
    })
  }
}

/** Grants by id, oldest first. */
export async function listGrants(
  ctx: Context,
  count: number,
  token: string | undefined,
): Promise<Page<Grant>> {
  const page = await readPage<GrantRow, number>(
    { fingerprint: ['grants', ctx.workspace], count, token },
    {
      first: 0,
      read: (after, most) =>
        ctx.db.all(sql<GrantRow>`select * from grants
          where workspace = ${ctx.workspace} and id > ${after} order by id limit ${most}`),
      keyOf: ({ id }) => id,
    },
  )
  return { ...page, items: page.items.map(grantFrom) }
}

/** The grants whose globs of models match `model`, oldest first; a glob stands for itself. */
export async function listGrantsFor(ctx: Context, model: string): Promise<Grant[]> {
  const rows = await ctx.db.all(
    sql<GrantRow>`select * from grants where workspace = ${ctx.workspace} order by id`,
  )
  return rows.filter(({ models }) => matchesGlob(models, model)).map(grantFrom)
}

/** The grants that the caller has, by itself or by a group; oldest first. */
export async function listOwnGrants(ctx: Context): Promise<Grant[]> {
  const holders = JSON.stringify(holdersOf(ctx.principal))
  const rows =
    await ctx.db.all(sql<GrantRow>`select * from grants where workspace = ${ctx.workspace}
    and principal in (select value from json_each(${holders})) order by id`)
  return rows.map(grantFrom)
}

/** @throws RESOURCE_DOES_NOT_EXIST no such grant */
export async function deleteGrant(ctx: Context, id: number): Promise<void> {
  const which = sql`g.workspace = ${ctx.workspace} and g.id = ${id}`
  const { deleted } = await commitAccess(ctx, {
    entry: grantDeletedEntry(ctx, which),
    deleted: sql`delete from grants as g where ${which} returning id`,
  })
  if (deleted.length !== 1) throw notFound('Grant', String(id))
}

/** @param which condition on `grants g` */
export function grantDeletedEntry(ctx: Context, which: SQL): SQL {
  return entryStatement(ctx, {
    action: 'grant.deleted',
    before: grantJson,
    from: sql`grants g where ${which}`,
  })
}

const grantJson: SQL = sql`json_object('id', cast(g.id as text), 'principal', g.principal,
  'action', g.action, 'models', g.models, 'stage', nullif(g.stage, ''), 'alias', nullif(g.alias, ''))`

function checkPlaces(action: Right, stage: string, alias: string): void {
  const places = Number(stage !== '') + Number(alias !== '')
  if (action === 'promote' && places !== 1) {
    throw invalid("A grant of 'promote' names one of 'stage' and 'alias'; '*' is for all of them")
  }
  if (action === 'approve' && places > 1) {
    throw invalid(
      "A grant of 'approve' names one of 'stage' and 'alias', or neither for all of them",
    )
  }
  if (action !== 'promote' && action !== 'approve' && places !== 0) {
    throw invalid(`A grant of '${action}' names neither 'stage' nor 'alias'`)
  }
}

/** The principal in full; a name without its kind is a user's. */
function parsePrincipal(text: string): string {
  checkLength(text, principalCharsMax, 'principal')
  const [, kind = 'user', name = ''] = /^(?:(user|group|service):)?(.*)$/s.exec(text) ?? []
  if (name.trim() === '' || /\p{Cc}/u.test(name)) {
    throw invalid(
      `Invalid principal '${excerpt(text)}': give user:<name>, group:<name> or service:<name>`,
    )
  }
  return `${kind}:${name}`
}

type GrantRow = typeof grants.$inferSelect

function grantFrom(row: GrantRow): Grant {
  return {
    id: row.id,
    principal: row.principal,
    // Only names of `rights` are ever written.
    action: row.action as Right,
    models: row.models,
    stage: row.stage === '' ? undefined : row.stage,
    alias: row.alias === '' ? undefined : row.alias,
    createdBy: row.created_by,
    createdAtMs: row.created_at_ms,
  }
}
