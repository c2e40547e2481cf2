import { sql } from 'drizzle-orm'
import type { Context } from '../../platform/context.ts'
import { placeColumns, readTraceLines, type SpanPlace } from '../spans/read-lines.ts'
import type { Span } from '../spans/span.ts'
import { parseSpanLine } from '../spans/span-line.ts'
import { cost, sumAmounts, tokenUsage } from '../spans/usage.ts'

type UsageRow = SpanPlace & {
  readonly trace_id: string
  readonly payload_rows: number
  readonly pack: number | null
  readonly usage_told: number
  readonly cost_told: number
}

/**
 * Sum up what traces used over all of their spans, unless their clients told that. Of several requests at
 * once the last to arrive sees the spans of all, and what the others read is not written any more.
 *
 * @param logged the spans of this request by trace id: those of a trace that has no others are not read again
 */
export async function readUsage(
  ctx: Context,
  logged: ReadonlyMap<string, readonly Span[]>,
): Promise<void> {
  if (logged.size === 0) return
  const rows =
    await ctx.db.all(sql<UsageRow>`select ${placeColumns}, t.trace_id, t.payload_rows, t.pack,
      t.usage_told, t.cost_told
    from json_each(${JSON.stringify([...logged.keys()])}) w
    cross join traces t on t.workspace = ${ctx.workspace} and t.trace_id = w.value
    where not (t.usage_told and t.cost_told)`)
  const isNew = ({ payload_rows, pack }: UsageRow) => payload_rows <= 1 && pack === null
  const older = rows.filter((row) => !isNew(row))
  const sums = new Map<number, string | undefined>()
  for (const row of rows) {
    if (isNew(row)) sums.set(row.id, sumsOf(logged.get(row.trace_id) ?? [], row))
  }
  const rowOf = new Map(older.map((row) => [row.id, row]))
  for await (const { id, lines, isWhole } of readTraceLines(ctx, older)) {
    const row = rowOf.get(id)
    // Of a trace that is too large to be read nothing is summed up.
    sums.set(id, row && isWhole ? sumsOf(lines.map(parseSpanLine), row) : undefined)
  }
  const found = rows.flatMap((row) => {
    const sum = sums.get(row.id)
    return sum ? [[row.id, sum, row.payload_rows, row.usage_told, row.cost_told, row.pack]] : []
  })
  if (found.length === 0) return
  await ctx.db.all(sql`update traces set metadata = json_patch(metadata, j.value ->> 1)
    from json_each(${JSON.stringify(found)}) j
    where traces.id = j.value ->> 0 and traces.payload_rows = j.value ->> 2
      and traces.usage_told = j.value ->> 3 and traces.cost_told = j.value ->> 4
      and traces.pack is j.value ->> 5`)
}

/** As JSON, what is not told yet; undefined where the spans tell of nothing. */
function sumsOf(spans: readonly Span[], told: UsageRow): string | undefined {
  const amounts = [
    [tokenUsage, told.usage_told],
    [cost, told.cost_told],
  ] as const
  const sums = amounts.flatMap(([kind, isTold]) => {
    const sum = isTold ? undefined : sumAmounts(spans, kind)
    return sum === undefined ? [] : [[kind.metadata, sum]]
  })
  return sums.length === 0 ? undefined : JSON.stringify(Object.fromEntries(sums))
}
