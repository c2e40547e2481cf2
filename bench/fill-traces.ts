/** Many folded traces in the files of a running server, without its requests: those would take an hour. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { sql } from 'drizzle-orm'
import { makeSpans } from '../src/mlflow/traces/otlp.ts'
import { readProtobuf } from '../src/mlflow/traces/otlp-protobuf.ts'
import { LibsqlFile } from '../src/platform/node/libsql/libsql-file.ts'
import { gatherTraces } from '../src/traces/ingest/gather-traces.ts'
import { packLines } from '../src/traces/spans/payload.ts'
import { spanLineOf } from '../src/traces/spans/span-line.ts'
import { collectCells } from '../src/traces/words/grams.ts'
import { packWords, wordStatements } from '../src/traces/words/pack-words.ts'
import { infoRequest, spansRequest, traceIdOf } from './otlp.ts'

const perPack = 500
/** So many packs have spans of their own; those beyond have the same again, as other traces. */
const ownPacks = 10

type Filling = {
  /** Of the server. */
  readonly folder: string
  /** A trace that the server has. */
  readonly like: number
  readonly experiment: string
  readonly from: number
  readonly to: number
}

/** Spans of a pack, and what searches know of them. */
type PackedSpans = {
  readonly parts: readonly Uint8Array[]
  readonly cells: readonly Uint16Array[]
}

/** Traces as the server would have them that had been sent the traces `from` to before `to`, and had folded them. */
export async function fillFolded(filling: Filling): Promise<void> {
  const db = new LibsqlFile(join(filling.folder, 'gatehouse.db'))
  const known: PackedSpans[] = []
  try {
    for (let at = filling.from; at < filling.to; at += perPack) {
      const place = Math.floor((at - filling.from) / perPack) % ownPacks
      const spans = known[place] ?? (await packSpans(at))
      known[place] = spans
      await writePack(db, filling, { from: at, spans })
    }
  } finally {
    await db.close()
  }
}

async function packSpans(from: number): Promise<PackedSpans> {
  const lines = await linesOf(Array.from({ length: perPack }, (_, i) => from + i))
  const parts: Uint8Array[] = []
  const cells: Uint16Array[] = []
  for (const own of lines.values()) {
    parts.push(await packLines(own))
    cells.push(await collectCells(own))
  }
  return { parts, cells }
}

type NewPack = { readonly from: number; readonly spans: PackedSpans }

async function writePack(db: LibsqlFile, filling: Filling, { from, spans }: NewPack) {
  const { like, experiment, folder, to } = filling
  const key = `traces/00/bench${from}`
  let size = 0
  const rows = spans.parts.slice(0, to - from).map((part, i) => {
    const { trace_info: info } = JSON.parse(infoRequest(from + i, experiment)).trace
    const start = size
    size += part.byteLength
    return JSON.stringify([
      ...[info.trace_id, Date.parse(info.request_time), start, part.byteLength],
      ...[info.request_preview, info.response_preview],
      ...[JSON.stringify(info.tags), JSON.stringify(info.trace_metadata)],
    ])
  })
  const path = join(folder, 'artifacts', key)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, Buffer.concat(spans.parts))
  const isPack = sql`(select k.id from trace_packs k where k.key = ${key})`
  const { made } = await db.batch({
    pack: sql`insert into trace_packs (key, size_bytes, created_at_ms) values (${key}, ${size}, 0)`,
    made: sql<{ id: number }>`insert into traces (workspace, trace_id, experiment, request_time_ms,
        duration_ms, state, finalized, payload_rows, touched_at_ms, pack, pack_offset, pack_length,
        request_preview, response_preview, tags, metadata, usage_told, cost_told)
      select t.workspace, j.value ->> 0, t.experiment, j.value ->> 1, t.duration_ms, t.state,
        t.finalized, 0, t.touched_at_ms, ${isPack}, j.value ->> 2, j.value ->> 3, j.value ->> 4,
        j.value ->> 5, replace(json_patch(t.tags, j.value ->> 6), t.trace_id, j.value ->> 0),
        json_patch(t.metadata, j.value ->> 7), t.usage_told, t.cost_told
      from json_each(${`[${rows.join(',')}]`}) j join traces t on t.workspace = 'default' and t.trace_id = ${traceIdOf(like)}
      order by j.key returning id`,
    kinds: sql`insert into trace_span_kinds (trace, kind) select t.id, k.kind from traces t
      join traces l on l.workspace = 'default' and l.trace_id = ${traceIdOf(like)} join trace_span_kinds k on k.trace = l.id
      where t.pack = ${isPack}`,
  })
  const words = await packWords(
    made.map(({ id }, i) => ({ id, cells: spans.cells[i] ?? new Uint16Array(0) })),
  )
  await db.batch(wordStatements(isPack, words))
}

/** The lines that the server keeps of the spans of some traces, by their ids. */
async function linesOf(traces: readonly number[]): Promise<Map<string, string[]>> {
  const sent = await readProtobuf(spansRequest(traces))
  const groups = await Promise.all(
    sent.map(async ({ spans }) => ({ spans: await makeSpans(spans), resource: {} })),
  )
  const gathered = await gatherTraces(groups)
  return new Map([...gathered].map(([id, { spans }]) => [id, spans.map(spanLineOf)]))
}
