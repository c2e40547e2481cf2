import { sql } from 'drizzle-orm'
import { conflict, excerpt, RegistryError } from '../core/error.ts'
import { letOthersRun } from '../core/rounds.ts'
import { deleteFreeVersionFor } from '../governance/moves/guarded-changes.ts'
import { guardDatabase, isAborted } from '../governance/upkeep/guard-database.ts'
import { type Context, type Platform, systemContext } from '../platform/context.ts'
import { versionId } from '../registry/ids.ts'
import { keptBecauseSql } from './kept-because.ts'
import {
  isMeantSql,
  type KeptVersion,
  type RetentionPlan,
  type RuledVersion,
  readRetentionPlan,
} from './plan.ts'
import { getRule, type RetentionRule } from './rules.ts'

/** What a run did. */
export type RetentionRun = {
  readonly deleted: readonly RuledVersion[]
  /** What stays after all, since something changed after the plan was made. */
  readonly stayed: readonly KeptVersion[]
  readonly hasMore: boolean
}

/**
 * Do exactly what a preview showed.
 *
 * @param mark of the preview
 * @throws RESOURCE_CONFLICT the rule would do something else by now
 * @throws RESOURCE_DOES_NOT_EXIST no such rule
 */
export async function runPreviewed(
  ctx: Context,
  name: string,
  mark: string,
): Promise<RetentionRun> {
  const plan = await readRetentionPlan(ctx, await getRule(ctx, name))
  if (plan.mark !== mark) {
    throw conflict(
      `Rule '${excerpt(name)}' would delete other versions than the preview showed; ask for a preview again`,
    )
  }
  return followPlan(ctx, plan)
}

async function followPlan(ctx: Context, plan: RetentionPlan): Promise<RetentionRun> {
  const deleted: RuledVersion[] = []
  const stayed: KeptVersion[] = []
  for (const version of plan.leaving) {
    const because = await deleteMeant(ctx, plan.rule, version)
    if (because === undefined) deleted.push(version)
    else stayed.push({ ...version, because })
    await letOthersRun()
  }
  return { deleted, stayed, hasMore: plan.later.length > 0 }
}

/**
 * Delete one version, with its entry in the audit log, if it has still that name, the rule is still that
 * and means it, and nothing keeps it: asked in the batch of the deletion.
 *
 * @returns why it stays; undefined: it is deleted
 */
async function deleteMeant(
  ctx: Context,
  rule: RetentionRule,
  { id, model, version }: RuledVersion,
): Promise<string | undefined> {
  const guard = sql`exists (select 1 from model_versions v
    join retention_rules r on r.workspace = ${ctx.workspace} and r.name = ${rule.name}
      and r.revision = ${rule.revision} and r.terms = ${JSON.stringify(rule.terms)}
    where v.id = ${id} and v.id = (${versionId(ctx, model, version)})
      and ${isMeantSql(rule.terms, ctx.now())} and (${keptBecauseSql}) is null)`
  const guarded = { ...ctx, db: guardDatabase(ctx.db, guard) }
  try {
    await deleteFreeVersionFor(guarded, model, {
      version,
      reason: `retention rule ${rule.name}`,
    })
    return undefined
  } catch (err) {
    // A guard that fails in the deletion's own batch is tried again there, and told as a conflict.
    if (isAborted(err)) return readWhyKept(ctx, id, 'it was changed meanwhile')
    if (err instanceof RegistryError) return readWhyKept(ctx, id, err.message)
    throw err
  }
}

/** @param refusal told where nothing keeps it */
async function readWhyKept(ctx: Context, id: number, refusal: string): Promise<string> {
  const row = await ctx.db.first(
    sql<{ because: string | null }>`select ${keptBecauseSql} as because from model_versions v
      where v.id = ${id}`,
  )
  return row ? (row.because ?? refusal) : 'it was deleted meanwhile'
}

const rulesPerRun = 20
/** Deletions of one run of the hourly work: on Workers an invocation has so many statements and no more. */
const deletedPerRun = 100

/**
 * Follow the rules that are to be followed by themselves, those first that waited longest. Each is
 * handled by itself: one that fails keeps none back.
 *
 * @throws AggregateError what went wrong, after all others were followed
 */
export async function sweepVersions(platform: Platform): Promise<void> {
  const due = await platform.db.all(sql<{ workspace: string; name: string }>`
    select workspace, name from retention_rules where is_automatic = 1
    order by iif(swept_at_ms > ${platform.now()}, 0, swept_at_ms), workspace, name
    limit ${rulesPerRun}`)
  const failures: unknown[] = []
  let left = deletedPerRun
  for (const { workspace, name } of due) {
    if (left <= 0) break
    const ctx = systemContext(platform, workspace)
    try {
      await platform.db.all(sql`update retention_rules set swept_at_ms = ${platform.now()}
        where workspace = ${workspace} and name = ${name}`)
      const rule = await getRule(ctx, name)
      if (!rule.isAutomatic) continue
      const plan = await readRetentionPlan(ctx, rule)
      await followPlan(ctx, { ...plan, leaving: plan.leaving.slice(0, left) })
      left -= plan.leaving.length
    } catch (err) {
      failures.push(err)
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'retention rules were not followed')
}
