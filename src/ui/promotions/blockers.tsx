import type { FC } from 'hono/jsx'
import type { Gate, Policy } from '../../governance/policies/policy.ts'
import type { GateResult } from '../../governance/promotions/judge.ts'
import type { PromotionView } from '../../governance/promotions/view.ts'
import { Sign } from '../parts/sign.tsx'
import { Given, plural, visibleText } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'

/** What a judgement found of a version, of a request or before there is one. */
export type JudgedView = Pick<
  PromotionView,
  'model' | 'version' | 'gates' | 'approvals' | 'policies' | 'blockedBy' | 'canMerge'
>

type BlockersProps = {
  readonly view: JudgedView
  readonly policies: readonly Policy[]
  /** Whether an approval of the reader is taken. */
  readonly mayApprove?: boolean
  readonly to: Paths
}

/** What stands between the version and its target, and who can clear each. */
export const Blockers: FC<BlockersProps> = ({ view, policies, mayApprove = false, to }) => {
  const { approvals, gates } = view
  const open = approvals.required - approvals.given
  const standing = gates.filter(({ status }) => status !== 'passed')
  const failed = standing.filter(({ status }) => status === 'failed')
  const waiting = standing.filter(({ status }) => status !== 'failed')
  if (open <= 0 && standing.length === 0) {
    return view.canMerge ? (
      <p class="good-text">
        <Sign of="check" /> Nothing blocks it.
        {approvals.required === 0
          ? ''
          : ` ${approvals.given} of ${plural(approvals.required, 'approval')} given.`}
      </p>
    ) : (
      <p>{view.blockedBy.map((text) => visibleText(text)).join('; ')}</p>
    )
  }
  return (
    <ul class="plain lines">
      {[...failed, ...waiting].map((gate) => (
        <GateBlocker gate={gate} terms={termsOf(gate, policies)} view={view} to={to} />
      ))}
      {open > 0 ? (
        <li>
          <strong class="bad-text">
            <Sign of="cross" /> {plural(open, 'approval')} missing
          </strong>
          <div>
            {approvals.given} of {approvals.required} given. Who may give it:{' '}
            <Given text={approvals.missing.map(namedText).join(', ')} />
            {mayApprove ? (
              <>
                . <strong>You may approve.</strong>
              </>
            ) : null}
          </div>
        </li>
      ) : null}
    </ul>
  )
}

/** `group:x` as `the group x`. */
export function namedText(entry: string): string {
  return entry
    .replace(/^group:(.*)$/s, 'the group $1')
    .replace(/^user:/, '')
    .replace(/^service:/, 'the service account ')
}

function termsOf({ name, policy }: GateResult, policies: readonly Policy[]): Gate | undefined {
  return policies
    .find((one) => one.name === policy)
    ?.document.gates.find((gate) => gate.name === name)
}

type GateBlockerProps = {
  readonly gate: GateResult
  readonly terms: Gate | undefined
  readonly view: JudgedView
  readonly to: Paths
}

const GateBlocker: FC<GateBlockerProps> = ({ gate, terms, view, to }) => {
  const isFailed = gate.status === 'failed'
  return (
    <li>
      <strong class={isFailed ? 'bad-text' : 'warn-text'}>
        <Sign of={isFailed ? 'cross' : 'glass'} /> <Given text={gate.name} />
      </strong>
      <div>{visibleText(gate.detail)}</div>
      {terms === undefined || isBeingRead(terms, gate) ? null : (
        <div class="soft">
          <Remedy terms={terms} view={view} to={to} />
        </div>
      )}
    </li>
  )
}

/** Nobody has to do anything: the background reads on. */
function isBeingRead(terms: Gate, { status }: GateResult): boolean {
  return terms.type === 'integrity' && status === 'pending'
}

type RemedyProps = Pick<GateBlockerProps, 'view' | 'to'> & { readonly terms: Gate }

/** Who can clear a gate, and how. */
const Remedy: FC<RemedyProps> = ({ terms, view, to }) => {
  const { model, version } = view
  switch (terms.type) {
    case 'model_card':
    case 'fairness':
      return (
        <>
          Whoever may edit the model can write it:{' '}
          <a href={to.editCard(model, version)}>the card</a>
        </>
      )
    case 'check':
      return terms.from ? (
        <Given text={`Posted by ${terms.from.map(namedText).join(', ')}`} />
      ) : (
        <>Posted by a pipeline that neither the requester nor an author runs</>
      )
    case 'tag':
      return <Given text={`The tag ${terms.key}, set on the version`} />
    case 'traces':
      return <>More traces of the version, or better ones; or a better version</>
    case 'scan':
      return <>A new version without it, or whoever manages the policy, who may allow it</>
    case 'attestation':
      return <Given text={`A statement that the key ${terms.key} signed, sent for the version`} />
    case 'soak':
      return <Given text={`Time in ${terms.stage}`} />
    case 'integrity':
      return <>An administrator, by restoring the files; or a new version</>
    case 'lineage':
      return <>A new version, of a run that names them</>
    default:
      return <>A better version, or whoever manages the policy</>
  }
}
