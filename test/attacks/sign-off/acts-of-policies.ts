import type { Act } from './acts.ts'
import type { Court } from './court.ts'
import { guardsOf, type Place, type Policy } from './rules.ts'
import { pick, type Step } from './steps.ts'

const writers = ['mona', 'mona', 'mona', 'erin', 'bob'] as const
const policyNames = ['p', 'p', 'p', 'q', 'r'] as const
const places: readonly [Place, ...Place[]] = [
  { kind: 'stage', name: 'Production' },
  { kind: 'stage', name: 'production' },
  { kind: 'stage', name: 'Production' },
  { kind: 'stage', name: 'Staging' },
  { kind: 'alias', name: 'champion' },
  { kind: 'alias', name: 'prod*' },
  { kind: 'alias', name: '*' },
  { kind: 'stage', name: 'canary' },
  { kind: 'stage', name: 'Archived' },
]

type Approvals = Pick<Policy, 'rules' | 'only'> & { selfApproval?: true; authorMayApprove?: true }

const one = (...from: string[]) => ({ required: 1, from })
const approvals: readonly [Approvals, ...Approvals[]] = [
  { rules: [one('group:reviewers')], only: [] },
  { rules: [one('group:reviewers')], only: [] },
  { rules: [{ required: 2, from: ['group:reviewers'] }], only: [] },
  { rules: [one('user:carol')], only: [] },
  { rules: [one('group:reviewers'), one('user:dave', 'service:robot')], only: [] },
  { rules: [], only: ['user:bob'] },
  { rules: [], only: [] },
  { rules: [one('service:robot', 'user:erin', 'group:reviewers')], only: [] },
  { rules: [one('group:reviewers', 'user:ann', 'user:bob')], only: [], selfApproval: true },
  { rules: [one('group:reviewers')], only: [], authorMayApprove: true },
]

/** Whether policies differ in anything but their revision. */
function isSame(one: Policy, other: Policy): boolean {
  const text = ({ revision: _, named, ...rest }: Policy) =>
    JSON.stringify([rest, [...named].sort()])
  return text(one) === text(other)
}

async function put(court: Court, { who, variant, place, flag, model, version }: Step) {
  const { state, prefix } = court
  const name = pick(policyNames, variant)
  const terms = pick(approvals, version * 7 + who)
  const words = [...terms.rules.flatMap(({ from }) => from), ...terms.only]
  const breakGlass = variant % 3 === 0 ? ['user:otto'] : variant % 3 === 1 ? ['group:oncall'] : []
  const written: Policy = {
    name,
    revision: (court.revisions.get(name) ?? 0) + 1,
    models: pick(
      [`p${prefix}-*`, `p${prefix}-a`, `*${prefix}-*`, `p${prefix}-*`, `q${prefix}-*`] as const,
      model,
    ),
    place: pick(places, place),
    rules: terms.rules,
    only: terms.only,
    selfApproval: terms.selfApproval ?? false,
    authorMayApprove: terms.authorMayApprove ?? false,
    dismissStale: variant % 7 !== 0,
    expireHours: variant % 5 < 2 ? 5 : 720,
    skipApprovals: flag,
    isAutomatic: variant % 6 === 0,
    breakGlass,
    metricMin: variant % 11 < 2 ? 0.5 : undefined,
    named: new Map(
      [...words, ...breakGlass].flatMap((word): [string, number][] => {
        const account = state.accounts.get(word.replace(/^user:/, ''))
        return account ? [[word, account.id]] : []
      }),
    ),
  }
  const by = pick(writers, who)
  const reply = await court.ask(by, 'PUT', `/api/v1/policies/${name}`, documentOf(written))
  if (reply.status === 200) {
    if (by === 'bob') throw new Error('bob wrote a policy')
    const before = state.policies.get(name)
    if (!before || !isSame(before, written)) {
      replace(court, name, written)
      court.revisions.set(name, written.revision)
    }
  }
  return { by: court.accountOf(by) }
}

function documentOf(policy: Policy): object {
  const { rules, only } = policy
  return {
    applies_to: { models: policy.models, [policy.place.kind]: policy.place.name },
    approvals: {
      ...(rules.length > 0 ? { rules } : {}),
      ...(only.length > 0 ? { required: 0, from: only } : {}),
      self_approval: policy.selfApproval,
      author_may_approve: policy.authorMayApprove,
      dismiss_stale: policy.dismissStale,
      expire_after_hours: policy.expireHours,
    },
    gates:
      policy.metricMin === undefined
        ? []
        : [{ name: 'good', type: 'metric', metric: 'f1', min: policy.metricMin }],
    auto_promote: policy.isAutomatic,
    rollback: { skip_approvals: policy.skipApprovals },
    break_glass: { from: policy.breakGlass },
  }
}

/** Change a policy; requests for places that nothing guards any more close. */
function replace({ state }: Court, name: string, policy: Policy | undefined): void {
  const guards = () =>
    new Map(
      [...state.requests.values()].map((request) => [
        request,
        guardsOf(state, request.version.model.name, request.place).length > 0,
      ]),
    )
  const before = guards()
  if (policy) state.policies.set(name, policy)
  else state.policies.delete(name)
  for (const [request, isGuarded] of guards()) {
    if (before.get(request) && !isGuarded) request.isOver = true
  }
}

export const byPolicy = {
  policy: put,

  'delete policy': async (court, { who, variant }) => {
    const by = pick(writers, who)
    const name = pick(policyNames, variant)
    const reply = await court.ask(by, 'DELETE', `/api/v1/policies/${name}`)
    if (reply.status === 200 || reply.status === 204) {
      if (by === 'bob') throw new Error('bob deleted a policy')
      replace(court, name, undefined)
      court.revisions.set(name, (court.revisions.get(name) ?? 0) + 1)
    }
    return { by: court.accountOf(by) }
  },
} satisfies Record<string, Act>
