import { type SQL, sql } from 'drizzle-orm'
import { matchesGlob } from '../core/glob.ts'
import { longReadsOf } from '../db/database.ts'
import { listPolicies, selectPolicies } from '../governance/policies/policies.ts'
import type { Policy } from '../governance/policies/policy.ts'
import type { Context } from '../platform/context.ts'
import { hashText } from '../platform/hash.ts'
import { keptBecauseSql } from './kept-because.ts'
import type { RetentionRule } from './rules.ts'
import type { RetentionTerms } from './terms.ts'

/** A version that a rule means. */
export type RuledVersion = {
  /** `model_versions.id` */
  readonly id: number
  readonly model: string
  readonly version: number
  readonly stage: string
  /** Of its files, each content once. */
  readonly sizeBytes: number
  readonly createdAtMs: number
  readonly downloadedAtMs: number | undefined
}

/** A version that stays, and why. */
export type KeptVersion = RuledVersion & { readonly because: string }

/** What following a rule once would do. */
export type RetentionPlan = {
  readonly rule: RetentionRule
  /** What would be deleted, the oldest first, at most `versionsMax`. */
  readonly leaving: readonly RuledVersion[]
  /** What the runs after that would delete, the oldest first. */
  readonly later: readonly RuledVersion[]
  /** What the rule means and what stays nevertheless, the oldest first. */
  readonly kept: readonly KeptVersion[]
  /** Names what would be deleted: another as soon as that, or the rule, is another. */
  readonly mark: string
}

/** A plan as people look at it: with what stays, and the bytes. */
export type RetentionPreview = RetentionPlan & {
  readonly keptCount: number
  readonly laterCount: number
  /** What the rule itself keeps of its models, the oldest first, at most `keptMax`. */
  readonly spared: readonly KeptVersion[]
  readonly sparedCount: number
  /** Of what this run would delete. */
  readonly bytes: FreedBytes
  /** Of that and of `later`, as far as it is named. */
  readonly allBytes: FreedBytes
}

/** Bytes of the store that no other version needs; equal bytes count once. */
export type FreedBytes = {
  /** No path of the store has them either, so that clean-up frees them. */
  readonly freed: number
  /** Files of runs or logged models have them, and free them once those are deleted for good. */
  readonly withRuns: number
}

const dayMs = 86_400_000
/** Versions that one run deletes. */
const versionsMax = 100
const keptMax = 500
const laterMax = 10_000

/** A condition on a version `v`: the rule means it now. */
export function isMeantSql(terms: RetentionTerms, nowMs: number): SQL {
  const all = conditionsOf(terms, nowMs).map(({ letsGo }) => letsGo)
  return sql`(${sql.join(all, sql` and `)})`
}

/** Each term as a condition on a version `v` under which it lets go of it, and what it says otherwise. */
function conditionsOf(terms: RetentionTerms, nowMs: number): { letsGo: SQL; because: string }[] {
  const { last, younger_than_days: young, downloaded_within_days: read } = terms.keep
  const pastMs = (days: number) => nowMs - days * dayMs
  return [
    {
      letsGo: sql`v.stage in (select value from json_each(${JSON.stringify(terms.stages)}))`,
      because: `is not in ${terms.stages.join(' or ')}`,
    },
    ...(last === undefined
      ? []
      : [{ letsGo: isBeyondSql(last), because: `is among the newest ${last}` }]),
    ...(young === undefined
      ? []
      : [
          {
            letsGo: sql`max(v.created_at_ms, v.updated_at_ms) <= ${pastMs(young)}`,
            because: `was registered or changed in the last ${young} days`,
          },
        ]),
    ...(read === undefined
      ? []
      : [
          {
            letsGo: sql`max(v.created_at_ms, coalesce((select d.at_ms from version_downloads d
              where d.model_version = v.id), v.created_at_ms)) <= ${pastMs(read)}`,
            because: `was registered or downloaded in the last ${read} days`,
          },
        ]),
  ]
}

/** There are so many newer versions of its model. */
function isBeyondSql(last: number): SQL {
  return sql`(select count(*) from (select 1 from model_versions n
    where n.registered_model = v.registered_model and n.version > v.version limit ${last})) >= ${last}`
}

type MeantRow = {
  id: number
  model: string
  version: number
  stage: string
  size_bytes: number
  created_at_ms: number
  at_ms: number | null
  because: string | null
}

/** Say what following a rule once would do now. */
export async function readRetentionPlan(ctx: Context, rule: RetentionRule): Promise<RetentionPlan> {
  return planOf(ctx, rule, await readModels(ctx, rule.terms))
}

/** Say what following a rule would do now, with what stays and the bytes that it frees, and do nothing. */
export async function assessRetention(
  ctx: Context,
  rule: RetentionRule,
): Promise<RetentionPreview> {
  const models = await readModels(ctx, rule.terms)
  const plan = await planOf(ctx, rule, models)
  const later = plan.later.slice(0, laterMax)
  const bytes = await readFreedBytes(ctx, plan.leaving)
  return {
    ...plan,
    later,
    laterCount: plan.later.length,
    kept: plan.kept.slice(0, keptMax),
    keptCount: plan.kept.length,
    ...(await readSpared(ctx, models, rule.terms)),
    bytes,
    allBytes: later.length === 0 ? bytes : await readFreedBytes(ctx, [...plan.leaving, ...later]),
  }
}

