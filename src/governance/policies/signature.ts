import type { Signature, SignatureColumn } from './facts.ts'

/** The differences between two signatures. */
export type SignatureChange = {
  /** Changes that break callers of the old version. */
  readonly breaks: readonly string[]
  /** Changes that do not break them. */
  readonly notices: readonly string[]
}

/**
 * Whether what is sent to `current` can be sent to `candidate`. An input column that is gone, has
 * another type, or is new and required breaks; a new optional one is worth a notice. An
 * output column that is gone or has another type breaks those who read it.
 */
export function signatureChange(current: Signature, candidate: Signature): SignatureChange {
  const breaks: string[] = []
  const notices: string[] = []
  compare('input', { before: current.inputs, after: candidate.inputs }, (column) => {
    if (column.required) breaks.push(`input '${column.name}' is new and required`)
    else notices.push(`input '${column.name}' is new and optional`)
  })
  compare('output', { before: current.outputs, after: candidate.outputs }, (column) => {
    notices.push(`output '${column.name}' is new`)
  })
  return { breaks, notices }

  function compare(
    what: string,
    {
      before,
      after,
    }: { readonly before: readonly SignatureColumn[]; readonly after: readonly SignatureColumn[] },
    added: (column: SignatureColumn) => void,
  ): void {
    const now = new Map(after.map((column) => [column.name, column]))
    for (const { name, type } of before) {
      const column = now.get(name)
      if (!column) breaks.push(`${what} '${name}' is gone`)
      else if (column.type !== type) {
        breaks.push(`${what} '${name}' is ${column.type}, was ${type}`)
      }
    }
    const known = new Set(before.map(({ name }) => name))
    for (const column of after) if (!known.has(column.name)) added(column)
  }
}

/**
 * The columns of a signature as an MLmodel has it: lists of column and tensor specs.
 *
 * @returns null where there is no such list at all
 */
export function signatureFrom(raw: unknown): Signature | null {
  if (!isObject(raw)) return null
  const { inputs, outputs } = raw
  if (!Array.isArray(inputs) && !Array.isArray(outputs)) return null
  return { inputs: columnsFrom(inputs), outputs: columnsFrom(outputs) }
}

function columnsFrom(specs: unknown): SignatureColumn[] {
  if (!Array.isArray(specs)) return []
  return specs.filter(isObject).map((spec) => ({
    name: typeof spec.name === 'string' ? spec.name : '',
    type: typeText(spec),
    // Signatures from before MLflow had optional columns do not say.
    required: spec.required !== false,
  }))
}

function typeText({
  type,
  'tensor-spec': tensor,
  properties,
  items,
}: Record<string, unknown>): string {
  if (isObject(tensor)) return `tensor(${String(tensor.dtype)}, ${JSON.stringify(tensor.shape)})`
  const nested = properties ?? items
  return nested === undefined ? String(type) : `${String(type)} ${JSON.stringify(nested)}`
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
