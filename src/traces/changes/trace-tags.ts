import { sql } from 'drizzle-orm'
import { absent, invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { checkKey, truncate } from '../../core/names.ts'
import type { Context } from '../../platform/context.ts'
import type { KeyValue } from '../../tracking/run.ts'
import { screenWrite } from '../assessments/redact-assessments.ts'
import { explainBound } from '../ingest/start-trace.ts'
import { redactedTexts } from '../intake/redact.ts'
import { checkNamed, placeTags, tagCharsMax } from '../texts.ts'
import { traceNotFound } from '../trace.ts'
import { traceNamed } from '../trace-named.ts'

/**
 * Check a tag that is to be set, whether the trace is there or not.
 *
 * @throws INVALID_PARAMETER_VALUE a key that MLflow would refuse, one that says where things are, or a
 *   name that is too long
 */
export function checkTraceTag({ key, value }: KeyValue): void {
  checkKey(key, 'key')
  refusePlaceTag(key)
  checkNamed(key, value)
}

/** Set one tag; a longer value is cut. @throws RESOURCE_DOES_NOT_EXIST no such trace */
export async function setTraceTag(ctx: Context, traceId: string, tag: KeyValue): Promise<void> {
  checkTraceTag(tag)
  const trace = traceNamed(ctx, traceId)
  const texts = { [tag.key]: tag.value }
  const screened = await screenWrite(ctx, trace, (redactor) => redactedTexts(texts, redactor))
  const { made, counted } = screened ?? { made: texts, counted: undefined }
  const patch = JSON.stringify({ [tag.key]: truncate(made[tag.key] ?? '', tagCharsMax) })
  try {
    const { set } = await ctx.db.batch({
      set: sql`update traces set tags = json_patch(tags, ${patch})
        where id = (${trace}) returning id`,
      counted,
    })
    if (set.length === 0) throw traceNotFound(traceId)
  } catch (err) {
    throw explainBound(err)
  }
}

/** @throws RESOURCE_DOES_NOT_EXIST no such trace, or it has no such tag */
export async function deleteTraceTag(ctx: Context, traceId: string, key: string): Promise<void> {
  refusePlaceTag(key)
  const gone = await ctx.db.first(sql`update traces
    set tags = json_patch(tags, ${JSON.stringify({ [key]: null })})
    where id = (${traceNamed(ctx, traceId)})
      and exists (select 1 from json_each(tags) j where j.key = ${key}) returning id`)
  if (!gone) throw absent(messages.noTraceTag(key, traceId))
}

function refusePlaceTag(key: string): void {
  if (!placeTags.has(key)) return
  throw invalid(`${messages.immutableTraceTag(key)}; it says where the server keeps things`)
}
