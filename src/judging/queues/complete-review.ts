import { sql } from 'drizzle-orm'
import { absent, conflict } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import {
  addStatement,
  boundStatement,
  checkAssessment,
  type NewAssessment,
  overrideStatement,
  refuseTooMany,
} from '../../traces/assessments/assessment.ts'
import { judgingMessages } from '../messages.ts'
import { type ItemRow, itemColumns, itemFrom, itemTables, type ReviewItem } from './review-items.ts'
import { getReviewQueue } from './review-queues.ts'

/**
 * Say what one thinks of a trace in a queue, and with it that it was looked at: by whoever did first.
 *
 * @param answers each takes the place of the assessment that it names in `overrides`
 * @param by who did
 * @throws INVALID_PARAMETER_VALUE an answer is malformed, or too much is said of the trace
 * @throws RESOURCE_DOES_NOT_EXIST no such queue, or the trace is not in it
 * @throws RESOURCE_CONFLICT what an answer takes the place of counts no longer
 */
export async function completeReview(
  ctx: Context,
  item: { readonly queueId: string; readonly traceId: string },
  { answers, by }: { readonly answers: readonly NewAssessment[]; readonly by: string },
): Promise<ReviewItem> {
  for (const answer of answers) checkAssessment(answer)
  const { queueId, traceId } = item
  await getReviewQueue(ctx, queueId)
  const one = sql`q.queue_id = ${queueId} and t.workspace = ${ctx.workspace} and t.trace_id = ${traceId}`
  const replaced = answers.flatMap(({ overrides }) => overrides ?? [])
  const asSeen = sql`not exists (select 1 from json_each(${JSON.stringify(replaced)}) w
    where not exists (select 1 from assessments o
      where o.trace = t.id and o.assessment_id = w.value and o.valid = 1))`
  const inQueue = sql`select t.id from ${itemTables} where ${one}`
  const trace = sql`${inQueue} and ${asSeen}`
  const made = answers.map((answer) => ({ ...answer, assessmentId: `a-${ctx.randomId()}` }))
  const add = { trace, made }
  const now = ctx.now()
  const { set, items } = await refuseTooMany(
    ctx.db.batch({
      // Before what is replaced stops counting.
      set: sql<{ id: number }>`update review_items set status = 'COMPLETE', updated_at_ms = ${now},
          completed_by = iif(status = 'COMPLETE', completed_by, ${by}),
          completed_at_ms = iif(status = 'COMPLETE', completed_at_ms, ${now})
        where id = (select i.id from ${itemTables} where ${one} and ${asSeen}) returning id`,
      added: addStatement(ctx, add),
      overridden: overrideStatement({ ...add, trace: inQueue }),
      bound: boundStatement(inQueue),
      items: sql<ItemRow>`select ${itemColumns} from ${itemTables} where ${one}`,
    }),
  )
  const [row] = items
  if (!row) throw absent(judgingMessages.noReviewItem(traceId, queueId))
  if (set.length === 0) {
    throw conflict('What this takes the place of was changed meanwhile; open the page again')
  }
  return itemFrom(row)
}
