import { isOneOwner } from '../../access/accounts/controllers.ts'
import type { AttestedFact } from '../../attestations/attested.ts'
import { excerpt } from '../../core/error.ts'
import { keepVisible } from '../../core/names.ts'
import { anonymous, type SomeAccount } from '../../core/principal.ts'
import { isAmong, isNamed, type Parties, type Poster } from '../approvals.ts'
import { judgeAttestation } from '../attestation-gate.ts'
import { signatureChange } from '../signature.ts'
import type { StepBudget } from './expressions/expression-cost.ts'
import { isCompared, judgeByExpression, lateFactsIn } from './expressions/expression-gate.ts'
import type { ExpressionTraces } from './expressions/measure-figures.ts'
import type { VersionFacts } from './facts.ts'
import { type FilesRead, judgeIntegrity } from './integrity-gate.ts'
import type { Gate, NamedAccounts } from './policy.ts'
import { judgeScan, type ScanEvidence } from './scan-gate.ts'
import { judgeTraces, type TraceEvidence } from './trace-gate.ts'
import { failed, lost, passed, type Verdict } from './verdict.ts'

/** What a gate is judged by. */
export type GateInput = {
  readonly candidate: VersionFacts
  /** The version in the target or, if it is empty, the last one there; undefined: none ever. */
  readonly current: VersionFacts | undefined
  /** The number of the last version in the empty target, if that version was deleted. */
  readonly lostHolder?: number | undefined
  /** Results that pipelines posted for the request, by name. */
  readonly checks: ReadonlyMap<string, CheckFact>
  /** Whether the stored files are what was sealed; undefined: the version is not sealed. */
  readonly filesIntact: FilesRead | undefined
  /** What the traces of the candidate show of each gate that asks for them. */
  readonly traces: ReadonlyMap<Gate, TraceEvidence>
  /** What traces show of each expression that names figures of them. */
  readonly expressions: ReadonlyMap<Gate, ExpressionTraces>
  /** What scans told of the files of the candidate; undefined: no gate asks, or it is not sealed. */
  readonly scans: ScanEvidence | undefined
  /** The newest attestation of each gate that asks for one. */
  readonly attested: ReadonlyMap<Gate, AttestedFact>
  readonly nowMs: number
  /** What all expressions of a judgement may cost together; absent: each has its own budget. */
  readonly budget?: StepBudget
  /** The people whom the move is about. */
  readonly parties: Parties
  /** Who set each tag of the candidate last, by the audit log. */
  readonly tagSetters: ReadonlyMap<string, Poster>
  /** Accounts that the policy of the gate names. */
  readonly accounts: NamedAccounts
}

export type CheckFact = {
  readonly status: string
  readonly digest: string | null
  readonly postedBy: Poster
}

/** Judge one gate. A missing fact is no error: the gate fails and says so. */
export function judgeGate(gate: Gate, input: GateInput): Verdict {
  switch (gate.type) {
    case 'expression': {
      const { expression } = gate
      const traces = input.expressions.get(gate)
      return withLateness(judgeByExpression(gate, { ...input, traces }), input, {
        candidate: lateFactsIn(expression, input.candidate),
        current:
          input.current && isCompared(expression) ? lateFactsIn(expression, input.current) : [],
      })
    }
    case 'metric': {
      const candidate = [`metrics.${gate.metric}`]
      return withLateness(judgeMetric(gate, input.candidate), input, { candidate })
    }
    case 'model_card':
      return judgeCard(gate.fields, input.candidate)
    case 'lineage': {
      const { datasets } = input.candidate
      const candidate = datasets.map(({ name, digest }) => `datasets.${name}@${digest}`)
      return withLateness(judgeLineage(gate.require, input.candidate), input, { candidate })
    }
    case 'signature_compatible': {
      const signature = ['signature']
      return withLateness(judgeSignature(input), input, {
        candidate: signature,
        current: signature,
      })
    }
    case 'integrity':
      return judgeIntegrity(input.filesIntact)
    case 'check':
      return judgeCheck(gate, input)
    case 'soak':
      return judgeSoak(gate, input)
    case 'fairness':
      return judgeFairness(gate, input.candidate)
    case 'tag':
      return judgeTag(gate, input)
    case 'attestation':
      return judgeAttestation(gate, input.attested.get(gate))
    case 'scan':
      return judgeScan(gate, input.scans)
    case 'traces':
      return judgeTraces(gate, input.traces.get(gate))
  }
}

