import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

export type Body =
  | { readonly kind: 'json'; readonly json: Json }
  | { readonly kind: 'text'; readonly text: string; readonly sizeBytes: number }
  | { readonly kind: 'binary'; readonly sizeBytes: number }
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  /** Spans in protobuf, of which the recording has what they say: they are sent as OTLP's JSON. */
  | { readonly kind: 'otlp'; readonly json: Json }
  | { readonly kind: 'empty' }
  /** Cut in the recording, and not to be guessed. */
  | { readonly kind: 'lost' }

/** One request and its answer, as recorded from MLflow's server. */
export type Exchange = {
  /** `c-registry-client-tour#12`; probes have their label too. */
  readonly title: string
  readonly method: string
  readonly path: string
  readonly query: { readonly [key: string]: Json }
  readonly headers: { readonly [name: string]: string }
  readonly body: Body
  readonly status: number
  readonly answer: Body
}

type Fields = { readonly [key: string]: Json | undefined }

/** The exchanges of one `.jsonl` file, in their order. */
export async function readRecording(folder: string, name: string): Promise<Exchange[]> {
  const lines = (await readFile(join(folder, `${name}.jsonl`), 'utf8')).trim().split('\n')
  return lines.map((line, index) => {
    const record: Json = JSON.parse(line)
    const fields = asFields(record)
    return 'request' in fields ? probe(name, index + 1, fields) : workload(name, fields)
  })
}

/** Recordings cut long texts as `start...<N chars>`: a text of that length with that start. */
export function uncut(text: string): string {
  const cut = /^(.*?)\.\.\.<(\d+) chars>$/s.exec(text)
  const start = cut?.[1]
  return start === undefined ? text : start.padEnd(Number(cut?.[2]), start.at(-1) ?? ' ')
}

function workload(name: string, fields: Fields): Exchange {
  return {
    title: `${name}#${fields.n}`,
    method: String(fields.method),
    path: String(fields.path),
    query: jsonObject(fields.query),
    headers: headersOf(fields.request_headers),
    body: workloadBody(fields.request_body),
    status: Number(fields.status),
    answer: workloadBody(fields.response_body),
  }
}

function workloadBody(value: Json | undefined): Body {
  const fields = asFields(value)
  if (fields.json !== undefined) return jsonBody(fields.json)
  if (typeof fields.text === 'string') {
    return { kind: 'text', text: fields.text, sizeBytes: Number(fields.size) }
  }
  if (fields.decoded_otlp !== undefined) return otlpBody(fields.binary, fields.decoded_otlp)
  if (fields.binary !== undefined) {
    return { kind: 'binary', sizeBytes: Number(asFields(fields.binary).size) }
  }
  return { kind: 'empty' }
}

function probe(name: string, n: number, fields: Fields): Exchange {
  const request = asFields(fields.request)
  const response = asFields(fields.response)
  return {
    title: `${name}#${n} (${fields.label})`,
    method: String(request.method),
    path: String(request.path),
    query: jsonObject(request.query),
    headers: headersOf(request.headers),
    body:
      request.decoded_otlp === undefined
        ? probeBody(request.body, request.raw_body)
        : otlpBody(request.raw_body, request.decoded_otlp),
    status: Number(response.status),
    answer: response.body === undefined ? { kind: 'empty' } : { kind: 'json', json: response.body },
  }
}

/** Small bodies are there as they were sent, large ones as what they say, with ids in base64 or hex. */
function otlpBody(sent: Json | undefined, decoded: Json): Body {
  const { base64 } = asFields(sent)
  return typeof base64 === 'string'
    ? { kind: 'bytes', bytes: Buffer.from(base64, 'base64') }
    : { kind: 'otlp', json: withHexIds(decoded) }
}

const spanIds = /^(trace|span|parentSpan)Id$/

function withHexIds(value: Json, key = ''): Json {
  if (typeof value === 'string') {
    const isBase64 = spanIds.test(key) && value.endsWith('=')
    return isBase64 ? Buffer.from(value, 'base64').toString('hex') : value
  }
  if (Array.isArray(value)) return value.map((entry) => withHexIds(entry))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [name, withHexIds(entry, name)]),
  )
}

/** A JSON body that was cut is there as text; one cut inside its last string can be told. */
function jsonBody(json: Json): Body {
  const cut = typeof json === 'string' ? /^(\{.*(.)\2{9})\.\.\.<(\d+) chars>$/s.exec(json) : null
  if (!cut) return isCut(json) ? { kind: 'lost' } : { kind: 'json', json }
  try {
    return { kind: 'json', json: JSON.parse(`${cut[1]?.padEnd(Number(cut[3]) - 2, cut[2])}"}`) }
  } catch {
    // Cut deeper inside: what stood there can't be told.
    return { kind: 'lost' }
  }
}

function isCut(json: Json): boolean {
  return typeof json === 'string' && /\.\.\.<\d+ chars>$/.test(json)
}

function probeBody(json: Json | undefined, raw: Json | undefined): Body {
  if (json !== undefined) return jsonBody(json)
  const { base64 } = asFields(raw)
  if (typeof base64 === 'string') return { kind: 'bytes', bytes: Buffer.from(base64, 'base64') }
  if (typeof raw !== 'string') return { kind: 'empty' }
  const size = /^<(\d+) bytes>$/.exec(raw)?.[1]
  if (size !== undefined) return { kind: 'binary', sizeBytes: Number(size) }
  return { kind: 'text', text: raw, sizeBytes: Buffer.byteLength(uncut(raw)) }
}

function asFields(value: Json | undefined): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}

function jsonObject(value: Json | undefined): { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}

function headersOf(value: Json | undefined): { [name: string]: string } {
  return Object.fromEntries(Object.entries(jsonObject(value)).map(([k, v]) => [k, String(v)]))
}
