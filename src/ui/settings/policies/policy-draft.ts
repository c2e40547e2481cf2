import { invalid, RegistryError } from '../../../core/error.ts'
import { readAs } from '../../../core/explain.ts'
import { checkExpressionGate } from '../../../governance/policies/expressions/name-figures.ts'
import type { PolicyDocument } from '../../../governance/policies/policy.ts'
import {
  type bodyFrom,
  documentFrom,
  PolicyBody,
} from '../../../governance/policies/policy-body.ts'
import { checkTraceGate } from '../../../governance/policies/trace-gate.ts'
import { parseWholeJson } from '../../../http/body.ts'
import { type FormFields, linesOf } from '../../forms.ts'
import { fieldsOfGate, gateOfFields } from './gate-fields.ts'
import { type GateType, gateTypes, isGateType } from './gate-terms.ts'

/** The fields of a policy as they stand in a form, in any state. */
export type PolicyFields = Readonly<Record<string, string>>

/** What somebody is writing: as a form or as JSON. */
export type PolicyDraft =
  | { readonly view: 'form'; readonly fields: PolicyFields }
  | { readonly view: 'json'; readonly text: string }

/** What is wrong with a draft, and at which field of the form or, in JSON, at which path. */
export class DraftError extends RegistryError {
  readonly field: string | undefined
  constructor(message: string, field?: string) {
    super('INVALID_PARAMETER_VALUE', message)
    this.field = field
  }
}

type Body = ReturnType<typeof bodyFrom>

const gatesMax = 50
const rulesMax = 10

const flags = ['self_approval', 'author_may_approve', 'dismiss_stale', 'allow_unverified'] as const
const plainFields = [
  'models',
  'place',
  'place_name',
  'only',
  'expire_after_hours',
  'facts',
  'break_glass',
]
const plainFlags = [...flags, 'auto_promote', 'sign', 'skip_approvals']

/** What a form of a policy holds. */
export function draftIn(form: FormFields): PolicyDraft {
  const json = form.exact('json')
  if (json !== undefined) return { view: 'json', text: json }
  const names = [
    ...plainFields,
    ...plainFlags,
    ...indexes(rulesMax).flatMap((i) => [`rule_${i}_required`, `rule_${i}_from`]),
    ...gatesIn(form).flatMap(({ i, type }) =>
      ['name', 'type', ...gateTypes[type].terms.map(({ name }) => name)].map(
        (term) => `gate_${i}_${term}`,
      ),
    ),
  ]
  const given = names.flatMap((name) => {
    const text = form.exact(name)
    return text === undefined ? [] : [[name, text] as const]
  })
  return { view: 'form', fields: Object.fromEntries(given) }
}

function gatesIn(form: FormFields): { readonly i: number; readonly type: GateType }[] {
  return indexes(gatesMax).flatMap((i) => {
    const type = form.exact(`gate_${i}_type`)
    return isGateType(type) ? [{ i, type }] : []
  })
}

function indexes(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i)
}

/** The gates of a form, in order. */
export function gatesOf(fields: PolicyFields): { readonly i: number; readonly type: GateType }[] {
  return gatesIn({ text: () => undefined, exact: (name) => fields[name], isChecked: () => false })
}

/** The rules of a form that say anything, and an empty one after them. */
export function rulesOf(fields: PolicyFields): number[] {
  const filled = indexes(rulesMax).filter(
    (i) => (fields[`rule_${i}_required`] ?? '') + (fields[`rule_${i}_from`] ?? '') !== '',
  )
  const next = (filled.at(-1) ?? -1) + 1
  return next < rulesMax ? [...filled, next] : filled
}

/** A step in a form that adds, removes or moves a gate: `add-metric`, `remove-2`, `up-1`. */
export function changeGates(fields: PolicyFields, step: string): PolicyFields {
  const gates = gatesOf(fields).map(({ i, type }) => ({ type, from: i }))
  const [verb = '', what = ''] = step.split('-')
  const at = gates.findIndex(({ from }) => String(from) === what)
  const found = gates[at]
  if (verb === 'add' && isGateType(what)) {
    return renumbered(fields, [...gates, { type: what, from: -1 }].slice(0, gatesMax))
  }
  if (!found) return fields
  const others = gates.filter((gate) => gate !== found)
  if (verb === 'remove') return renumbered(fields, others)
  const to = verb === 'up' ? at - 1 : at + 1
  return renumbered(fields, [
    ...others.slice(0, to < 0 ? 0 : to),
    found,
    ...others.slice(to < 0 ? 0 : to),
  ])
}

type NumberedGate = { readonly type: GateType; readonly from: number }

function renumbered(fields: PolicyFields, gates: readonly NumberedGate[]): PolicyFields {
  const others = Object.entries(fields).filter(([name]) => !name.startsWith('gate_'))
  const moved = gates.flatMap(({ type, from }, i) => [
    [`gate_${i}_type`, type],
    [`gate_${i}_name`, fields[`gate_${from}_name`] ?? ''],
    ...gateTypes[type].terms.flatMap(({ name }) => {
      const text = fields[`gate_${from}_${name}`]
      return text === undefined ? [] : [[`gate_${i}_${name}`, text]]
    }),
  ])
  return Object.fromEntries([...others, ...moved])
}

