import canonicalize from 'canonicalize'
import type { Signature, SignatureColumn } from './policies/facts.ts'

/** The differences between two signatures. */
export type SignatureChange = {
  /** Changes that break callers of the old version. */
  readonly breaks: readonly string[]
  /** Changes that do not break them. */
  readonly notices: readonly string[]
}

/**
 * Whether what is sent to `current` can be sent to `candidate`. An input or a param that is gone, has
 * another type, or is required from now on breaks; a new optional one is worth a notice. An output column
 * that is gone or has another type breaks those who read it.
 */
export function signatureChange(current: Signature, candidate: Signature): SignatureChange {
  const found = kinds.flatMap((kind) => {
    const [before, after] = [columnsOf(kind, current), columnsOf(kind, candidate)]
    return [...new Map([...before, ...after]).keys()].flatMap(
      (name) => changeOf(kind, { was: before.get(name), is: after.get(name) })?.(name) ?? [],
    )
  })
  return {
    breaks: found.flatMap(({ breaks }) => breaks ?? []),
    notices: found.flatMap(({ notice }) => notice ?? []),
  }
}

type Found = { readonly breaks?: string; readonly notice?: string }

/** What a change of one column means, by what a message calls the column; undefined: there is none. */
function changeOf(
  kind: Kind,
  { was, is }: Readonly<Record<'was' | 'is', SignatureColumn | undefined>>,
): ((name: string) => Found) | undefined {
  const breaks = (what: string) => (name: string) => ({ breaks: `${name} is ${what}` })
  const notice = (what: string) => (name: string) => ({ notice: `${name} is ${what}` })
  if (!is) return breaks('gone')
  const isSent = kind !== 'output'
  if (!was) {
    if (!isSent) return notice('new')
    return is.required ? breaks('new and required') : notice('new and optional')
  }
  if (is.type !== was.type) return breaks(`${is.type}, was ${was.type}`)
  if (is.required === was.required) return undefined
  if (isSent) return is.required ? breaks('required, was optional') : undefined
  return is.required ? undefined : notice('optional, was required')
}

type Kind = 'input' | 'output' | 'param'
const kinds: readonly Kind[] = ['input', 'output', 'param']

/** The columns by how a message calls them. Those of one name, or without one, go by their place among these. */
function columnsOf(kind: Kind, { inputs, outputs, params = [] }: Signature) {
  const columns = { input: inputs, output: outputs, param: params }[kind]
  const counts = new Map<string, number>()
  return new Map(
    columns.map((column) => {
      const { name } = column
      const place = (counts.get(name) ?? 0) + 1
      counts.set(name, place)
      return [`${kind} '${name}'${place > 1 ? ` (${place})` : ''}`, column] as const
    }),
  )
}

/**
 * The columns of a signature as an MLmodel has it: lists of column, tensor and param specs.
 *
 * @returns null where there is no such list at all
 */
export function signatureFrom(raw: unknown): Signature | null {
  if (!isObject(raw)) return null
  const { inputs, outputs } = raw
  const params = columnsFrom(raw.params).map((param) => ({ ...param, required: false }))
  if (!Array.isArray(inputs) && !Array.isArray(outputs) && params.length === 0) return null
  return {
    inputs: columnsFrom(inputs),
    outputs: columnsFrom(outputs),
    ...(params.length > 0 && { params }),
  }
}

function columnsFrom(specs: unknown): SignatureColumn[] {
  if (!Array.isArray(specs)) return []
  return specs.filter(isObject).map((spec) => ({
    name: typeof spec.name === 'string' ? spec.name : '',
    type: typeText(spec),
    // Before MLflow 2.10 it was `optional`, and signatures from before MLflow had optional columns do not say.
    required: spec.required !== false && spec.optional !== true,
  }))
}

/** All that a spec says of its type: nothing of it may change unnoticed. */
function typeText({ dtype, type = dtype, ...spec }: Record<string, unknown>): string {
  const tensor = spec['tensor-spec']
  if (isObject(tensor)) return `tensor(${textOf(tensor.dtype)}, ${JSON.stringify(tensor.shape)})`
  const said = Object.entries(spec).filter(([key, value]) => !notOfType.has(key) && value !== null)
  if (said.length === 0) return textOf(type)
  const [[, only] = []] = said
  return `${textOf(type)} ${textOf(said.length === 1 ? only : Object.fromEntries(said))}`
}

const notOfType: ReadonlySet<string> = new Set(['name', 'required', 'optional', 'default'])

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (canonicalize(value) ?? 'undefined')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
