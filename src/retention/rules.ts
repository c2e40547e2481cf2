import { sql } from 'drizzle-orm'
import { commit, entryStatement } from '../audit/commit.ts'
import { absent, conflict, excerpt, invalid } from '../core/error.ts'
import type { Context } from '../platform/context.ts'
import { checkRule, type RetentionTerms } from './terms.ts'

export type RetentionRule = {
  readonly name: string
  readonly revision: number
  readonly terms: RetentionTerms
  /** Whether the server follows it by itself, once an hour. */
  readonly isAutomatic: boolean
  readonly updatedAtMs: number
}

type RuleRow = {
  name: string
  revision: number
  terms: string
  is_automatic: number
  updated_at_ms: number
}

const rulesMax = 100

function ruleFrom(row: RuleRow): RetentionRule {
  return {
    name: row.name,
    revision: row.revision,
    terms: JSON.parse(row.terms),
    isAutomatic: row.is_automatic === 1,
    updatedAtMs: row.updated_at_ms,
  }
}

/** All rules of the workspace, by name; there are few. */
export async function listRules(ctx: Context): Promise<RetentionRule[]> {
  const rows =
    await ctx.db.all(sql<RuleRow>`select name, revision, terms, is_automatic, updated_at_ms
    from retention_rules where workspace = ${ctx.workspace} order by name`)
  return rows.map(ruleFrom)
}

/** @throws RESOURCE_DOES_NOT_EXIST */
export async function getRule(ctx: Context, name: string): Promise<RetentionRule> {
  const row = await ctx.db.first(sql<RuleRow>`select name, revision, terms, is_automatic,
      updated_at_ms from retention_rules where workspace = ${ctx.workspace} and name = ${name}`)
  if (!row) throw noSuchRule(name)
  return ruleFrom(row)
}

/**
 * Write a rule, which is new or another one with this name.
 *
 * @param revision the one that the caller read; 0: there is none yet
 * @throws RESOURCE_CONFLICT somebody else changed it since
 * @throws INVALID_PARAMETER_VALUE it keeps nothing, or there are too many rules
 */
export async function putRule(
  ctx: Context,
  name: string,
  { revision, terms, isAutomatic }: Omit<RetentionRule, 'name' | 'updatedAtMs'>,
): Promise<RetentionRule> {
  checkRule(name, terms)
  const text = JSON.stringify(terms)
  const automatic = isAutomatic ? 1 : 0
  const standing = sql`(select 1 as one) left join retention_rules r
    on r.workspace = ${ctx.workspace} and r.name = ${name}
    where coalesce(r.revision, 0) = ${revision} and (r.name is not null or ${rulesMax} >
      (select count(*) from retention_rules o where o.workspace = ${ctx.workspace}))`
  const { written } = await commit(ctx, {
    entry: entryStatement(ctx, {
      action: 'retention_rule.changed',
      from: standing,
      before: sql`iif(r.name is null, null, json_object('name', r.name, 'revision', r.revision,
        'terms', json(r.terms), 'automatic', json(iif(r.is_automatic, 'true', 'false'))))`,
      after: sql`json_object('name', ${name}, 'revision', ${revision + 1}, 'terms', json(${text}),
        'automatic', json(${isAutomatic ? 'true' : 'false'}))`,
    }),
    written: sql<RuleRow>`insert into retention_rules
        (workspace, name, revision, terms, is_automatic, updated_at_ms, swept_at_ms)
      select ${ctx.workspace}, ${name}, ${revision + 1}, ${text}, ${automatic}, ${ctx.now()}, 0
      from ${standing}
      on conflict (workspace, name) do update set revision = excluded.revision,
        terms = excluded.terms, is_automatic = excluded.is_automatic,
        updated_at_ms = excluded.updated_at_ms, swept_at_ms = 0
      returning name, revision, terms, is_automatic, updated_at_ms`,
  })
  const [row] = written
  if (row) return ruleFrom(row)
  const rules = await listRules(ctx)
  const there = rules.find((rule) => rule.name === name)
  if (there === undefined && revision === 0) {
    throw invalid(`There are ${rulesMax} rules already; delete one first`)
  }
  throw conflict(
    `Rule '${excerpt(name)}' is at revision ${there?.revision ?? 0}, not ${revision}: somebody else changed it; read it again and repeat your change`,
  )
}

/** @throws RESOURCE_DOES_NOT_EXIST */
export async function deleteRule(ctx: Context, name: string): Promise<void> {
  const which = sql`retention_rules r where r.workspace = ${ctx.workspace} and r.name = ${name}`
  const { deleted } = await commit(ctx, {
    entry: entryStatement(ctx, {
      action: 'retention_rule.deleted',
      from: which,
      before: sql`json_object('name', r.name, 'revision', r.revision, 'terms', json(r.terms),
        'automatic', json(iif(r.is_automatic, 'true', 'false')))`,
    }),
    deleted: sql`delete from retention_rules
      where workspace = ${ctx.workspace} and name = ${name} returning name`,
  })
  if (deleted.length === 0) throw noSuchRule(name)
}

function noSuchRule(name: string): Error {
  return absent(`There is no retention rule '${excerpt(name)}'`)
}
