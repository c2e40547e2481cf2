import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { LibsqlFile } from '../../../src/platform/node/libsql/libsql-file.ts'
import { run, startServer, temporaryFolder } from '../../support/gatehouse-process.ts'
import { otlpOf, type SentSpan, traceId } from '../../support/trace-server.ts'

/**
 * When each process is killed: so many writes after it began, few enough to be in the middle of them, or
 * as soon as it has written a pack, whose rows it then is about to change.
 */
const kills = [25, 'pack', 60, 'pack', 15, 'pack', 'pack', 80] as const
const tracesPerLife = 40
const spansPerTrace = 5
const writers = 6
const hourMs = 3_600_000

type Server = Awaited<ReturnType<typeof startServer>>

/** Work of a client, which it does again until it is answered. It resolves to what is to be done after it. */
type Send = (server: Server, experiment: string) => Promise<readonly Send[]>

test('a process killed while spans arrive and are folded has each span once when clients have sent again', async () => {
  const data = await temporaryFolder()
  let server = await startServer(data)
  const made = await server.post('experiments/create', { name: 'killed' })
  const experiment: string = made.json.experiment_id
  const waiting: Send[] = []
  let traces = 0
  for (const kill of kills) {
    waiting.push(...sendsOf(traces + 1, traces + tracesPerLife))
    traces += tracesPerLife
    if (kill === 'pack') await sendUntilPacked(server, { data, experiment, waiting })
    else await sendUntilKilled(server, experiment, { waiting, writes: kill })
    await ageTraces(data)
    server = await startServer(data)
  }
  await sendAll(server, experiment, waiting)
  await expectWhole(server, experiment, traces)
  await server.stop()
  await ageTraces(data)
  server = await startServer(data)
  await expect.poll(() => foldedIn(data), { timeout: 20_000 }).toEqual({ rows: 0, traces })
  await expectWhole(server, experiment, traces)
  await server.stop()
  await expectSound(data)
}, 180_000)

/**
 * What clients send of traces `from` to `to`: spans in batches that cut across traces, some of them twice,
 * and infos before, between and after them.
 */
function sendsOf(from: number, to: number): Send[] {
  const traces = Array.from({ length: to - from + 1 }, (_, i) => from + i)
  const spans = traces.flatMap(spansOf)
  const batches = Array.from({ length: Math.ceil(spans.length / 7) }, (_, i) =>
    sendSpans(spans.slice(i * 7, i * 7 + 7)),
  )
  const infos = traces.map((trace) => sendInfo(trace))
  return mixed([...batches, ...infos, ...batches.filter((_batch, i) => i % 4 === 0)], from)
}

function spansOf(trace: number): SentSpan[] {
  return Array.from({ length: spansPerTrace }, (_, i) => ({
    ...{ trace, id: i + 1, ...(i === 0 ? {} : { parent: 1 }) },
    attributes: { 'mlflow.spanInputs': { text: textOf(trace, i + 1) } },
  }))
}

function textOf(trace: number, span: number): string {
  return `trace ${trace} span ${span} ${'.'.repeat(trace % 50)}`
}

