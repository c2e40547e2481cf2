import type { ExactJson } from '../../core/exact-json.ts'

export const sourceTypes = ['UNSPECIFIED', 'TRACE', 'HUMAN', 'DOCUMENT', 'CODE'] as const
export type SourceType = (typeof sourceTypes)[number]

/** A JSON object. */
export type JsonFields = { readonly [key: string]: ExactJson }

/** One example as it was sent. */
export type NewRecord = {
  readonly inputs: JsonFields
  readonly outputs: ExactJson | undefined
  readonly expectations: JsonFields | undefined
  readonly tags: JsonFields
  readonly source: { readonly type: SourceType; readonly data: JsonFields } | undefined
}

const parts = ['inputs', 'outputs', 'expectations'] as const
/** JsonFields of one part; what is beyond is not told. */
const fieldsMax = 1000

/**
 * The types of the fields of records, as JSON; the first record that has a field tells its type. Outputs that
 * are no object have one type, if they come first.
 */
export function schemaOf(records: readonly NewRecord[]): string {
  const schema = parts.map((part): [string, Record<string, string> | string] => {
    const first = records.map((record) => record[part]).find((value) => value !== undefined)
    if (first !== undefined && !isFields(first)) return [part, typeOf(first)]
    const types: Record<string, string> = {}
    for (const record of records) addTypes(types, record[part])
    return [part, types]
  })
  return JSON.stringify({ ...Object.fromEntries(schema), version: '1.0' })
}

function addTypes(types: Record<string, string>, value: ExactJson | undefined): void {
  if (value === undefined || !isFields(value)) return
  for (const [key, item] of Object.entries(value)) {
    if (Object.hasOwn(types, key) || Object.keys(types).length >= fieldsMax) continue
    types[key] = typeOf(item)
  }
}

function isFields(value: ExactJson): value is JsonFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function typeOf(value: ExactJson): string {
  switch (typeof value) {
    case 'bigint':
      return 'integer'
    case 'number':
      return 'float'
    case 'object':
      if (value === null) return 'null'
      return Array.isArray(value) ? 'array' : 'object'
    default:
      return typeof value
  }
}