/** The verdict, which says of these facts of each version which of them were not there when they should have been. */
function withLateness(
  verdict: Verdict,
  { candidate, current }: GateInput,
  named: { readonly candidate: readonly string[]; readonly current?: readonly string[] },
): Verdict {
  const marks = [
    ...named.candidate.map((fact) => ({ text: excerpt(fact), mark: candidate.late.get(fact) })),
    ...(named.current ?? []).map((fact) => ({
      text: `${excerpt(fact)} of version ${current?.version}`,
      mark: current?.late.get(fact),
    })),
  ].flatMap(({ text, mark }) => (mark === undefined ? [] : [`${text} was ${mark}`]))
  return marks.length === 0
    ? verdict
    : { ...verdict, detail: `${verdict.detail}; ${textOf(marks)}` }
}

function judgeMetric(
  { metric, min, max }: Extract<Gate, { type: 'metric' }>,
  { metrics }: VersionFacts,
): Verdict {
  const value = Object.hasOwn(metrics, metric) ? metrics[metric] : undefined
  if (value === undefined) return failed(`metric '${excerpt(metric)}' is absent`)
  if (min !== undefined && !(value >= min)) return failed(`${metric} ${value} < ${min}`)
  if (max !== undefined && !(value <= max)) return failed(`${metric} ${value} > ${max}`)
  if (!Number.isFinite(value)) return failed(`${metric} is ${value}, which is within no limits`)
  const limits = [
    ...(min === undefined ? [] : [`>= ${min}`]),
    ...(max === undefined ? [] : [`<= ${max}`]),
  ]
  return passed(`${metric} ${value} ${limits.join(' and ')}`)
}

function judgeCard(fields: readonly string[], { card, unreadable }: VersionFacts): Verdict {
  if (unreadable.card !== undefined)
    return failed(`the model card cannot be read: ${unreadable.card}`)
  if (!card) return failed(`there is no model card; ${fields.join(', ')} must be filled in`)
  const empty = fields.filter((field) =>
    isEmpty(Object.hasOwn(card, field) ? card[field] : undefined),
  )
  return empty.length === 0
    ? passed(`${fields.join(', ')} filled in`)
    : failed(`${empty.join(', ')} ${empty.length === 1 ? 'is' : 'are'} empty`)
}

function isEmpty(value: unknown): boolean {
  if (typeof value === 'string') return keepVisible(value) === ''
  if (Array.isArray(value)) return value.every(isEmpty)
  return value === undefined || value === null
}

function judgeLineage(wanted: readonly ('run' | 'dataset')[], facts: VersionFacts): Verdict {
  const missing: string[] = []
  if (wanted.includes('run') && !facts.run) missing.push('no run')
  const withDigest = facts.datasets.filter(({ digest }) => digest !== '')
  if (wanted.includes('dataset') && withDigest.length === 0)
    missing.push('no dataset with a digest')
  if (missing.length > 0) return failed(missing.join(', '))
  const sets = withDigest.map(({ name, digest }) => `${name} ${digest}`)
  return passed([...(facts.run ? [`run ${facts.run.id}`] : []), ...sets].join(', '))
}

function judgeSignature({ candidate, current, lostHolder }: GateInput): Verdict {
  for (const { version, unreadable } of [candidate, ...(current ? [current] : [])]) {
    if (unreadable.signature === undefined) continue
    return failed(`the signature of version ${version} cannot be read: ${unreadable.signature}`)
  }
  if (!candidate.signature) return failed('the version has no signature')
  if (lostHolder !== undefined) return lost(lostHolder)
  if (!current) return passed('no version holds the target yet')
  // Callers rely on what was registered, whatever its run says since.
  const kept = current.atRegistration.signature ?? current.signature
  if (!kept) return passed(`version ${current.version} has no signature to keep to`)
  const { breaks, notices } = signatureChange(kept, candidate.signature)
  if (breaks.length > 0) return failed(`against version ${current.version}: ${textOf(breaks)}`)
  const warning = notices.length > 0 ? `; warning: ${textOf(notices)}` : ''
  return passed(`compatible with version ${current.version}${warning}`)
}

const shownMax = 20

