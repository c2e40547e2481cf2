import { context, trace } from '@opentelemetry/api'
import { ExportResultCode } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { type ReadableSpan, TracerProvider } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import { findFreePort } from '../../../src/cli/serving/serve/find-free-port.ts'
import { startServer, temporaryFolder } from '../../support/gatehouse-process.ts'

/** A process is killed when so many requests were answered, in the middle of others. */
const killsAt = [3, 40, 90, 150]
const tracesCount = 80
const spansPerTrace = 5
const spansPerBatch = 7
const senders = 4
const neverSent = `tr-${'ab'.repeat(16)}`

type Server = Awaited<ReturnType<typeof startServer>>

/** A request of a client. One that is lost, it sends again. */
type Sending = (server: Server) => Promise<'answered' | 'lost'>

test("what OpenTelemetry's exporter sends in protobuf to a server that is killed and started again is there once", async () => {
  const data = await temporaryFolder()
  const port = ['--port', String(await findFreePort())]
  const server = await startServer(data, port)
  const made = await server.post('experiments/create', { name: 'killed' })
  const experiment: string = made.json.experiment_id
  const spans = makeSpans()
  const ids = [...new Set(spans.map(traceIdOf))]
  const waiting = mixed([
    ...sendingsOfSpans(spans, { url: server.url, experiment }),
    ...[...ids, neverSent].map((id) => sendingOfInfo(id, experiment)),
  ])
  let alive = Promise.resolve(server)
  const restart = async () => {
    await (await alive).stop('SIGKILL')
    return startServer(data, port)
  }
  const kills = [...killsAt]
  let answered = 0
  const sendOn = async () => {
    for (let send = waiting.shift(); send; send = waiting.shift()) {
      if ((await send(server)) === 'lost') {
        waiting.unshift(send)
        await alive
      } else if (++answered === kills[0]) {
        kills.shift()
        alive = restart()
      }
    }
  }
  await Promise.all(Array.from({ length: senders }, sendOn))
  expect(kills, 'a process was killed each time').toEqual([])
  const last = await alive
  await expectOnce(last, spans)
  for (const id of ids) expect(await placeTold(last, id, experiment)).toBe('TRACKING_STORE')
  expect(await placeTold(last, neverSent, experiment)).toBe(undefined)
  await last.stop()
}, 180_000)

/** Spans of traces as they end: children first. */
function makeSpans(): ReadableSpan[] {
  const ended: ReadableSpan[] = []
  const done = () => Promise.resolve()
  const provider = new TracerProvider({
    spanProcessors: [
      {
        onStart: () => undefined,
        onEnd: (span) => ended.push(span),
        ...{ forceFlush: done, shutdown: done },
      },
    ],
  })
  const tracer = provider.getTracer('test')
  for (let n = 0; n < tracesCount; n++) {
    const root = tracer.startSpan(`root ${n}`)
    const within = trace.setSpan(context.active(), root)
    for (let i = 1; i < spansPerTrace; i++) {
      tracer.startSpan(`child ${i} of ${n}`, { attributes: { n, i } }, within).end()
    }
    root.end()
  }
  return ended
}

/** In batches that cut across traces, and some of them twice. */
function sendingsOfSpans(
  spans: readonly ReadableSpan[],
  { url, experiment }: { readonly url: string; readonly experiment: string },
): Sending[] {
  const exporter = new OTLPTraceExporter({
    url: `${url}/v1/traces`,
    headers: { 'x-mlflow-experiment-id': experiment },
  })
  const batches = Array.from({ length: Math.ceil(spans.length / spansPerBatch) }, (_, i) =>
    spans.slice(i * spansPerBatch, (i + 1) * spansPerBatch),
  )
  return [...batches, ...batches.filter((_batch, i) => i % 5 === 0)].map(
    (batch) => () =>
      new Promise((told) => {
        exporter.export(batch, ({ code }) =>
          told(code === ExportResultCode.SUCCESS ? 'answered' : 'lost'),
        )
      }),
  )
}

function sendingOfInfo(id: string, experiment: string): Sending {
  return async (server) => {
    try {
      const place = await placeTold(server, id, experiment)
      if (place === undefined) return 'answered'
      expect(place).toBe('TRACKING_STORE')
      const read = await readSpans(server, id)
      expect(read.length, 'it is told only of spans that are there').toBeGreaterThan(0)
      return 'answered'
    } catch (err) {
      if (err instanceof TypeError) return 'lost'
      throw err
    }
  }
}

/** Send an info. @returns where its answer says that the spans are */
async function placeTold(
  server: Server,
  id: string,
  experiment: string,
): Promise<string | undefined> {
  const { status, json, text } = await server.post3('traces', {
    trace: {
      trace_info: {
        trace_id: id,
        trace_location: { mlflow_experiment: { experiment_id: experiment } },
        ...{ request_time: '2026-01-01T00:00:00Z', execution_duration: '1s', state: 'OK' },
      },
    },
  })
  expect(status, text).toBe(200)
  return json.trace.trace_info.tags['mlflow.trace.spansLocation']
}

async function readSpans(server: Server, id: string): Promise<{ name: string; span_id: string }[]> {
  const { json } = await server.call(
    'GET',
    `/api/3.0/mlflow/traces/get?trace_id=${id}&allow_partial=true`,
  )
  return json.trace?.spans ?? []
}

async function expectOnce(server: Server, spans: readonly ReadableSpan[]): Promise<void> {
  const wanted = Map.groupBy(spans, traceIdOf)
  for (const [id, sent] of wanted) {
    const read = await readSpans(server, id)
    const idsOf = sent.map((span) => `${span.name}: ${hexToBase64(span.spanContext().spanId)}`)
    expect(read.map(({ name, span_id }) => `${name}: ${span_id}`).sort()).toEqual(idsOf.sort())
  }
}

function traceIdOf(span: ReadableSpan): string {
  return `tr-${span.spanContext().traceId}`
}

function hexToBase64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64')
}

/** In an order that has neither infos nor spans first. */
function mixed<T>(items: readonly T[]): T[] {
  const stride = 7
  return items
    .map((item, i) => ({ item, place: (i % stride) * items.length + i }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item)
}
