import { joinBytes } from '../src/core/bytes.ts'

/** Traces as MLflow's client sends them: spans in OTLP's protobuf, and an info in JSON. */
const encoder = new TextEncoder()

export const spansPerTrace = 20

/** So many spans a request, which is what MLflow's client sends unless it is told otherwise. */
export const spansPerRequest = 5

const words =
  'the quick answer about pears that a model gave to somebody who asked for it in autumn'.split(' ')

/** Some 300 characters, in an order of its own for each seed. */
function textOf(seed: number): string {
  let state = seed + 1
  const next = () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return words[Math.floor(state / 65_536) % words.length]
  }
  return Array.from({ length: 60 }, next).join(' ')
}

/** A word of seven letters that no other trace has. */
export function wordOf(trace: number): string {
  let left = (trace * 1_103_515_245 + 12_345) % 26 ** 7
  let word = ''
  for (let i = 0; i < 7; i++) {
    word += String.fromCharCode(97 + (left % 26))
    left = Math.floor(left / 26)
  }
  return word
}

function varint(value: number): number[] {
  const bytes: number[] = []
  let left = value
  while (left > 127) {
    bytes.push((left % 128) + 128)
    left = Math.floor(left / 128)
  }
  return [...bytes, left]
}

function field(number: number, body: Uint8Array): Uint8Array {
  return joinBytes([Uint8Array.from([...varint(number * 8 + 2), ...varint(body.length)]), body])
}

function fixed64(number: number, value: bigint): Uint8Array {
  const bytes = new Uint8Array(9)
  bytes[0] = number * 8 + 1
  new DataView(bytes.buffer).setBigUint64(1, value, true)
  return bytes
}

function text(number: number, value: string): Uint8Array {
  return field(number, encoder.encode(value))
}

function attribute(key: string, value: string): Uint8Array {
  return field(9, joinBytes([text(1, key), field(2, text(1, value))]))
}

function idOf(number: number, bytes: number): Uint8Array {
  return Uint8Array.from(hexOf(number, bytes).match(/../g) ?? [], (pair) =>
    Number.parseInt(pair, 16),
  )
}

/** As random as those of clients, and of each number another. */
function hexOf(number: number, bytes: number): string {
  const bits = BigInt(bytes) * 8n
  const mixed = BigInt.asUintN(bytes * 8, BigInt(number) * 0x9e3779b97f4a7c15f39cc0605cedc835n)
  const folded = mixed ^ (mixed >> (bits / 2n))
  return folded.toString(16).padStart(bytes * 2, '0')
}

export function traceIdOf(trace: number): string {
  return `tr-${hexOf(trace + 1, 16)}`
}

/** Traces begin a second after each other. */
const firstMs = Date.parse('2026-01-01T00:00:00Z')

function spanNumber(trace: number, span: number): number {
  return trace * spansPerTrace + span + 1
}

function spanOf(trace: number, span: number): Uint8Array {
  const jitterNs = BigInt((trace * 7919 + span * 104_729) % 1_000_000)
  const startNs = BigInt(firstMs + trace * 1000 + span * 10) * 1_000_000n + jitterNs
  const isRoot = span === spansPerTrace - 1
  const kind = span % 8
  return joinBytes([
    field(1, idOf(trace + 1, 16)),
    field(2, idOf(spanNumber(trace, span), 8)),
    ...(isRoot ? [] : [field(4, idOf(spanNumber(trace, spansPerTrace - 1), 8))]),
    text(5, isRoot ? 'answer' : `step ${kind}`),
    fixed64(7, startNs),
    fixed64(8, startNs + 9_000_000n + ((jitterNs * 7n) % 1_000_000n)),
    attribute('mlflow.spanType', isRoot ? 'AGENT' : kind === 3 ? 'LLM' : 'TOOL'),
    attribute('mlflow.spanInputs', JSON.stringify({ question: textOf(trace * 20 + span) })),
    attribute(
      'mlflow.spanOutputs',
      JSON.stringify(`${textOf(trace * 31 + span)} ${wordOf(trace)} no. ${trace}.`),
    ),
  ])
}

/** A request of `/v1/traces` with the spans `from` to before `to` of some traces; the root is the last. */
export function spansRequest(traces: readonly number[], from = 0, to = spansPerTrace): Uint8Array {
  const spans = traces.flatMap((trace) =>
    Array.from({ length: to - from }, (_, i) => field(2, spanOf(trace, from + i))),
  )
  return field(1, field(2, joinBytes(spans)))
}

/** The body of `POST traces`, with the metadata that MLflow's client sends. */
export function infoRequest(trace: number, experiment: string): string {
  return JSON.stringify({
    trace: {
      trace_info: {
        trace_id: traceIdOf(trace),
        trace_location: {
          type: 'MLFLOW_EXPERIMENT',
          mlflow_experiment: { experiment_id: experiment },
        },
        request_time: new Date(firstMs + trace * 1000).toISOString(),
        ...{ execution_duration: '0.199s', state: 'OK' },
        request_preview: textOf(trace * 20 + 19),
        response_preview: textOf(trace * 31 + 19),
        tags: { 'mlflow.traceName': 'answer', team: `team ${trace % 7}` },
        trace_metadata: {
          'mlflow.trace_schema.version': '3',
          'mlflow.source.name': 'app.py',
          'mlflow.source.type': 'LOCAL',
          'mlflow.user': 'ada',
          'mlflow.trace.session': `session ${Math.floor(trace / 10)}`,
          'mlflow.traceInputs': textOf(trace * 20 + 19).slice(0, 250),
          'mlflow.traceOutputs': textOf(trace * 31 + 19).slice(0, 250),
          'mlflow.trace.sizeStats': JSON.stringify({
            ...{ total_size_bytes: 11_000, num_spans: spansPerTrace },
            ...{ max: 900, p25: 500, p50: 550, p75: 600 },
          }),
        },
      },
    },
  })
}
