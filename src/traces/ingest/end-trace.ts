import { sql } from 'drizzle-orm'
import { mergedTexts } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import { screenWrite } from '../assessments/redact-assessments.ts'
import { redactedTexts } from '../intake/redact.ts'
import { infoReads, infosFrom } from '../reading/read-infos.ts'
import { keepTexts, type Texts } from '../texts.ts'
import { type TraceInfo, type TraceState, traceNotFound } from '../trace.ts'
import { traceNamed } from '../trace-named.ts'
import { type IsHeld, mergedMetadata } from './merge-metadata.ts'
import { explainBound } from './start-trace.ts'

/** What clients of 2.x say at the end of a trace. */
export type TraceEnd = {
  readonly traceId: string
  readonly endMs: number
  readonly state: TraceState
  readonly tags: Texts
  readonly metadata: Texts
}

/** End a trace that was started. @throws RESOURCE_DOES_NOT_EXIST no such trace */
export async function endTrace(
  ctx: Context,
  { traceId, ...given }: TraceEnd,
  isHeld: IsHeld,
): Promise<TraceInfo> {
  const screened = await screenWrite(ctx, traceNamed(ctx, traceId), (redactor) => ({
    ...given,
    tags: redactedTexts(given.tags, redactor),
    metadata: redactedTexts(given.metadata, redactor),
  }))
  const { made: end, counted } = screened ?? { made: given, counted: undefined }
  const tags = JSON.stringify(keepTexts(end.tags, 'tags'))
  const metadata = JSON.stringify(keepTexts(end.metadata, 'request_metadata'))
  const id = traceNamed(ctx, traceId)
  try {
    const {
      ended: _,
      counted: __,
      ...read
    } = await ctx.db.batch({
      ended: sql`update traces set duration_ms = ${end.endMs} - request_time_ms,
          state = ${end.state}, finalized = 1,
          tags = ${mergedTexts(sql`traces.tags`, sql`said.tags`)},
          metadata = ${mergedMetadata(sql`said.metadata`, isHeld)}
        from (select ${tags} as tags, ${metadata} as metadata) said
        where id = (${id})`,
      counted,
      ...infoReads(ctx, id),
    })
    const [info] = infosFrom(read)
    if (!info) throw traceNotFound(traceId)
    return info
  } catch (err) {
    throw explainBound(err)
  }
}
