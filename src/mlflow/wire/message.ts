import { invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { type Scalar, type ScalarValues, scalars, shownOf, wrongType } from './scalars.ts'

/** One field of a request message: its type, and the rules that MLflow's handler adds. */
export type Field = {
  readonly type: Scalar | Message<Fields> | readonly string[] | 'map'
  readonly repeated?: true
  /** Absent, null and, where text is wanted, the empty string are refused. */
  readonly required?: true
  /** An empty text is taken for one: the operation says itself what is wrong with it. */
  readonly mayBeEmpty?: true
  /** A second name for the field, e.g. `run_uuid`; both with different values are refused. */
  readonly alsoAs?: string
}
export type Fields = { readonly [name: string]: Field }

/** The shape of one request message. Made by `message`. */
export type Message<F extends Fields> = { readonly fields: F }

type Value<F extends Field> = F['type'] extends Scalar
  ? ScalarValues[F['type']]
  : F['type'] extends 'map'
    ? ReadonlyMap<string, string>
    : F['type'] extends Message<infer M>
      ? Decoded<M>
      : F['type'] extends readonly (infer Name)[]
        ? Name
        : never

type Present = { readonly required: true } | { readonly repeated: true }

/**
 * What a message decodes to: repeated fields are lists (empty when absent), the rest may be
 * undefined.
 */
export type Decoded<F extends Fields> = {
  readonly [K in keyof F as F[K] extends Present ? K : never]: F[K] extends { repeated: true }
    ? readonly Value<F[K]>[]
    : Value<F[K]>
} & {
  readonly [K in keyof F as F[K] extends Present ? never : K]?: Value<F[K]> | undefined
}

/** Declare a message, e.g. `message({ run_id: { type: 'string', required: true } })`. */
export function message<const F extends Fields>(fields: F): Message<F> {
  return { fields }
}

/**
 * Decode proto JSON: snake_case or camelCase names, null as absent, unknown fields ignored.
 *
 * @param body what `JSON.parse` made, or the object that `queryObject` made
 * @throws INVALID_PARAMETER_VALUE a required field is missing, a value has another type, or a field
 *   stands there under two names
 */
export function decode<F extends Fields>(shape: Message<F>, body: unknown, path = ''): Decoded<F> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalid(
      `${messages.wrongValue(shownOf(body), path.replace(/\.$/, '') || 'request body')}: expected a JSON object`,
    )
  }
  const decoded: Record<string, unknown> = {}
  for (const name in shape.fields) {
    const field: Field = shape.fields[name] as Field
    const value = decodeField(field, lookUp(body, name, field), path + name)
    if (value !== undefined) decoded[name] = value
  }
  // The loop above set each key of F to what its field decodes to; TypeScript cannot follow it.
  return decoded as Decoded<F>
}

function decodeField(field: Field, value: unknown, name: string): unknown {
  const isEmpty = value === '' && !field.mayBeEmpty && !wantsInteger(field)
  if (field.required && (value === undefined || value === null || isEmpty)) throw missing(name)
  if (value === undefined || value === null) return field.repeated ? [] : undefined
  if (!field.repeated) return decodeOne(field, value, name)
  if (!Array.isArray(value)) throw wrongType(value, name, 'a list')
  return value.map((item, i) => decodeOne(field, item, `${name}[${i}]`))
}

/** An empty text in their place is of the wrong type, and not missing. */
function wantsInteger({ type }: Field): boolean {
  return type === 'int32' || type === 'int64' || type === 'row_id'
}

function missing(name: string): Error {
  return invalid(messages.missing(name))
}

function decodeOne(field: Field, value: unknown, name: string): unknown {
  if (field.type === 'map') return decodeMap(value, name)
  if (typeof field.type === 'string') return scalars[field.type](value, name)
  if (isEnum(field.type)) return decodeEnum(field.type, value, name)
  return decode(field.type, value, `${name}.`)
}

function isEnum(type: Exclude<Field['type'], string>): type is readonly string[] {
  return Array.isArray(type)
}

function decodeEnum(names: readonly string[], value: unknown, name: string): string {
  // proto JSON also allows the number; MLflow's enums start at 1, those with UNSPECIFIED at 0.
  const first = names[0]?.endsWith('UNSPECIFIED') ? 0 : 1
  const found = typeof value === 'number' ? names[value - first] : names.find((n) => n === value)
  if (found === undefined) {
    throw wrongType(value, name, `one of ${names.join(', ')}`)
  }
  return found
}

function decodeMap(value: unknown, name: string): ReadonlyMap<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrongType(value, name, 'an object')
  }
  return new Map(
    Object.entries(value).map(([key, item]) => [
      scalars.string(key, name),
      scalars.string(item, `${name}.${key}`),
    ]),
  )
}

/** The value under the field's name or one of its other names. */
function lookUp(body: object, name: string, field: Field): unknown {
  const direct = own(body, name)
  const camel = name.includes('_') ? own(body, camelCase(name)) : undefined
  if (camel !== undefined && direct !== undefined) {
    throw invalid(`Parameter '${name}' is given twice, as '${name}' and '${camelCase(name)}'`)
  }
  const value = direct ?? camel
  if (field.alsoAs === undefined) return value
  const other = own(body, field.alsoAs)
  const both = isGiven(value) && isGiven(other)
  if (both && value !== other) {
    throw invalid(`Parameters '${name}' and '${field.alsoAs}' differ; send only '${name}'`)
  }
  return isGiven(value) ? value : other
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}

function own(body: object, name: string): unknown {
  return Object.hasOwn(body, name) ? (body as Record<string, unknown>)[name] : undefined
}

const camelNames = new Map<string, string>()

function camelCase(name: string): string {
  const known = camelNames.get(name)
  if (known !== undefined) return known
  const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
  camelNames.set(name, camel)
  return camel
}
