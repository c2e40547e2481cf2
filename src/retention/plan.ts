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

/** What following a rule would do. */
export type RetentionPlan = {
  readonly rule: RetentionRule
  /** What would be deleted, the oldest first, at most `versionsMax`. */
  readonly leaving: readonly RuledVersion[]
  /** There are more, which the next run would delete. */
  readonly hasMore: boolean
  /** What the rule means and what stays nevertheless, the oldest first, at most `keptMax`. */
  readonly kept: readonly KeptVersion[]
  readonly keptCount: number
  /** What the rule itself keeps of its models, the oldest first, at most `keptMax`. */
  readonly spared: readonly KeptVersion[]
  readonly sparedCount: number
  /** Bytes of the store that nothing else needs, so that clean-up frees them; equal bytes count once. */
  readonly freedBytes: number
  /** Names what would be deleted: another as soon as that, or the rule, is another. */
  readonly mark: string
}

const dayMs = 86_400_000
/** Versions that one run deletes. */
const versionsMax = 100
const keptMax = 500

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

/** Say what following a rule would do now, and do nothing. */
export async function assessRetention(ctx: Context, rule: RetentionRule): Promise<RetentionPlan> {
  const { terms } = rule
  const names = await ctx.db.all(sql<{ id: number; name: string }>`select id, name
    from registered_models where workspace = ${ctx.workspace}`)
  const models = names.filter(({ name }) => matchesGlob(terms.models, name)).map(({ id }) => id)
  const isMeant = isMeantSql(terms, ctx.now())
  const meant = await longReadsOf(ctx.db).all(
    ruledRead(models, { which: isMeant, because: keptBecauseSql }),
  )
  const policies = await listPolicies(ctx)
  const rows = meant.map((row) => ({
    ...row,
    because: row.because ?? guardedBecause(policies, row),
  }))
  const all = rows.filter(({ because }) => because === null)
  const leaving = all.slice(0, versionsMax)
  const ids = leaving.map(({ id }) => id)
  return {
    rule,
    leaving: leaving.map(meantFrom),
    hasMore: all.length > leaving.length,
    kept: rows.flatMap(keptFrom).slice(0, keptMax),
    keptCount: rows.length - all.length,
    ...(await readSpared(ctx, models, terms)),
    freedBytes: await readFreedBytes(ctx, ids),
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

/** Bytes that neither a path of the store nor any other version needs. */
async function readFreedBytes(ctx: Context, ids: readonly number[]): Promise<number> {
  const leaving = sql`(select value from json_each(${JSON.stringify(ids)}))`
  const sum = await longReadsOf(ctx.db).all(sql<{ bytes: number }>`
    select coalesce(sum(b.size_bytes), 0) as bytes from blobs b where b.id in (
      select f.blob from model_versions v join manifest_files f on f.manifest = v.manifest
      where v.id in ${leaving})
    and not exists (select 1 from artifact_files a where a.blob = b.id)
    and not exists (select 1 from manifest_files o join model_versions k on k.manifest = o.manifest
      where o.blob = b.id and k.id not in ${leaving})`)
  return sum[0]?.bytes ?? 0
}
