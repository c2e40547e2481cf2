import type { PolicyDocument } from '../../../governance/policies/policy.ts'
import { bodyFrom } from '../../../governance/policies/policy-body.ts'

type Parts = Readonly<Record<string, unknown>> | undefined

/** Two documents as single values by name, so that they can be compared; gates are known by their names. */
export function comparedParts(
  before: PolicyDocument | null | undefined,
  after: PolicyDocument,
): { readonly before: Parts; readonly after: Parts } {
  const was = new Set(before?.gates.map(({ name }) => name))
  const is = new Set(after.gates.map(({ name }) => name))
  const orderOf = ({ gates }: PolicyDocument) =>
    gates.map(({ name }) => name).filter((name) => was.has(name) && is.has(name))
  if (!before) return { before: undefined, after: partsOf(after) }
  return {
    before: { ...partsOf(before), 'order of gates': orderOf(before) },
    after: { ...partsOf(after), 'order of gates': orderOf(after) },
  }
}

function partsOf(document: PolicyDocument): Readonly<Record<string, unknown>> {
  const { applies_to, approvals, gates, rollback, break_glass, ...rest } = bodyFrom(document)
  const { required, from, rules, ...terms } = approvals
  return Object.fromEntries([
    ...Object.entries(applies_to).map(([name, value]) => [`applies_to.${name}`, value]),
    ...rules.map((rule, i) => [
      `approvals.rules.${i}`,
      `${rule.required} of ${rule.from.join(', ')}`,
    ]),
    ...(rules.length === 0 && from.length > 0 ? [['approvals.from', from.join(', ')]] : []),
    ...Object.entries(terms).map(([name, value]) => [`approvals.${name}`, value]),
    ...gates.flatMap(({ name, ...gate }) =>
      Object.entries(gate).map(([term, value]) => [`gate ${name}: ${term}`, value]),
    ),
    ...Object.entries(rest),
    ['rollback.skip_approvals', rollback.skip_approvals],
    ['break_glass.from', break_glass.from.join(', ')],
  ])
}
