import { sql } from 'drizzle-orm'
import type { Context } from '../../platform/context.ts'
import type { promotionChecks, promotionReviews } from '../tables.ts'
import type { Review } from './approvals.ts'
import type { Promotion } from './promotion.ts'
import { reviewFrom } from './snapshot.ts'

type ReviewRow = typeof promotionReviews.$inferSelect
export type CheckRow = typeof promotionChecks.$inferSelect

/** All that was said and posted for a request, oldest first. */
export async function discussionOf(
  ctx: Context,
  { id }: Promotion,
): Promise<{ readonly reviews: readonly Review[]; readonly checks: readonly CheckRow[] }> {
  const [reviews, checks] = await ctx.db.batch([
    sql`select * from promotion_reviews where promotion = ${id} order by id`,
    sql`select * from promotion_checks where promotion = ${id} order by name`,
  ])
  return { reviews: (reviews as ReviewRow[]).map(reviewFrom), checks: checks as CheckRow[] }
}