/** The models that a rule is about. */
async function readModels(ctx: Context, { models }: RetentionTerms): Promise<number[]> {
  const names = await ctx.db.all(sql<{ id: number; name: string }>`select id, name
    from registered_models where workspace = ${ctx.workspace}`)
  return names.filter(({ name }) => matchesGlob(models, name)).map(({ id }) => id)
}

async function planOf(
  ctx: Context,
  rule: RetentionRule,
  models: readonly number[],
): Promise<RetentionPlan> {
  const isMeant = isMeantSql(rule.terms, ctx.now())
  const meant = await longReadsOf(ctx.db).all(
    ruledRead(models, { which: isMeant, because: keptBecauseSql }),
  )
  const policies = await listPolicies(ctx)
  const rows = meant.map((row) => ({
    ...row,
    because: row.because ?? guardedBecause(policies, row),
  }))
  const all = rows.filter(({ because }) => because === null).map(meantFrom)
  const leaving = all.slice(0, versionsMax)
  const ids = leaving.map(({ id }) => id)
  return {
    rule,
    leaving,
    later: all.slice(versionsMax),
    kept: rows.flatMap(keptFrom),
    mark: await hashText(ctx, JSON.stringify([ctx.workspace, rule.name, rule.revision, ids])),
  }
}

/** What the rule itself keeps: nobody decides by it, so its list has an end. */
async function readSpared(ctx: Context, models: readonly number[], terms: RetentionTerms) {
  const because = sql`case ${sql.join(
    conditionsOf(terms, ctx.now()).map(
      ({ letsGo, because }) => sql`when not (${letsGo}) then ${because}`,
    ),
    sql` `,
  )} end`
  const which = sql`not ${isMeantSql(terms, ctx.now())}`
  const reads = longReadsOf(ctx.db)
  const rows = await reads.all(
    sql<MeantRow>`${ruledRead(models, { which, because })} limit ${keptMax}`,
  )
  const [count] = await reads.all(sql<{ n: number }>`select count(*) as n
    from json_each(${JSON.stringify(models)}) w
    join model_versions v on v.registered_model = w.value where ${which}`)
  return { spared: rows.flatMap(keptFrom), sparedCount: count?.n ?? rows.length }
}

/** Versions of some models, the oldest first. */
function ruledRead(
  models: readonly number[],
  { which, because }: { readonly which: SQL; readonly because: SQL },
): SQL<MeantRow> {
  return sql<MeantRow>`
    select v.id, m.name as model, v.version, v.stage, v.created_at_ms, d.at_ms,
      coalesce((select sum(b.size_bytes) from blobs b where b.id in
        (select f.blob from manifest_files f where f.manifest = v.manifest)), 0) as size_bytes,
      ${because} as because
    from json_each(${JSON.stringify(models)}) w
    join model_versions v on v.registered_model = w.value
    join registered_models m on m.id = v.registered_model
    left join version_downloads d on d.model_version = v.id
    where ${which} order by v.created_at_ms, v.id`
}

function keptFrom(row: MeantRow): KeptVersion[] {
  return row.because === null ? [] : [{ ...meantFrom(row), because: row.because }]
}

/** What a policy guards is refused with each deletion: in a plan it would stand before what can go. */
function guardedBecause(
  policies: readonly Policy[],
  { model, stage }: Pick<MeantRow, 'model' | 'stage'>,
): string | null {
  return selectPolicies(policies, model, { stage }).length > 0 ? 'is in a guarded stage' : null
}

function meantFrom(row: MeantRow): RuledVersion {
  return {
    id: row.id,
    model: row.model,
    version: row.version,
    stage: row.stage,
    sizeBytes: row.size_bytes,
    createdAtMs: row.created_at_ms,
    downloadedAtMs: row.at_ms ?? undefined,
  }
}

async function readFreedBytes(
  ctx: Context,
  versions: readonly RuledVersion[],
): Promise<FreedBytes> {
  const ids = JSON.stringify(versions.map(({ id }) => id))
  const leaving = sql`(select value from json_each(${ids}))`
  const [sum] = await longReadsOf(ctx.db).all(sql<{ freed: number; with_runs: number }>`
    select coalesce(sum(iif(at_path, 0, size_bytes)), 0) as freed,
      coalesce(sum(iif(at_path, size_bytes, 0)), 0) as with_runs
    from (select b.size_bytes,
        exists (select 1 from artifact_files a where a.blob = b.id) as at_path
      from blobs b where b.id in (
        select f.blob from model_versions v join manifest_files f on f.manifest = v.manifest
        where v.id in ${leaving})
      and not exists (select 1 from manifest_files o join model_versions k on k.manifest = o.manifest
        where o.blob = b.id and k.id not in ${leaving}))`)
  return { freed: sum?.freed ?? 0, withRuns: sum?.with_runs ?? 0 }
}
