import type { Gate } from '../../../governance/policies/policy.ts'
import { linesOf } from '../../forms.ts'
import { type GateTerm, type GateType, gateTypes } from './gate-terms.ts'

/** A gate as fields of a form, of which it is the one of this number. */
export function fieldsOfGate(gate: Gate, i: number): [string, string][] {
  const values: Readonly<Record<string, unknown>> = gate
  const required: readonly unknown[] = gate.type === 'lineage' ? gate.require : []
  const terms = gateTypes[gate.type].terms.flatMap(({ name, kind }): [string, string][] => {
    if (kind === 'flag') return required.includes(name) ? [[`gate_${i}_${name}`, 'on']] : []
    const value = partOf(values, name)
    if (value === undefined) return []
    return [[`gate_${i}_${name}`, Array.isArray(value) ? value.join('\n') : String(value)]]
  })
  return [[`gate_${i}_type`, gate.type], [`gate_${i}_name`, gate.name], ...terms]
}

/** A term, or a part of one: `feedback.name`. */
function partOf(values: Readonly<Record<string, unknown>>, name: string): unknown {
  const [whole = '', part] = name.split('.')
  const value = values[whole]
  if (part === undefined || typeof value !== 'object' || value === null) return value
  return (value as Readonly<Record<string, unknown>>)[part]
}

/** Terms with their parts under them. */
function nested(terms: readonly (readonly [string, unknown])[]): object {
  const wholes: Record<string, unknown> = {}
  for (const [name, value] of terms) {
    const [whole = '', part] = name.split('.')
    wholes[whole] =
      part === undefined ? value : { ...(wholes[whole] as object | undefined), [part]: value }
  }
  return wholes
}

/** A gate of a form, in the words of the API. */
export function gateOfFields(
  fields: Readonly<Record<string, string>>,
  i: number,
  type: GateType,
): object {
  const all = gateTypes[type].terms.map((term) => ({
    ...term,
    text: fields[`gate_${i}_${term.name}`]?.trim() ?? '',
  }))
  const required = all.filter(({ kind, text }) => kind === 'flag' && text !== '')
  const terms = all.filter(
    ({ kind, text, isRequired }) => kind !== 'flag' && (text !== '' || isRequired),
  )
  return {
    name: fields[`gate_${i}_name`]?.trim() ?? '',
    type,
    ...nested(terms.map((term) => [term.name, termValue(term)])),
    ...(type === 'lineage' && { require: required.map(({ name }) => name) }),
  }
}

function termValue({ kind, text }: Pick<GateTerm, 'kind'> & { readonly text: string }): unknown {
  if (kind === 'lines') return linesOf(text)
  if (kind === 'number') return text === '' ? undefined : Number(text)
  return text
}
