import type { z } from 'zod'
import { excerpt } from './error.ts'

/** What nobody wants to see in an error or in a log. */
const secretNames = /secret|password|token|credential|authorization/i

/**
 * A value as `schema` has it, or what is wrong with it: the field, and a sentence with the value and
 * what to send instead. Messages of the schema itself stand as they are.
 */
export function readAs<T extends z.ZodType>(
  schema: T,
  value: unknown,
): { value: z.output<T> } | { field: string; problem: string } {
  const result = schema.safeParse(value, { error: demandOf })
  if (result.success) return { value: result.data }
  const { path = [], message = '' } = result.error.issues[0] ?? {}
  const field = path.join('.')
  const isDemand = message.startsWith('must ')
  return { field, problem: isDemand ? `${subjectOf(field, path, value)} ${message}` : message }
}

/** The value that was given, or `it` where it is long, secret or no single value. */
function subjectOf(field: string, path: readonly PropertyKey[], given: unknown): string {
  let value = given
  for (const key of path) value = Object(value)[key]
  const isShown = ['string', 'number', 'boolean'].includes(typeof value) && value !== ''
  return isShown && !secretNames.test(field) ? `'${excerpt(String(value), 100)}'` : 'it'
}

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  nan: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
}

/** What a schema demands, to be put behind the value: `must be a whole number`. */
function demandOf(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type': {
      const kind = kinds[issue.expected] ?? `of the kind ${issue.expected}`
      return issue.input === undefined ? `must be given: ${kind}` : `must be ${kind}`
    }
    case 'invalid_value':
      return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}`
    case 'too_small':
      if (unitOf(issue.origin) && issue.minimum === 1) return 'must not be empty'
      return `must ${verbOf(issue.origin)} ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${unitOf(issue.origin)}`
    case 'too_big':
      return `must ${verbOf(issue.origin)} ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${unitOf(issue.origin)}`
    case 'unrecognized_keys':
      return `must not have ${issue.keys.map((key) => `'${excerpt(key, 100)}'`).join(', ')}, which is unknown here; leave it out, or see /docs for how it is called`
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`
    case 'invalid_union':
      return unionDemandOf(issue)
    default:
      return otherForm
  }
}

const otherForm = 'must have another form; see /docs'

/** Of several forms, the one that was meant is of the right kind. */
function unionDemandOf({
  input,
  errors,
}: z.core.$ZodRawIssue<z.core.$ZodIssueInvalidUnion>): string {
  if (input === undefined) return 'must be given'
  const meant = errors.flat().find(({ code }) => code !== 'invalid_type')
  return meant?.message ?? otherForm
}

function verbOf(origin: string): string {
  return unitOf(origin) === '' ? 'be' : 'have'
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters'
  return ['array', 'set', 'map', 'record', 'object'].includes(origin) ? ' entries' : ''
}
