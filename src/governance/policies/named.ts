import { resolvePrincipals } from '../../access/accounts/named-principals.ts'
import { invalid } from '../../core/error.ts'
import type { PrincipalRecord } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import { assign } from '../approvals.ts'
import type { NamedAccounts, PolicyDocument } from './policy.ts'

/**
 * Look up everybody whom a policy names.
 *
 * @throws INVALID_PARAMETER_VALUE a name is unknown; a rule names nobody, or fewer than it requires
 */
export async function resolveNamed(ctx: Context, document: PolicyDocument): Promise<NamedAccounts> {
  const { rules, only } = document.approvals
  if (rules.some(({ from }) => from.length === 0)) {
    throw invalid(
      "'approvals' requires approvals and says not from whom; list them in 'from': [\"group:reviewers\"]",
    )
  }
  const lists: [string, readonly string[]][] = [
    ['approvals.from', [...rules.flatMap(({ from }) => from), ...only]],
    ['break_glass.from', document.break_glass.from],
    ...document.gates.flatMap((gate): [string, readonly string[]][] => {
      if (gate.type === 'check') return [[`from of gate ${gate.name}`, gate.from ?? []]]
      if (gate.type === 'tag') return [[`set_by of gate ${gate.name}`, gate.set_by ?? []]]
      return []
    }),
  ]
  let accounts: NamedAccounts = {}
  for (const [field, words] of lists) {
    if (words.length === 0) continue
    accounts = { ...accounts, ...(await resolvePrincipals(ctx, words, field)) }
  }
  checkEnough(document, accounts)
  return accounts
}

/** Rules that name no groups may not require more people than they name. */
function checkEnough({ approvals }: PolicyDocument, accounts: NamedAccounts): void {
  const rules = approvals.rules.filter(
    ({ from }) => !from.some((word) => word.startsWith('group:')),
  )
  const words = [...new Set(rules.flatMap(({ from }) => from))]
  const people = words.map((word): PrincipalRecord => {
    const kind = word.startsWith('service:') ? 'service' : 'user'
    const name = kind === 'service' ? word : word.slice('user:'.length)
    return { name, kind, verified: true, groups: [], account: accounts[word] }
  })
  const required = rules.reduce((sum, rule) => sum + rule.required, 0)
  const seats = assign(rules, people, accounts).filter((rule) => rule !== undefined).length
  if (seats >= required) return
  throw invalid(
    `'approvals' requires ${required} approvals from ${words.join(', ')}, who can give ${seats}; name more people or require fewer`,
  )
}