/** The first few of many, as one text. */
function textOf(details: readonly string[]): string {
  const shown = details.slice(0, shownMax).map((detail) => excerpt(detail, 300))
  const rest = details.length - shown.length
  return [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ')
}

function judgeCheck(gate: CheckGate, input: GateInput): Verdict {
  const { checks, candidate } = input
  const name = gate.check
  const check = checks.get(name)
  if (!check) return { status: 'pending', detail: `check '${excerpt(name)}' has no result yet` }
  if (check.digest !== candidate.digest) {
    return { status: 'pending', detail: `check '${excerpt(name)}' was made for other files` }
  }
  const discounted = whyNotCounted(check.postedBy, gate, input)
  if (discounted !== undefined) {
    return { status: 'pending', detail: `check '${excerpt(name)}' does not count: ${discounted}` }
  }
  if (check.status === 'passed') return passed(`check '${excerpt(name)}' passed`)
  if (check.status === 'failed') return failed(`check '${excerpt(name)}' failed`)
  const state = check.status === 'queued' ? 'queued' : 'running'
  return { status: 'pending', detail: `check '${excerpt(name)}' is ${state}` }
}

type CheckGate = Extract<Gate, { type: 'check' }>

/** Why the result of a check does not count for a gate; undefined if it does. */
export function whyNotCounted(
  postedBy: Poster,
  { from }: CheckGate,
  { parties, accounts }: Pick<GateInput, 'parties' | 'accounts'>,
): string | undefined {
  const by = excerpt(postedBy.name)
  if (postedBy.isGone) return `the account '${by}' is gone`
  if (from && isNamed(postedBy, from, accounts)) return undefined
  if (from && !isAmong(postedBy, from, accounts)) return `'${by}' is not among ${from.join(', ')}`
  // With access control off nobody knows who it was.
  if (postedBy.kind === 'anonymous' && postedBy.name === anonymous.name) return undefined
  const is = (other: SomeAccount) => isOneOwner(postedBy, other, parties.controllers)
  if (is(parties.requester)) return `'${by}' asked for the move, and the gate does not name them`
  if (parties.authors.some(is))
    return `'${by}' is an author of the version, and the gate does not name them`
  return undefined
}

const hourMs = 3_600_000

function judgeSoak(
  { stage, hours }: Extract<Gate, { type: 'soak' }>,
  { candidate, nowMs }: GateInput,
): Verdict {
  if (candidate.stage.toLowerCase() !== stage.toLowerCase()) {
    return failed(`the version is in ${candidate.stage}, not in ${stage}`)
  }
  const spent = (nowMs - candidate.stageSinceMs) / hourMs
  const detail = `${spent.toFixed(1)} of ${hours} hours in ${stage}`
  return spent >= hours ? passed(detail) : { status: 'pending', detail }
}

function judgeFairness(
  { metric, max_gap, slices }: Extract<Gate, { type: 'fairness' }>,
  { card, unreadable }: VersionFacts,
): Verdict {
  if (unreadable.card !== undefined)
    return failed(`the model card cannot be read: ${unreadable.card}`)
  const entries = Array.isArray(card?.fairness) ? (card.fairness as readonly unknown[]) : []
  // A slice may be there more than once: then each of its values counts.
  const values = new Map<string, number[]>()
  for (const entry of entries) {
    if (typeof entry !== 'object' || entry === null) continue
    const { slice, metric: of, value } = entry as Readonly<Record<string, unknown>>
    if (of === metric && typeof slice === 'string' && typeof value === 'number') {
      values.set(slice, [...(values.get(slice) ?? []), value])
    }
  }
  const valuesOf = (slice: string) => values.get(slice) ?? []
  const missing = slices.filter((slice) => !values.has(slice))
  if (missing.length > 0) return failed(`the card has no ${metric} for ${missing.join(', ')}`)
  const endless = slices.filter((slice) => !valuesOf(slice).every(Number.isFinite))
  if (endless.length > 0) return failed(`${metric} is no finite number for ${endless.join(', ')}`)
  const of = slices.flatMap(valuesOf)
  const gap = Math.max(...of) - Math.min(...of)
  const detail = `${metric} differs by ${Number(gap.toPrecision(12))} over ${slices.length} slices`
  return gap <= max_gap ? passed(`${detail} <= ${max_gap}`) : failed(`${detail} > ${max_gap}`)
}

function judgeTag(
  { key, value, set_by }: Extract<Gate, { type: 'tag' }>,
  input: GateInput,
): Verdict {
  const { tags } = input.candidate
  const found = Object.hasOwn(tags, key) ? tags[key] : undefined
  if (found === undefined) return failed(`tag '${excerpt(key)}' is absent`)
  if (value !== undefined && found !== value) {
    return failed(`tag '${excerpt(key)}' is '${excerpt(found)}', not '${excerpt(value)}'`)
  }
  if (set_by) {
    const { parties, accounts, tagSetters } = input
    const setter = tagSetters.get(key)
    if (!setter) return failed(`nobody knows who set tag '${excerpt(key)}'`)
    const shown = `tag '${excerpt(key)}' was set by '${excerpt(setter.name)}'`
    if (setter.isGone) return failed(`${shown}, whose account is gone`)
    if (!isAmong(setter, set_by, accounts)) return failed(`${shown}, not by ${set_by.join(', ')}`)
    if (isOneOwner(setter, parties.requester, parties.controllers)) {
      return failed(`${shown}, who asked for the move`)
    }
  }
  return passed(`tag '${excerpt(key)}' is '${excerpt(found)}'`)
}
