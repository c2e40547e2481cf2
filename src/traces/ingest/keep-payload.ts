import { makePackKey } from '../../artifacts/packs/pack.ts'
import { streamBytes, toBase64UrlBytes } from '../../core/bytes.ts'
import { letOthersRun } from '../../core/rounds.ts'
import type { Context } from '../../platform/context.ts'
import { packLines } from '../spans/payload.ts'
import type { Span } from '../spans/span.ts'
import { spanLineOf } from '../spans/span-line.ts'

/** Lines of spans as a row has them: themselves, or where in the blob store they are. */
export type KeptPayload =
  | { readonly body: string; readonly key?: undefined }
  | { readonly body?: undefined; readonly key: string }

/** D1 takes 2 MB a parameter. */
const bytesMax = 500_000
const turnCharsMax = 500_000

/**
 * Spans for a row of `trace_payloads`. Many of them go to the blob store at once; a crash before the row
 * is written leaves an object that gc removes.
 */
export async function keepPayload(ctx: Context, spans: readonly Span[]): Promise<KeptPayload> {
  const bytes = await packLines(await linesOf(spans))
  if (bytes.byteLength <= bytesMax) return { body: toBase64UrlBytes(bytes) }
  const key = makePackKey(ctx, 'traces')
  await ctx.blobs.put(key, streamBytes(bytes))
  return { key }
}

async function linesOf(spans: readonly Span[]): Promise<readonly string[]> {
  const lines: string[] = []
  let chars = 0
  for (const span of spans) {
    const line = spanLineOf(span)
    lines.push(line)
    chars += line.length
    if (chars < turnCharsMax) continue
    chars = 0
    await letOthersRun()
  }
  return lines
}
