/** Many folded traces in the files of a running server, without its requests: those would take an hour. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { sql } from 'drizzle-orm'
import { makeSpans } from '../src/mlflow/traces/otlp.ts'
import { readProtobuf } from '../src/mlflow/traces/otlp-protobuf.ts'
import { LibsqlFile } from '../src/platform/node/libsql-file.ts'
import { gatherTraces } from '../src/traces/ingest/gather-traces.ts'
import { packLines } from '../src/traces/spans/payload.ts'
import { spanLineOf } from '../src/traces/spans/span-line.ts'
import { collectCells } from '../src/traces/words/grams.ts'
import { packWords, wordStatements } from '../src/traces/words/pack-words.ts'
import { infoRequest, spansRequest, traceIdOf } from './otlp.ts'

const perPack = 500

type Filling = {
  /** Of the server. */
  readonly folder: string
  /** A trace that the server has. */
  readonly like: number
  readonly experiment: string
  readonly from: number
  readonly to: number
}

/** Traces as the server would have them that had been sent the traces `from` to before `to`, and had folded them. */
export async function fillFolded(filling: Filling): Promise<void> {
  const db = new LibsqlFile(join(filling.folder, 'gatehouse.db'))
  try {
    for (let at = filling.from; at < filling.to; at += perPack) {
      await writePack(db, filling, at)
    }
  } finally {
    await db.close()
  }
}

async function writePack(db: LibsqlFile, { like, experiment, folder, to }: Filling, from: number) {
  const traces = Array.from({ length: Math.min(perPack, to - from) }, (_, i) => from + i)
  const lines = await linesOf(traces)
  const key = `traces/00/bench${from}`
  const packed: Uint8Array[] = []
  const cells: Uint16Array[] = []
  const rows: string[] = []
  let size = 0
  for (const trace of traces) {
    const own = lines.get(traceIdOf(trace)) ?? []
    const bytes = await packLines(own)
    cells.push(await collectCells(own))
    const { trace_info: info } = JSON.parse(infoRequest(trace, experiment)).trace
    const { request_preview, response_preview, tags, trace_metadata } = info
    const timeMs = Date.parse(info.request_time)
    rows.push(
      JSON.stringify([
        ...[info.trace_id, timeMs, size, bytes.byteLength, request_preview, response_preview],
        ...[JSON.stringify(tags), JSON.stringify(trace_metadata)],
      ]),
    )
    packed.push(bytes)
    size += bytes.byteLength
  }
  const path = join(folder, 'artifacts', key)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, Buffer.concat(packed))
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
      from json_each(${`[${rows.join(',')}]`}) j join traces t on t.trace_id = ${traceIdOf(like)}
      order by j.key returning id`,
    kinds: sql`insert into trace_span_kinds (trace, kind) select t.id, k.kind from traces t
      join traces l on l.trace_id = ${traceIdOf(like)} join trace_span_kinds k on k.trace = l.id
      where t.pack = ${isPack}`,
  })
  const words = await packWords(
    made.map(({ id }, i) => ({ id, cells: cells[i] ?? new Uint16Array(0) })),
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
