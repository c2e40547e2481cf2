import { type SQL, sql } from 'drizzle-orm'
import { commit } from '../../audit/commit.ts'
import { type Context, type Platform, systemContext } from '../../platform/context.ts'
import { failureText, logError } from '../../platform/log.ts'
import { listEveryPolicy } from '../policies/policies.ts'
import { keepFailure, keepJudgement } from '../promotions/assess.ts'
import { mergeIfAutomatic } from '../promotions/merge.ts'
import { type Promotion, type PromotionRow, promotionFrom } from '../promotions/promotion.ts'
import { endExpired } from '../promotions/promotions.ts'
import { supersedeStatements } from './superseding.ts'

/** Requests of each kind in one sweep; the next sweep continues after them. */
const perSweep = 50

/**
 * The last request that was swept, of each kind. It starts at random, since a process may not live
 * for more than one sweep.
 */
type Places = { expired: number; waiting: number; readonly told: Set<number> }

/** So that requests which fail in every sweep do not fill the log. */
const toldMax = 1000

/** One process has one database, and so one place. */
const placesOf = new WeakMap<Platform['db'], Places>()

/**
 * Do what time does to open requests: those past their time expire, and those that merge by
 * themselves are judged again, since no call tells us that a soak has ended or a metric has
 * arrived. Each request is handled by itself: a failure is logged and does not stop the others.
 * Sweeps may run in parallel.
 */
export async function sweepPromotions(platform: Platform): Promise<void> {
  const places = placesOf.get(platform.db) ?? anywhere(platform)
  placesOf.set(platform.db, places)
  const now = platform.now()
  await supersedeGone(platform)
  const expired = await nextOpen(platform, places, {
    kind: 'expired',
    which: sql`expires_at_ms <= ${now}`,
  })
  for (const promotion of expired) await sweepOne(platform, places, promotion)
  const policies = await listEveryPolicy(platform.db)
  if (!policies.some(({ document }) => document.auto_promote)) return
  const waiting = await nextOpen(platform, places, {
    kind: 'waiting',
    which: sql`expires_at_ms > ${now}`,
  })
  for (const promotion of waiting) await sweepOne(platform, places, promotion)
}

function anywhere(platform: Platform): Places {
  const start = Number.parseInt(platform.randomId().slice(0, 8), 16)
  return { expired: start, waiting: start, told: new Set() }
}

/** The open requests after the last one that was swept, by id; after the newest come the oldest. */
async function nextOpen(
  platform: Platform,
  places: Places,
  { kind, which }: { readonly kind: 'expired' | 'waiting'; readonly which: SQL },
): Promise<Promotion[]> {
  const place = sql`${places[kind]} % ((select max(id) from promotions) + 1)`
  const rows = await platform.db.all(sql<PromotionRow>`select * from promotions
    where status = 'open' and ${which} order by id <= ${place}, id limit ${perSweep}`)
  places[kind] = rows.at(-1)?.id ?? 0
  return rows.map(promotionFrom)
}

/** Uses a context of its own, since its request id marks what it wrote. */
async function sweepOne(platform: Platform, { told }: Places, promotion: Promotion): Promise<void> {
  try {
    const ctx = systemContext(platform, promotion.workspace)
    if (promotion.expiresAtMs <= ctx.now()) await endExpired(ctx, promotion)
    else await mergeDue(ctx, promotion)
    told.delete(promotion.id)
  } catch (err) {
    const failures = await keepFailure(platform, promotion.id, err).then(
      () => [err],
      (other) => [err, other],
    )
    if (told.has(promotion.id)) return
    if (told.size >= toldMax) told.clear()
    told.add(promotion.id)
    const error = failures.map(failureText).join('\n')
    logError({ event: 'request not swept', promotion: promotion.id, error })
  }
}

/** Requests of versions that earlier releases deleted are still open. */
async function supersedeGone(platform: Platform): Promise<void> {
  const isGone = sql`not exists (select 1 from model_versions v where v.id = promotions.model_version)`
  const one = sql`select 1 from promotions where status = 'open' and ${isGone} limit 1`
  if (!(await platform.db.first(one))) return
  const ctx = systemContext(platform)
  await commit(ctx, {
    superseded: supersedeStatements(ctx, {
      which: isGone,
      reason: sql`'the version was deleted'`,
    }),
  })
}

/**
 * Merge requests that merge by themselves; a judgement is kept only if it differs from the last.
 */
async function mergeDue(ctx: Context, promotion: Promotion): Promise<void> {
  const { judged } = await mergeIfAutomatic(ctx, promotion)
  const before = JSON.stringify(promotion.evidence?.blocked_by)
  if (judged && JSON.stringify(judged.judgement.blockedBy) !== before) {
    await keepJudgement(ctx, promotion.id, judged)
  }
}
