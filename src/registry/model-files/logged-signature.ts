import { measureJson } from '../../core/measure-json.ts'
import { letOthersRun } from '../../core/rounds.ts'

/** MLflow's model signature as it was logged: columns in, columns out, params. Plain JSON, nested little. */
export type LoggedSignature = Readonly<Record<string, unknown>>

/** Types of columns nest; what is deeper was not written by a client. */
const depthMax = 64

/** Of a whole signature, see `measureJson`. Some 20,000 columns in and as many out have 160,000. */
const marksMax = 200_000

/** The most keys of one object: a column has few, and the properties of an object in it not many. */
const keysMax = 5000

const lists = ['inputs', 'outputs', 'params']

/**
 * A signature as an MLmodel has it: each part is JSON text, or YAML. Parts that are null are left out.
 *
 * @returns the signature; or what is wrong, to follow its name
 */
export async function readSignature(
  given: unknown,
): Promise<{ signature: LoggedSignature } | { problem: string }> {
  const parts = plainFrom(given)
  if (!isObject(parts)) return { problem: 'is no mapping of plain values' }
  const named: [string, unknown][] = []
  let marksLeft = marksMax
  for (const [key, part] of Object.entries(parts)) {
    const read = typeof part === 'string' ? readJson(part, marksLeft) : { value: part, marks: 0 }
    if ('problem' in read) return { problem: `${read.problem} (${key})` }
    marksLeft -= read.marks
    await letOthersRun()
    const value = plainFrom(read.value)
    if (value === null) continue
    if (value === undefined) return { problem: `has values that cannot be kept (${key})` }
    if (lists.includes(key) && !isListOfObjects(value)) {
      return { problem: `has ${key} that are no list of columns` }
    }
    named.push([key, value])
  }
  return { signature: Object.fromEntries(named) }
}

/** The value of JSON text, if it is not too large or nested too deep to be written again; or what is wrong. */
export function readJson(
  text: string,
  most = marksMax,
): { value: unknown; marks: number } | { problem: string } {
  const { depth, marks } = measureJson(text)
  if (depth > depthMax) return { problem: `is nested deeper than ${depthMax} levels` }
  if (marks > most) return { problem: 'has too many values to be read' }
  try {
    return { value: JSON.parse(text), marks }
  } catch {
    return { problem: 'is not valid JSON' }
  }
}

/**
 * A value as plain JSON has it: maps of YAML as objects, text without halves of characters.
 * Undefined: JSON has no such value, or an
 * object has too many keys. It is nested little.
 */
function plainFrom(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
      return value.toWellFormed()
    case 'number':
      return Number.isFinite(value) ? value : undefined
    case 'boolean':
      return value
    case 'object':
      break
    default:
      return undefined
  }
  if (value === null) return null
  if (Array.isArray(value)) return allOf(value.map(plainFrom))
  if (!(value instanceof Map) && !isPlain(value)) return undefined
  const entries = value instanceof Map ? [...value] : Object.entries(value)
  if (entries.length > keysMax) return undefined
  const items = allOf(entries.map(([, item]) => plainFrom(item)))
  return (
    items && Object.fromEntries(entries.map(([key], i) => [String(key).toWellFormed(), items[i]]))
  )
}

/** Undefined if one of them is. */
function allOf(items: readonly unknown[]): readonly unknown[] | undefined {
  return items.includes(undefined) ? undefined : items
}

function isPlain(value: object): boolean {
  return Object.getPrototypeOf(value) === Object.prototype
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isListOfObjects(value: unknown): boolean {
  return Array.isArray(value) && value.every(isObject)
}
