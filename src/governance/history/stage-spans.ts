import { sql } from 'drizzle-orm'
import type { Context } from '../../platform/context.ts'
import { isStage, stageMoves } from './stage-log.ts'

/** How long a version was in a stage, by the audit log. */
export type StageSpan = {
  /** The entry that put it there. */
  readonly seq: number
  readonly version: number
  readonly stage: string
  readonly fromMs: number
  /** Undefined: it is there still. */
  readonly untilMs: number | undefined
}

type SpansPage = {
  readonly stages: readonly string[]
  readonly after?: Pick<StageSpan, 'seq' | 'version'> | undefined
  readonly count: number
}

type SpanRow = {
  seq: number
  version: number
  stage: string
  from_ms: number
  until_ms: number | null
}

/**
 * Which versions of a model were in stages, and when, those that came last first. A version that was
 * moved to the stage in which it was has not left it.
 *
 * @param wanted.stages canonical names
 * @param wanted.after the last one of the page before
 */
export async function readStageSpans(
  ctx: Context,
  registeredModel: number,
  { stages, after, count }: SpansPage,
): Promise<StageSpan[]> {
  if (stages.length === 0) return []
  const log = { registeredModel, lastSeq: Number.MAX_SAFE_INTEGER }
  const named = sql.join(
    stages.map((stage) => isStage(sql`stage`, stage)),
    sql` or `,
  )
  const older = after
    ? sql`and (c.seq < ${after.seq} or (c.seq = ${after.seq} and c.version < ${after.version}))`
    : sql``
  const rows = await ctx.db.all(sql<SpanRow>`
    with moves as (select seq, version, stage, lower(coalesce(stage, '')) as place from (${stageMoves(log)})),
    changes as (select seq, version, stage, lead(seq) over (partition by version order by seq) as left_seq
      from (select *, lag(place) over (partition by version order by seq) as before from moves)
      where before is null or before <> place)
    select c.seq, c.version, c.stage, came.at_ms as from_ms, went.at_ms as until_ms
    from changes c join audit_entries came on came.seq = c.seq
      left join audit_entries went on went.seq = c.left_seq
    where (${named}) ${older} order by c.seq desc, c.version desc limit ${count}`)
  return rows.map(({ seq, version, stage, from_ms, until_ms }) => ({
    ...{ seq, version, stage },
    fromMs: from_ms,
    untilMs: until_ms ?? undefined,
  }))
}
