import { excerpt } from '../../core/error.ts'
import { judgeExpression } from './expression.ts'
import type { StepBudget } from './expression-cost.ts'
import { expressionFacts, itemsMax, tooLongLists, type VersionFacts } from './facts.ts'
import type { Gate } from './policy.ts'
import { signatureChange } from './signature.ts'

/** What a gate is judged by. */
export type GateInput = {
  readonly candidate: VersionFacts
  /** The version that holds the target or, where none does, that held it last; undefined: none ever. */
  readonly current: VersionFacts | undefined
  /** The number of the version that held the empty target last, and was deleted. */
  readonly lostHolder?: number | undefined
  /** Results that pipelines posted for the request, by name. */
  readonly checks: ReadonlyMap<string, CheckFact>
  /** Whether the stored files are what was sealed; undefined: the version is not sealed. */
  readonly filesIntact: FilesRead | undefined
  readonly nowMs: number
  /** What the expressions may cost that are judged together; absent: each by itself. */
  readonly budget?: StepBudget
}

export type CheckFact = { readonly status: string; readonly digest: string | null }
export type FilesRead = { readonly ok: boolean; readonly detail: string }

export type Verdict = {
  readonly status: 'passed' | 'failed' | 'pending'
  /** One line: the value, the limit, and what is wrong where something is. */
  readonly detail: string
}

const passed = (detail: string): Verdict => ({ status: 'passed', detail })
const failed = (detail: string): Verdict => ({ status: 'failed', detail })

/** Judge one gate. A fact that is missing fails the gate, which says so; it is no error. */
export function judgeGate(gate: Gate, input: GateInput): Verdict {
  switch (gate.type) {
    case 'expression':
      return judgeByExpression(gate.expression, input)
    case 'metric':
      return judgeMetric(gate, input.candidate)
    case 'model_card':
      return judgeCard(gate.fields, input.candidate)
    case 'lineage':
      return judgeLineage(gate.require, input.candidate)
    case 'signature_compatible':
      return judgeSignature(input)
    case 'integrity':
      return judgeIntegrity(input.filesIntact)
    case 'check':
      return judgeCheck(gate.check, input)
    case 'soak':
      return judgeSoak(gate, input)
    case 'fairness':
      return judgeFairness(gate, input.candidate)
    case 'tag':
      return judgeTag(gate, input.candidate)
  }
}

/** What was compared with before is gone: that is not the same as nothing to compare with. */
function lost(holder: number): Verdict {
  return failed(
    `version ${holder}, which held the target last, was deleted, so nothing can be compared with it; roll back to a version that is there, or have the policy changed`,
  )
}

function judgeByExpression(
  expression: string,
  { candidate, current, lostHolder, budget }: GateInput,
): Verdict {
  if (lostHolder !== undefined && /\bcurrent\b/.test(expression)) return lost(lostHolder)
  const unread = whatIsUnread(expression, current ? [candidate, current] : [candidate])
  if (unread !== undefined) return failed(`${excerpt(expression, 300)}: ${unread}`)
  const tooLong = [candidate, current].flatMap(tooLongLists)
  const needed = tooLong.find((list) => expression.includes(list))
  if (needed) {
    return failed(`${excerpt(expression, 300)}: the version has more than ${itemsMax} ${needed}`)
  }
  const facts = { candidate: expressionFacts(candidate), current: expressionFacts(current) }
  const { holds, problem } = judgeExpression(expression, facts, budget)
  const values = valuesIn(expression, candidate, current)
  const shown = `${excerpt(expression, 300)}${values ? ` (${values})` : ''}`
  if (problem !== undefined) return failed(`${shown}: ${problem}`)
  return holds ? passed(shown) : failed(`${shown} does not hold`)
}

/** Why an expression cannot be judged: it names what cannot be read of a version. */
function whatIsUnread(expression: string, versions: readonly VersionFacts[]): string | undefined {
  for (const { version, unreadable } of versions) {
    for (const [what, why] of Object.entries(unreadable)) {
      if (new RegExp(`\\b${what}\\b`).test(expression)) {
        return `the ${what} of version ${version} cannot be read: ${why}`
      }
    }
  }
  return undefined
}