function sendSpans(spans: readonly SentSpan[]): Send {
  return async ({ url }, experiment) => {
    await ok(
      fetch(`${url}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-mlflow-experiment-id': experiment },
        body: JSON.stringify(otlpOf(spans)),
      }),
    )
    return []
  }
}

/** A client that is not told that the spans are there uploads all of them as a file. */
function sendInfo(trace: number): Send {
  return async (server, experiment) => {
    const { status, json, text } = await server.post3('traces', {
      trace: {
        trace_info: {
          trace_id: traceId(trace),
          trace_location: { mlflow_experiment: { experiment_id: experiment } },
          ...{ request_time: '2026-01-01T00:00:00Z', execution_duration: '1s', state: 'OK' },
          trace_metadata: {
            'mlflow.trace.sizeStats': JSON.stringify({ num_spans: spansPerTrace }),
          },
        },
      },
    })
    expect(status, text).toBe(200)
    const where = json.trace.trace_info.tags['mlflow.trace.spansLocation']
    if (where === undefined) return [uploadSpans(trace)]
    expect(where).toBe('TRACKING_STORE')
    const read = await server.call(
      'GET',
      `/api/3.0/mlflow/traces/get?trace_id=${traceId(trace)}&allow_partial=true`,
    )
    expect(read.json.trace.spans?.length, 'it is told only of spans that are there').toBeTruthy()
    return []
  }
}

function uploadSpans(trace: number): Send {
  return async ({ url }, experiment) => {
    const spans = spansOf(trace).map(({ id, parent }) => ({
      trace_id: base64(trace, 16),
      span_id: base64(id, 8),
      parent_span_id: parent === undefined ? null : base64(parent, 8),
      name: `span ${id}`,
      ...{ start_time_unix_nano: 1, end_time_unix_nano: 2, events: [], status: { code: 'OK' } },
      attributes: {
        'mlflow.traceRequestId': JSON.stringify(traceId(trace)),
        'mlflow.spanInputs': JSON.stringify({ text: textOf(trace, id) }),
      },
    }))
    const path = `${experiment}/traces/${traceId(trace)}/artifacts/traces.json`
    await ok(
      fetch(`${url}/api/2.0/mlflow-artifacts/artifacts/${path}`, {
        method: 'PUT',
        body: JSON.stringify({ spans }),
      }),
    )
    return []
  }
}

function base64(number: number, bytes: number): string {
  return Buffer.from(number.toString(16).padStart(bytes * 2, '0'), 'hex').toString('base64')
}

async function ok(answer: Promise<Response>): Promise<void> {
  const res = await answer
  const text = await res.text()
  expect(res.status, text).toBe(200)
}

/** In an order of its own for each seed. */
function mixed<T>(items: readonly T[], seed: number): T[] {
  let state = seed
  const placed = items.map((item) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return { item, place: state }
  })
  return placed.sort((a, b) => a.place - b.place).map(({ item }) => item)
}

/** Clients go on until the process dies under them; what was not answered is left in `waiting`. */
async function sendUntilKilled(
  server: Server,
  experiment: string,
  { waiting, writes }: { readonly waiting: Send[]; readonly writes: number },
): Promise<void> {
  let done = 0
  await sendAll(server, experiment, waiting, () => {
    done++
    if (done === writes) void server.stop('SIGKILL')
  })
  await server.stop('SIGKILL')
  expect(waiting.length, 'it was killed before the work was done').toBeGreaterThan(0)
}

/** Clients go on while the process folds what is old, which it does not finish. */
async function sendUntilPacked(
  server: Server,
  world: { readonly data: string; readonly experiment: string; readonly waiting: Send[] },
): Promise<void> {
  const { data, experiment, waiting } = world
  const before = (await packsIn(data)).length
  const sending = sendAll(server, experiment, waiting, () => undefined)
  await expect
    .poll(async () => (await packsIn(data)).length, { interval: 1, timeout: 20_000 })
    .toBeGreaterThan(before)
  await server.stop('SIGKILL')
  await sending
}

async function sendAll(
  server: Server,
  experiment: string,
  waiting: Send[],
  onDone?: () => void,
): Promise<void> {
  const unanswered: Send[] = []
  const writer = async () => {
    for (let send = waiting.shift(); send; send = waiting.shift()) {
      try {
        waiting.push(...(await send(server, experiment)))
        onDone?.()
      } catch (err) {
        unanswered.push(send)
        if (onDone && isConnectionError(err)) return
        throw err
      }
    }
  }
  await Promise.all(Array.from({ length: writers }, writer))
  waiting.push(...unanswered)
}

function isConnectionError(err: unknown): boolean {
  return err instanceof TypeError
}

/** Make all traces quiet for long, so that the next process folds at once. */
async function ageTraces(data: string): Promise<void> {
  const db = new LibsqlFile(join(data, 'gatehouse.db'))
  await db.all(sql`update traces set touched_at_ms = touched_at_ms - ${hourMs}`)
  await db.all(sql`update trace_folding set next_at_ms = 0`)
  db.close()
}

async function foldedIn(data: string) {
  const db = new LibsqlFile(join(data, 'gatehouse.db'))
  const counts = await db.first(sql`select (select count(*) from trace_payloads) as rows,
    (select count(*) from traces where pack is not null and payload_rows = 0) as traces`)
  db.close()
  return counts
}

/** Objects of the store, whether rows name them or not. */
async function packsIn(data: string): Promise<string[]> {
  const folder = join(data, 'artifacts', 'traces')
  if (!existsSync(folder)) return []
  const names = await readdir(folder, { recursive: true })
  return names.map((name) => basename(name)).filter((name) => name.length === 32)
}

async function expectWhole(server: Server, experiment: string, traces: number): Promise<void> {
  const all = Array.from({ length: traces }, (_, i) => i + 1)
  for (let at = 0; at < traces; at += 50) {
    const some = all.slice(at, at + 50)
    const query = some.map((trace) => `trace_ids=${traceId(trace)}`).join('&')
    const { json } = await server.call('GET', `/api/3.0/mlflow/traces/batchGet?${query}`)
    type Read = { trace_info: { state: string }; spans: { name: string; attributes: unknown }[] }
    const read: readonly Read[] = json.traces
    expect(read).toHaveLength(some.length)
    for (const [i, { trace_info, spans }] of read.entries()) {
      expect(trace_info.state).toBe('OK')
      const texts = spans.map(
        ({ attributes }) => /trace \d+ span \d+ \.*/.exec(JSON.stringify(attributes))?.[0],
      )
      const wanted = Array.from({ length: spansPerTrace }, (_, n) => textOf(some[i] ?? 0, n + 1))
      expect(texts.sort()).toEqual(wanted)
    }
  }
  const found = await server.post3('traces/search', {
    locations: [{ mlflow_experiment: { experiment_id: experiment } }],
    filter: "span.content LIKE '%trace 17 span 3 %'",
  })
  expect(found.json.traces.map((t: { trace_id: string }) => t.trace_id)).toEqual([traceId(17)])
}

/** The database is whole, and when gc has run the store has what its rows name and nothing else. */
async function expectSound(data: string): Promise<void> {
  const objects = (await packsIn(data)).length
  const gc = await run(['gc', '--data', data, '--grace', '0s'])
  expect(gc.code, gc.err).toBe(0)
  const db = new LibsqlFile(join(data, 'gatehouse.db'))
  const named = await db.all<{ key: string }>(sql`select key from trace_packs`)
  expect((await packsIn(data)).sort()).toEqual(named.map(({ key }) => basename(key)).sort())
  expect(named.length, 'a process died between a pack and its rows').toBeLessThan(objects)
  expect(await db.all(sql`pragma integrity_check`)).toEqual([{ integrity_check: 'ok' }])
  db.close()
}
