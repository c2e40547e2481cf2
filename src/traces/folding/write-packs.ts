import { sql } from 'drizzle-orm'
import { makePackKey, putPack } from '../../artifacts/packs/pack.ts'
import { letOthersRun } from '../../core/rounds.ts'
import { jsonRowsOf } from '../../db/sql.ts'
import type { Platform } from '../../platform/context.ts'
import { packLines } from '../spans/payload.ts'
import { placeColumns, readTraceLines, type SpanPlace } from '../spans/read-lines.ts'
import { collectCells } from '../words/grams.ts'
import { packWords, wordStatements } from '../words/pack-words.ts'

/** A trace as it was when it was chosen: if it is not the same when the pack is written, it is left out. */
export type FoldedTrace = SpanPlace & {
  readonly trace_id: string
  readonly payload_rows: number
  readonly touched_at_ms: number
  readonly pack: number | null
}

/** The columns of a `FoldedTrace`, of `traces t`. */
export const foldedColumns = sql`${placeColumns}, t.trace_id, t.payload_rows, t.touched_at_ms, t.pack`

const packBytesMax = 8_000_000

/** What a call has written when it ends, since a little may unpack to much: the rest is for the next. */
const charsMax = 64_000_000

export type Folding = {
  /** Traces that are in a pack. */
  readonly folded: number
  /** `traces.id` of those whose spans are lost; they stay as they are. */
  readonly lost: readonly number[]
  /** `traces.id` of the last one that was looked at. */
  readonly last: number
  /** Whether all of them were looked at. */
  readonly isDone: boolean
}

type Member = {
  readonly trace: FoldedTrace
  readonly bytes: Uint8Array
  readonly cells: Uint16Array
}

/**
 * Write the spans of traces into packs: each span once, as it was last sent. A crash leaves an object
 * that no row names, which gc removes; of two processes with the same trace one is heard.
 *
 * @param traces in the order of their ids, at least one
 */
export async function writePacks(
  platform: Platform,
  traces: readonly FoldedTrace[],
): Promise<Folding> {
  const byId = new Map(traces.map((trace) => [trace.id, trace]))
  const lost: number[] = []
  let members: Member[] = []
  let [size, folded, chars, last] = [0, 0, 0, 0]
  for await (const { id, lines, isWhole, ...read } of readTraceLines(platform, traces, {
    onLost: (id) => lost.push(id),
  })) {
    const trace = byId.get(id)
    chars += read.chars
    last = id
    if (chars > charsMax) break
    if (!trace || !isWhole || lines.length === 0) continue
    const bytes = await packLines(lines)
    if (size + bytes.byteLength > packBytesMax) {
      folded += await writePack(platform, members)
      members = []
      size = 0
    }
    members.push({ trace, bytes, cells: await collectCells(lines) })
    size += bytes.byteLength
    await letOthersRun()
  }
  folded += await writePack(platform, members)
  return { folded, lost, last, isDone: chars <= charsMax }
}

async function writePack(platform: Platform, members: readonly Member[]): Promise<number> {
  if (members.length === 0) return 0
  const key = makePackKey(platform, 'traces')
  let size = 0
  const rows = members.map(({ trace, bytes }) => {
    const start = size
    size += bytes.byteLength
    const { id, trace_id, payload_rows, touched_at_ms, pack } = trace
    return [id, start, bytes.byteLength, trace_id, payload_rows, touched_at_ms, pack]
  })
  await putPack(
    platform,
    key,
    members.map(({ bytes }) => bytes),
  )
  const words = await packWords(members.map(({ trace, cells }) => ({ id: trace.id, cells })))
  const isPack = sql`(select k.id from trace_packs k where k.key = ${key})`
  const { taken } = await platform.db.batch({
    pack: sql`insert into trace_packs (key, size_bytes, created_at_ms)
      values (${key}, ${size}, ${platform.now()})`,
    taken: sql<{ id: number }>`update traces set pack = ${isPack}, pack_offset = j.value ->> 1,
        pack_length = j.value ->> 2, payload_rows = 0
      from json_each(${jsonRowsOf(rows)}) j
      where traces.id = j.value ->> 0 and traces.trace_id = j.value ->> 3
        and traces.payload_rows = j.value ->> 4 and traces.touched_at_ms = j.value ->> 5
        and traces.pack is j.value ->> 6
      returning traces.id`,
    payloads: sql`delete from trace_payloads where id in (
      select p.id from traces t cross join trace_payloads p
        on p.id >= t.id * 65536 and p.id < (t.id + 1) * 65536
      where t.pack = ${isPack})`,
    ...wordStatements(isPack, words),
    unused: sql`delete from trace_packs where key = ${key}
      and not exists (select 1 from traces t where t.pack = trace_packs.id)`,
  })
  return taken.length
}
