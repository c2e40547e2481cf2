import { chunksOf } from '../core/bytes.ts'
import { invalid, RegistryError } from '../core/error.ts'
import { type JsonSize, measureJson } from '../core/measure-json.ts'
import { checkWholeText } from '../core/names.ts'
import { letOthersRun } from '../core/rounds.ts'
import type { ByteStream } from '../platform/ports.ts'
import type { AppContext } from './app-env.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/**
 * The request's body as text, read whole.
 *
 * @throws PAYLOAD_TOO_LARGE it has more than `settings.jsonBytesMax` bytes
 * @throws INVALID_PARAMETER_VALUE it is compressed or not UTF-8
 */
async function readText(c: AppContext): Promise<string> {
  const encoding = c.req.header('content-encoding')
  if (encoding && encoding !== 'identity') {
    throw invalid(`Content-Encoding '${encoding}' is not supported; send the body uncompressed`)
  }
  const bytes = await readBytes(c, c.get('ctx').settings.jsonBytesMax)
  try {
    const text = utf8.decode(bytes)
    // Each step of reading a large body is a turn of its own.
    if (bytes.byteLength > turnBytesMax) await letOthersRun()
    return text
  } catch (err) {
    throw invalid('The request body is not valid UTF-8', { cause: err })
  }
}

const turnBytesMax = 200_000

/** A search names up to 100,000 experiments; a batch of 1,000 metrics has 4,000 values. */
const valuesMax = 120_000
/** Of bodies whose parsing looks at each value by itself, which takes several times longer. */
const readValuesMax = 30_000

/**
 * Refuses JSON text with so many values that parsing it would hold up everybody else.
 *
 * @param isByValue whether the parser looks at each value by itself
 * @throws PAYLOAD_TOO_LARGE
 */
export function checkJsonSize({ marks }: JsonSize, isByValue = false): void {
  const most = isByValue ? readValuesMax : valuesMax
  if (marks <= most) return
  throw new RegistryError(
    'PAYLOAD_TOO_LARGE',
    `The request's JSON has more than ${most} values; send fewer at once`,
  )
}

/**
 * The request's body, which must be a JSON object; no body counts as an empty one.
 *
 * @param parse throws INVALID_PARAMETER_VALUE for what is not JSON, and as `checkJsonSize`
 * @throws PAYLOAD_TOO_LARGE, or INVALID_PARAMETER_VALUE for any other body
 */
export async function readJsonObject(
  c: AppContext,
  parse: (text: string) => unknown,
): Promise<object> {
  const text = await readText(c)
  if (text === '') return {}
  const type = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json') {
    throw invalid(`Content-Type must be application/json, not '${type ?? ''}'`)
  }
  const body = parse(text)
  if (text.length > turnBytesMax) await letOthersRun()
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalid('The request body must be a JSON object')
  }
  return body
}

/**
 * Escapes of a NUL, or of half of a character; and a key that copies of an object lose without a word,
 * however its letters are written.
 */
const hardTexts = /\\u(?:0000|d[89a-f]|00[567])|__proto__/i

/**
 * JSON whose texts and keys a database keeps as they are.
 *
 * @param levelsMax of lists and objects
 * @throws INVALID_PARAMETER_VALUE it is no JSON, has another text, or is nested deeper
 * @throws PAYLOAD_TOO_LARGE as `checkJsonSize`
 */
export function parseWholeJson(text: string, levelsMax = Number.POSITIVE_INFINITY): unknown {
  const isHard = hardTexts.test(text)
  const size = measureJson(text)
  checkJsonSize(size, isHard)
  if (size.depth > levelsMax) {
    throw invalid(`The request's JSON is nested deeper than ${levelsMax}`)
  }
  try {
    return isHard ? JSON.parse(text, wholeValue) : JSON.parse(text)
  } catch (err) {
    if (err instanceof RegistryError) throw err
    throw invalid('The request body is not valid JSON', { cause: err })
  }
}

function wholeValue(key: string, value: unknown): unknown {
  if (key === '__proto__') throw invalid("No name may be '__proto__'")
  checkWholeText(key, key)
  if (typeof value === 'string') checkWholeText(value, key)
  return value
}

/**
 * The values of one field of a body that is a form or a JSON object.
 *
 * @throws PAYLOAD_TOO_LARGE, or INVALID_PARAMETER_VALUE for any other body
 */
export async function readFormOrJson(c: AppContext, field: string): Promise<string[]> {
  const text = await readText(c)
  const type = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type === 'application/x-www-form-urlencoded') return new URLSearchParams(text).getAll(field)
  if (type !== 'application/json') {
    throw invalid(`Content-Type must be a form or application/json, not '${type ?? ''}'`)
  }
  checkJsonSize(measureJson(text))
  const body = parseObject(text)
  const values = [Object.hasOwn(body, field) ? body[field] : []].flat()
  if (values.every((value) => typeof value === 'string')) return values
  throw invalid(`Invalid value for '${field}': it must be a list of texts`)
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const body: unknown = JSON.parse(text)
    if (typeof body === 'object' && body !== null) return { ...body }
  } catch (err) {
    throw invalid('The request body is not valid JSON', { cause: err })
  }
  throw invalid('The request body must be a JSON object')
}

/** The request's body, read whole. @throws PAYLOAD_TOO_LARGE it has more than `bytesMax` bytes */
export async function readBytes(c: AppContext, bytesMax: number): Promise<Uint8Array> {
  const tooLarge = () =>
    new RegistryError('PAYLOAD_TOO_LARGE', `The request body has more than ${bytesMax} bytes`)
  if (Number(c.req.header('content-length') ?? 0) > bytesMax) throw tooLarge()
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of requestBytes(c)) {
    size += chunk.byteLength
    if (size > bytesMax) throw tooLarge()
    chunks.push(chunk)
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : joined(chunks, size)
}

/** The request's body as it arrives. */
export function requestBytes(c: AppContext): ByteStream {
  const raw = c.get('rawBody')
  if (raw) return raw
  const { body } = c.req.raw
  return body ? chunksOf(body, declaredLength(c)) : nothing()
}

/** The length that the sender declared, if any. @throws INVALID_PARAMETER_VALUE it is no number */
export function declaredLength(c: AppContext): number | undefined {
  const header = c.req.header('content-length')
  if (header === undefined) return undefined
  if (!/^\d{1,15}$/.test(header)) throw invalid(`Invalid Content-Length '${header}'`)
  return Number(header)
}

async function* nothing(): ByteStream {}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return whole
}
