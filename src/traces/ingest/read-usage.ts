import { sql } from 'drizzle-orm'
import type { Context } from '../../platform/context.ts'
import { readLines, type SpanPlace } from '../spans/read-lines.ts'
import { parseSpanLine } from '../spans/span-line.ts'
import { cost, sumAmounts, tokenUsage } from '../spans/usage.ts'
import { traceNamed } from '../trace-named.ts'

type UsageRow = SpanPlace & {
  readonly payload_rows: number
  readonly usage_told: number
  readonly cost_told: number
}

/**
 * Sum up what a trace used over all of its spans, unless its client told that. Of several requests at
 * once the last to arrive sees the spans of all, and what the others read is not written any more.
 */
export async function readUsage(ctx: Context, traceId: string): Promise<void> {
  const row =
    await ctx.db.first(sql<UsageRow>`select id, pack, pack_offset, pack_length, payload_rows,
      usage_told, cost_told from traces where id = (${traceNamed(ctx, traceId)})`)
  if (!row || (row.usage_told && row.cost_told)) return
  const lines = (await readLines(ctx, [row])).get(row.id) ?? []
  const spans = lines.map(parseSpanLine)
  const amounts = [
    [tokenUsage, row.usage_told],
    [cost, row.cost_told],
  ] as const
  const found = amounts.flatMap(([kind, isTold]) => {
    const sum = isTold ? undefined : sumAmounts(spans, kind)
    return sum === undefined ? [] : [[kind.metadata, sum]]
  })
  if (found.length === 0) return
  await ctx.db.all(sql`update traces
    set metadata = json_patch(metadata, ${JSON.stringify(Object.fromEntries(found))})
    where id = ${row.id} and trace_id = ${traceId} and payload_rows = ${row.payload_rows}
      and usage_told = ${row.usage_told} and cost_told = ${row.cost_told}`)
}
