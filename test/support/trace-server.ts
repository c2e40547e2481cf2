import type { Platform } from '../../src/platform/context.ts'
import type { Json, Reply } from './client.ts'
import { testServer } from './server.ts'

/** A span as OTLP's JSON has it; ids are made of one number each. */
export type SentSpan = {
  readonly trace?: number
  readonly id: number
  readonly parent?: number
  readonly name?: string
  readonly type?: string
  readonly startMs?: number
  readonly endMs?: number
  /** OTLP's number: 1 is OK, 2 is ERROR. */
  readonly status?: number
  /** Of the status. */
  readonly message?: string
  readonly attributes?: Readonly<Record<string, unknown>>
  readonly [field: string]: unknown
}

const startMs = Date.parse('2026-01-01T00:00:00Z')

/** The id of the trace with this number: `tr-` and 32 hex digits. */
export function traceId(trace = 1): string {
  return `tr-${hex(trace, 32)}`
}

/** OTLP's JSON of `spans`, below one resource. */
export function otlpOf(spans: readonly SentSpan[], resource: object = {}): Json {
  const sent = spans.map(({ trace = 1, id, parent, type, attributes, ...rest }) => {
    const { startMs: from = startMs, endMs: to = from + 1000, status, message, ...others } = rest
    const typed = type === undefined ? {} : { 'mlflow.spanType': type }
    return {
      traceId: hex(trace, 32),
      spanId: hex(id, 16),
      ...(parent === undefined ? {} : { parentSpanId: hex(parent, 16) }),
      name: `span ${id}`,
      startTimeUnixNano: `${from}000000`,
      endTimeUnixNano: to === 0 ? '0' : `${to}000000`,
      attributes: pairsOf({ ...typed, ...attributes }),
      ...(status === undefined ? {} : { status: { code: status, message } }),
      ...others,
    }
  })
  return {
    resourceSpans: [{ resource: { attributes: pairsOf(resource) }, scopeSpans: [{ spans: sent }] }],
  }
}

/** A server with an experiment, and what tests of traces ask of it. */
export async function traceServer(overrides: Partial<Platform> = {}) {
  const server = await testServer(overrides)
  const { call } = server
  const made = await server.post('experiments/create', { name: 'traced' })
  const experiment: string = made.json.experiment_id
  const sendOtlp = async (body: unknown, headers: Record<string, string> = {}) => {
    const res = await server.app.request('/v1/traces', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-mlflow-experiment-id': experiment,
        ...headers,
      },
      body: body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body),
    })
    return { status: res.status, text: await res.text(), type: res.headers.get('content-type') }
  }
  return {
    ...server,
    experiment,
    sendOtlp,
    /** Log spans that must be taken. */
    async log(spans: readonly SentSpan[], resource: object = {}): Promise<void> {
      const { status, text } = await sendOtlp(otlpOf(spans, resource))
      if (status !== 200) throw new Error(`${status} ${text}`)
    },
    /** Send the info of a trace, as clients do once its root ended. */
    info: (info: object = {}, trace = 1): Promise<Reply> =>
      server.post3('traces', {
        trace: {
          trace_info: {
            trace_id: traceId(trace),
            trace_location: { mlflow_experiment: { experiment_id: experiment } },
            request_time: '2026-01-01T00:00:00Z',
            execution_duration: '1s',
            state: 'OK',
            ...info,
          },
        },
      }),
    get: (path: string): Promise<Reply> => call('GET', `/api/3.0/mlflow/traces/${path}`),
    /** The trace with its spans. */
    async read(trace = 1, query = ''): Promise<Json> {
      const path = `/api/3.0/mlflow/traces/get?trace_id=${traceId(trace)}${query}`
      const { json, status, text } = await call('GET', path)
      if (status !== 200) throw new Error(`${status} ${text}`)
      return json.trace
    },
  }
}

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, '0')
}

function pairsOf(values: object): object[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: anyValue(value) }))
}

/** Whole numbers are integers; a double is written as `{ double: 1 }`. */
function anyValue(value: unknown): object {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number' || typeof value === 'bigint') return { intValue: `${value}` }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } }
  if (typeof value === 'object' && value !== null) {
    if ('double' in value) return { doubleValue: value.double }
    return { kvlistValue: { values: pairsOf(value) } }
  }
  return {}
}
