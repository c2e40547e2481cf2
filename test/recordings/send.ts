import { Agent, request } from 'node:http'
import type { Names } from './names.ts'
import { type Body, type Exchange, type Json, uncut } from './recording.ts'

export type Answer = { readonly status: number; readonly bytes: Buffer }

const agent = new Agent({ keepAlive: true })

/** Send a recorded request. By node:http, because fetch would tidy up the odd paths of the probes. */
export function send(url: string, exchange: Exchange, names: Names): Promise<Answer> {
  const { hostname, port } = new URL(url)
  const bytes = bodyBytes(exchange.body, names)
  const headers: Record<string, string | number> = headersOf(exchange, names)
  if (bytes !== undefined) headers['content-length'] = bytes.length
  const named = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type')
  if (exchange.body.kind === 'json' && !named) headers['content-type'] = 'application/json'
  const path = names.translate(exchange.path) + queryText(exchange.query, names)
  return new Promise((resolve, reject) => {
    const req = request(
      { hostname, port, method: exchange.method, path, headers, agent },
      (res) => {
        const chunks: Buffer[] = []
        res.on('data', (chunk: Buffer) => chunks.push(chunk))
        res.on('end', () => resolve({ status: res.statusCode ?? 0, bytes: Buffer.concat(chunks) }))
        res.on('error', reject)
      },
    )
    req.setTimeout(60_000, () => req.destroy(new Error(`${exchange.title}: no answer in 60 s`)))
    req.on('error', reject)
    req.end(bytes)
  })
}

function headersOf({ headers, body }: Exchange, names: Names): Record<string, string> {
  const sent = Object.entries(headers).map(([name, value]) => {
    const key = name.toLowerCase()
    const field = key === 'x-mlflow-experiment-id' ? 'experiment_id' : ''
    return [key, names.translate(value, field)]
  })
  const asJson = { 'content-type': 'application/json', 'content-encoding': 'identity' }
  return { ...Object.fromEntries(sent), ...(body.kind === 'otlp' ? asJson : {}) }
}

function bodyBytes(body: Body, names: Names): Buffer | undefined {
  switch (body.kind) {
    case 'empty':
    case 'lost':
      return undefined
    case 'binary':
      return Buffer.alloc(body.sizeBytes, 7)
    case 'bytes':
      return body.bytes
    case 'otlp':
      return Buffer.from(JSON.stringify(uncutAll(body.json)))
    case 'json':
      return Buffer.from(JSON.stringify(uncutAll(names.translateAll(body.json))))
    case 'text': {
      // A text with ids of another length would have another size than the lists of files say.
      const text = Buffer.from(names.translate(uncut(body.text)))
      return Buffer.concat([text, Buffer.alloc(Math.max(0, body.sizeBytes - text.length), 32)])
    }
  }
}

function uncutAll(value: Json): Json {
  if (typeof value === 'string') return uncut(value)
  if (Array.isArray(value)) return value.map(uncutAll)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, uncutAll(entry)]))
}

function queryText(query: { readonly [key: string]: Json }, names: Names): string {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) {
    for (const entry of Array.isArray(value) ? value : [value]) {
      params.append(key, names.translate(String(entry), key))
    }
  }
  return params.size > 0 ? `?${params}` : ''
}
