import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../platform/context.ts'
import { kindCharsMax } from '../texts.ts'
import type { SpanCondition } from './split-filter.ts'

type KindRow = {
  readonly id: number
  readonly status: string
  readonly type: string
  readonly name: string
}

/** What the names of spans say of a filter before any trace is looked at. */
export type KindFilter = {
  /** A condition on `traces t` that traces meet which may fit. */
  readonly condition: SQL
  /** Whether those that meet it fit, so that no span need be read. */
  readonly isExact: boolean
}

/**
 * Compare the conditions on spans with the names, types and statuses that the spans of some experiments
 * have: a few thousand at most, where there are millions of spans.
 *
 * @param experiments ids
 */
export async function findKinds(
  ctx: Context,
  experiments: readonly number[],
  conditions: readonly SpanCondition[],
): Promise<KindFilter> {
  const kinds = await ctx.db.all(sql<KindRow>`select k.id, k.status, k.type, k.name
    from json_each(${JSON.stringify(experiments)}) w
    cross join span_kinds k on k.experiment = w.value limit ${kindsMax + 1}`)
  // So many tell less than they take to read.
  if (kinds.length > kindsMax) return { condition: sql`1`, isExact: false }
  const onKinds = conditions.filter(({ on }) => on !== 'content' && on !== 'attribute')
  const ids = kinds.filter((kind) => isVague(kind) || onKinds.every((one) => fits(kind, one)))
  const isExact = onKinds.length === conditions.length && !kinds.some(isVague)
  const condition =
    ids.length === 0
      ? sql`0`
      : sql`exists (select 1 from trace_span_kinds k where k.trace = t.id
          and k.kind in (select value from json_each(${JSON.stringify(ids.map(({ id }) => id))})))`
  return { condition, isExact }
}

/** Of all experiments of a search: ten that are full. */
const kindsMax = 50_000

/** Whether spans of this kind may differ in what the filter asks: it stands for many, or was cut. */
function isVague({ status, type, name }: KindRow): boolean {
  return status === '' || [...type].length >= kindCharsMax || [...name].length >= kindCharsMax
}

function fits(kind: KindRow, { on, test }: SpanCondition): boolean {
  return on === 'content' || on === 'attribute' || test(kind[on])
}
