import type { FC } from 'hono/jsx'
import { z } from 'zod'

/** The part of JSON Schema that `z.toJSONSchema` makes from our declarations. */
type Schema = {
  readonly type?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly default?: unknown
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
  readonly maxItems?: number
}

/**
 * The fields of an object in words, and those of the objects in it below them.
 *
 * @param io whether to show what a caller sends, or what the server answers
 */
export const Fields: FC<{ readonly of: z.ZodType; readonly io: 'input' | 'output' }> = ({
  of,
  io,
}) => {
  // What JSON Schema has no word for, such as a condition over two fields, is left to the summary.
  const schema: Schema = z.toJSONSchema(of, { io, unrepresentable: 'any' }) as Schema
  return <FieldList of={schema} />
}

/** Whether an object has fields to show. */
export function hasFields(schema: z.ZodType | undefined): schema is z.ZodObject {
  return schema instanceof z.ZodObject && Object.keys(schema.shape).length > 0
}

const FieldList: FC<{ readonly of: Schema }> = ({ of: { properties = {}, required = [] } }) => (
  <ul class="fields">
    {Object.entries(properties).map(([name, schema]) => (
      <li>
        <code>{name}</code>{' '}
        <span class="byline">
          {kindOf(schema)}
          {standing(schema, required.includes(name))}
        </span>
        {schema.description && (
          <p>
            <Words text={schema.description} />
          </p>
        )}
        {objectsIn(schema).map((inner) => (
          <FieldList of={inner} />
        ))}
      </li>
    ))}
  </ul>
)

/** The objects with fields of their own that a value is, or is made of. */
function objectsIn(schema: Schema): readonly Schema[] {
  if (schema.properties) return [schema]
  const { items, additionalProperties: values, anyOf = [], oneOf = [] } = schema
  const parts = [items, typeof values === 'object' ? values : undefined, ...anyOf, ...oneOf]
  return parts.flatMap((part) => (part ? objectsIn(part) : []))
}

function standing({ default: fallback }: Schema, isRequired: boolean): string {
  if (fallback !== undefined) return `, default ${JSON.stringify(fallback)}`
  return isRequired ? '' : ', optional'
}

/** What a value can be. */
function kindOf(schema: Schema): string {
  const { items, additionalProperties: values, maxItems } = schema
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return [...new Set(choices.map(kindOf))].join(' | ')
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (items) return `list of ${several(kindOf(items))}${maxItems ? `, up to ${maxItems}` : ''}`
  if (schema.properties) return 'object'
  if (values && typeof values === 'object') return `object, each value ${kindOf(values)}`
  return (schema.type ?? 'anything') + boundsOf(schema)
}

function several(kind: string): string {
  return kind.replace(/^(object|string|integer|number)\b/, '$1s')
}

/** The bounds that somebody set. The default bounds of integers do not count. */
function boundsOf({ minimum, maximum, maxLength, pattern }: Schema): string {
  const isSet = (bound: number | undefined) =>
    bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER - 1
  return [
    isSet(minimum) ? ` from ${minimum}` : '',
    isSet(maximum) ? ` up to ${maximum}` : '',
    maxLength === undefined ? '' : ` of up to ${maxLength} characters`,
    pattern === undefined ? '' : ` like ${pattern}`,
  ].join('')
}

/** Text in which code stands between backticks. */
export const Words: FC<{ readonly text: string }> = ({ text }) => (
  <>{text.split('`').map((part, i) => (i % 2 === 0 ? part : <code>{part}</code>))}</>
)