/** A policy as the fields of a form. */
export function fieldsOf(body: Body): PolicyFields {
  const { applies_to, approvals, gates } = body
  const { stage, alias, deployment } = applies_to
  const isChecked: Readonly<Record<string, boolean>> = {
    ...Object.fromEntries(flags.map((flag) => [flag, approvals[flag]])),
    auto_promote: body.auto_promote,
    sign: body.sign,
    skip_approvals: body.rollback.skip_approvals,
  }
  return {
    models: applies_to.models,
    place: deployment !== undefined ? 'deployment' : alias !== undefined ? 'alias' : 'stage',
    place_name: stage ?? alias ?? deployment ?? '',
    only: approvals.rules.length === 0 ? approvals.from.join('\n') : '',
    expire_after_hours: String(approvals.expire_after_hours),
    facts: body.facts,
    break_glass: body.break_glass.from.join('\n'),
    ...Object.fromEntries(plainFlags.flatMap((flag) => (isChecked[flag] ? [[flag, 'on']] : []))),
    ...Object.fromEntries(
      approvals.rules.flatMap(({ required, from }, i) => [
        [`rule_${i}_required`, String(required)],
        [`rule_${i}_from`, from.join('\n')],
      ]),
    ),
    ...Object.fromEntries(gates.flatMap((gate, i) => fieldsOfGate(gate, i))),
  }
}

/** What the fields of a form say, in the words of the API; numbers and lists may still be wrong. */
function bodyOfFields(fields: PolicyFields): object {
  const text = (name: string) => fields[name]?.trim() || undefined
  const number = (name: string) => (text(name) === undefined ? undefined : Number(text(name)))
  const rules = rulesOf(fields).flatMap((i) => {
    const [required, from] = [number(`rule_${i}_required`), linesOf(fields[`rule_${i}_from`])]
    return required === undefined && from.length === 0 ? [] : [{ required: required ?? 1, from }]
  })
  return {
    applies_to: { models: text('models') ?? '', [placeOf(fields)]: text('place_name') ?? '' },
    approvals: {
      ...(rules.length > 0 ? { rules } : { required: 0, from: linesOf(fields.only) }),
      ...Object.fromEntries(flags.map((flag) => [flag, fields[flag] !== undefined])),
      expire_after_hours: number('expire_after_hours'),
    },
    gates: gatesOf(fields).map(({ i, type }) => gateOfFields(fields, i, type)),
    facts: text('facts'),
    auto_promote: fields.auto_promote !== undefined,
    sign: fields.sign !== undefined,
    rollback: { skip_approvals: fields.skip_approvals !== undefined },
    break_glass: { from: linesOf(fields.break_glass) },
  }
}

function placeOf({ place }: PolicyFields): 'stage' | 'alias' | 'deployment' {
  return place === 'alias' || place === 'deployment' ? place : 'stage'
}

/** The glob of models that a draft names; undefined: it cannot be read. */
export function modelsOf(draft: PolicyDraft): string | undefined {
  try {
    return bodyOf(draft).applies_to.models
  } catch (err) {
    if (err instanceof RegistryError) return undefined
    throw err
  }
}

/** The policy that a draft says. @throws DraftError something in it is wrong by itself */
export function documentOf(draft: PolicyDraft): PolicyDocument {
  const document = documentFrom(bodyOf(draft))
  for (const [i, gate] of document.gates.entries()) {
    const field = gate.type === 'traces' ? 'window_hours' : 'expression'
    try {
      if (gate.type === 'expression') checkExpressionGate(gate)
      if (gate.type === 'traces') checkTraceGate(gate)
    } catch (err) {
      if (!(err instanceof RegistryError)) throw err
      throw new DraftError(err.message, fieldAt(draft, ['gates', String(i), field]))
    }
  }
  return document
}

function bodyOf(draft: PolicyDraft) {
  const given = draft.view === 'form' ? bodyOfFields(draft.fields) : jsonOf(draft.text)
  const read = readAs(PolicyBody, given)
  if ('value' in read) return read.value
  const path = read.field.split('.')
  const field = fieldAt(draft, path)
  const where = draft.view === 'json' && read.field !== '' ? `${read.field}: ` : ''
  throw new DraftError(`${where}${read.problem}`, field)
}

function jsonOf(text: string): unknown {
  try {
    const value = parseWholeJson(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch (err) {
    if (!(err instanceof RegistryError)) throw err
    const { message, cause } = err
    throw new DraftError(
      cause instanceof SyntaxError ? `Not JSON: ${cause.message}` : message,
      'json',
    )
  }
  throw new DraftError('A policy is a JSON object', 'json')
}

const fieldNames: Readonly<Record<string, string>> = {
  'applies_to.models': 'models',
  'applies_to.stage': 'place_name',
  'applies_to.alias': 'place_name',
  'applies_to.deployment': 'place_name',
  'approvals.from': 'only',
  'approvals.expire_after_hours': 'expire_after_hours',
  'break_glass.from': 'break_glass',
}

/** The field of the form where a path of the document is written. */
function fieldAt(draft: PolicyDraft, path: readonly string[]): string {
  if (draft.view === 'json') return 'json'
  const [root, at, term] = path
  if (root === 'gates' && at !== undefined) {
    const gate = gatesOf(draft.fields)[Number(at)]
    const part = gate && [term, path[3]].join('.')
    const isPart = gate && gateTypes[gate.type].terms.some(({ name }) => name === part)
    return `gate_${gate?.i ?? at}_${isPart ? part : (term ?? 'name')}`
  }
  if (root === 'approvals' && at === 'rules') {
    return `rule_${rulesOf(draft.fields)[Number(term)] ?? 0}_${path[3] ?? 'from'}`
  }
  return fieldNames[`${root}.${at}`] ?? root ?? 'models'
}

/** @throws INVALID_PARAMETER_VALUE it is empty or too long */
export function checkPolicyName(name: string | undefined): string {
  if (name !== undefined && name !== '' && name.length <= 200) return name
  throw invalid('A policy has a name of up to 200 characters')
}
