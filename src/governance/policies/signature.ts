import type { Signature, SignatureColumn } from './facts.ts'

/** What became of the inputs between two signatures. */
export type SignatureChange = {
  /** What callers of the old version would trip over. */
  readonly breaks: readonly string[]
  /** What they need not mind. */
  readonly notices: readonly string[]
}

/**
 * Whether what is sent to `current` can be sent to `candidate`. An input column that is gone, has
 * another type, or is new and required breaks; a new optional one is worth a notice. Outputs: a
 * column that is gone or has another type breaks who reads it.
 */
export function signatureChange(current: Signature, candidate: Signature): SignatureChange {
  const breaks: string[] = []
  const notices: string[] = []
  compare('input', current.inputs, candidate.inputs, (column) => {
    if (column.required) breaks.push(`input '${column.name}' is new and required`)
    else notices.push(`input '${column.name}' is new and optional`)
  })
  compare('output', current.outputs, candidate.outputs, (column) => {
    notices.push(`output '${column.name}' is new`)
  })
  return { breaks, notices }

  function compare(
    what: string,
    before: readonly SignatureColumn[],
    after: readonly SignatureColumn[],
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