/** The metrics that an expression names, with their values, for reviewers. */
function valuesIn(
  expression: string,
  candidate: VersionFacts,
  current: VersionFacts | undefined,
): string {
  const names = expression.matchAll(/\b(candidate|current)\.metrics\.(\w+)/g)
  const values = new Map<string, string>()
  for (const [text, whose, metric = ''] of names) {
    const facts = whose === 'candidate' ? candidate : current
    const value = facts && Object.hasOwn(facts.metrics, metric) ? facts.metrics[metric] : undefined
    values.set(text, value === undefined ? 'absent' : String(value))
  }
  return [...values].map(([text, value]) => `${text} = ${value}`).join(', ')
}

function judgeMetric(
  { metric, min, max }: Extract<Gate, { type: 'metric' }>,
  { metrics }: VersionFacts,
): Verdict {
  const value = Object.hasOwn(metrics, metric) ? metrics[metric] : undefined
  if (value === undefined) return failed(`metric '${excerpt(metric)}' is absent`)
  if (min !== undefined && !(value >= min)) return failed(`${metric} ${value} < ${min}`)
  if (max !== undefined && !(value <= max)) return failed(`${metric} ${value} > ${max}`)
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
  if (typeof value === 'string') return value.trim() === ''
  if (Array.isArray(value)) return value.length === 0
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
  if (!current.signature) return passed(`version ${current.version} has no signature to keep to`)
  const { breaks, notices } = signatureChange(current.signature, candidate.signature)
  if (breaks.length > 0) return failed(`against version ${current.version}: ${textOf(breaks)}`)
  const warning = notices.length > 0 ? `; warning: ${textOf(notices)}` : ''
  return passed(`compatible with version ${current.version}${warning}`)
}

const shownMax = 20

/** The first of many, as one text. */
function textOf(details: readonly string[]): string {
  const shown = details.slice(0, shownMax).map((detail) => excerpt(detail, 300))
  const rest = details.length - shown.length
  return [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ')
}

function judgeIntegrity(files: FilesRead | undefined): Verdict {
  if (!files) return failed('the version is not sealed: its files are not kept here')
  return files.ok ? passed(files.detail) : failed(files.detail)
}

function judgeCheck(name: string, { checks, candidate }: GateInput): Verdict {
  const check = checks.get(name)
  if (!check) return { status: 'pending', detail: `check '${excerpt(name)}' has no result yet` }
  if (check.digest !== candidate.digest) {
    return { status: 'pending', detail: `check '${excerpt(name)}' was made for other files` }
  }
  if (check.status === 'passed') return passed(`check '${excerpt(name)}' passed`)
  if (check.status === 'failed') return failed(`check '${excerpt(name)}' failed`)
  return { status: 'pending', detail: `check '${excerpt(name)}' is running` }
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
  const values = new Map<string, number>()
  for (const entry of entries) {
    if (typeof entry !== 'object' || entry === null) continue
    const { slice, metric: of, value } = entry as Readonly<Record<string, unknown>>
    if (of === metric && typeof slice === 'string' && typeof value === 'number') {
      values.set(slice, value)
    }
  }
  const missing = slices.filter((slice) => !values.has(slice))
  if (missing.length > 0) return failed(`the card has no ${metric} for ${missing.join(', ')}`)
  const of = slices.map((slice) => values.get(slice) ?? Number.NaN)
  const gap = Math.max(...of) - Math.min(...of)
  const detail = `${metric} differs by ${Number(gap.toPrecision(12))} over ${slices.length} slices`
  return gap <= max_gap ? passed(`${detail} <= ${max_gap}`) : failed(`${detail} > ${max_gap}`)
}

function judgeTag({ key, value }: Extract<Gate, { type: 'tag' }>, { tags }: VersionFacts): Verdict {
  const found = Object.hasOwn(tags, key) ? tags[key] : undefined
  if (found === undefined) return failed(`tag '${excerpt(key)}' is absent`)
  if (value !== undefined && found !== value) {
    return failed(`tag '${excerpt(key)}' is '${excerpt(found)}', not '${excerpt(value)}'`)
  }
  return passed(`tag '${excerpt(key)}' is '${excerpt(found)}'`)
}
