import type { Gate, TraceScopeTerms } from '../../../governance/policies/policy.ts'
import { numberText } from '../../parts/text.tsx'

export type GateType = Gate['type']

/** A term of a gate as a field of a form. */
export type GateTerm = {
  /** With a dot where it is a part of a term: `feedback.name`. */
  readonly name: string
  readonly label: string
  /** `lines`: a list, one entry a line. `flag`: one of the words of `require`. */
  readonly kind: 'text' | 'code' | 'number' | 'lines' | 'flag'
  readonly isRequired?: true
  readonly hint?: string
}

const people = 'One a line: group:reviewers, user:ada, service:ci'

/** What each type of gate asks for, and what of it is filled in. */
export const gateTypes: Readonly<
  Record<GateType, { readonly title: string; readonly terms: readonly GateTerm[] }>
> = {
  metric: {
    title: 'a metric lies within limits',
    terms: [
      { name: 'metric', label: 'Metric', kind: 'text', isRequired: true },
      { name: 'min', label: 'At least', kind: 'number' },
      { name: 'max', label: 'At most', kind: 'number' },
    ],
  },
  expression: {
    title: 'an expression is true',
    terms: [
      {
        name: 'expression',
        label: 'Expression',
        kind: 'code',
        isRequired: true,
        hint: 'CEL over candidate and current, the version that is there: both have metrics, params, tags, aliases, stage, version, card, datasets, run, signature, created_at, digest, model. For example candidate.metrics.accuracy >= current.metrics.accuracy. With one of the fields below also traces: candidate.traces.error_rate <= current.traces.error_rate',
      },
      { name: 'traces.window_hours', label: 'Traces of the last hours', kind: 'number' },
      {
        name: 'traces.dataset',
        label: 'Traces of runs over a dataset',
        kind: 'text',
        hint: 'Empty: any',
      },
      {
        name: 'traces.experiments',
        label: 'Experiments whose traces count beside the version’s own',
        kind: 'lines',
        hint: 'One id a line',
      },
    ],
  },
  model_card: {
    title: 'the model card is filled in',
    terms: [
      {
        name: 'fields',
        label: 'Fields',
        kind: 'lines',
        isRequired: true,
        hint: 'One a line: intended_use, training_data, evaluation_data, fairness, limitations, ethical_considerations, owners, licence, contacts',
      },
    ],
  },
  check: {
    title: 'a pipeline posted that it passed',
    terms: [
      { name: 'check', label: 'Check', kind: 'text', isRequired: true },
      { name: 'from', label: 'Posted by', kind: 'lines', hint: people },
    ],
  },
  soak: {
    title: 'it has been in a stage for some time',
    terms: [
      { name: 'stage', label: 'Stage', kind: 'text', isRequired: true },
      { name: 'hours', label: 'Hours', kind: 'number', isRequired: true },
    ],
  },
  fairness: {
    title: 'slices do not differ too much',
    terms: [
      { name: 'metric', label: 'Metric', kind: 'text', isRequired: true },
      { name: 'max_gap', label: 'Greatest gap', kind: 'number', isRequired: true },
      { name: 'slices', label: 'Slices', kind: 'lines', isRequired: true, hint: 'One a line' },
    ],
  },
  lineage: {
    title: 'it is known what it was made from',
    terms: [
      { name: 'run', label: 'A run', kind: 'flag' },
      { name: 'dataset', label: 'A dataset with a digest', kind: 'flag' },
    ],
  },
  signature_compatible: { title: 'callers of the present version can call it', terms: [] },
  integrity: { title: 'the files are what was sealed', terms: [] },
  scan: {
    title: 'nothing runs when its files are loaded',
    terms: [
      {
        name: 'allow',
        label: 'Names that pickles may import',
        kind: 'lines',
        hint: 'One a line: a module such as cloudpickle, or a whole name',
      },
      {
        name: 'allow_files',
        label: 'Files that may hold anything',
        kind: 'lines',
        hint: 'One a line, * for any text: code/*.py',
      },
    ],
  },
  tag: {
    title: 'it has a tag',
    terms: [
      { name: 'key', label: 'Key', kind: 'text', isRequired: true },
      { name: 'value', label: 'Value', kind: 'text', hint: 'Empty: any' },
      { name: 'set_by', label: 'Set by', kind: 'lines', hint: people },
    ],
  },
  attestation: {
    title: 'somebody outside signed a statement about it',
    terms: [
      {
        name: 'predicate',
        label: 'Type of the statement',
        kind: 'text',
        isRequired: true,
        hint: 'Such as https://in-toto.io/attestation/test-result/v0.1',
      },
      {
        name: 'key',
        label: 'Key',
        kind: 'text',
        isRequired: true,
        hint: 'The name of a trusted key',
      },
    ],
  },
  traces: {
    title: 'its traces show that it behaves',
    terms: [
      { name: 'window_hours', label: 'Of the last hours', kind: 'number' },
      { name: 'min_count', label: 'At least so many traces', kind: 'number', isRequired: true },
      { name: 'max_error_rate', label: 'Greatest error rate', kind: 'number', hint: '0 to 1' },
      { name: 'max_latency_ms.p50', label: 'p50 at most, ms', kind: 'number' },
      { name: 'max_latency_ms.p95', label: 'p95 at most, ms', kind: 'number' },
      { name: 'max_latency_ms.p99', label: 'p99 at most, ms', kind: 'number' },
      { name: 'feedback.name', label: 'Feedback', kind: 'text', hint: 'Its name' },
      { name: 'feedback.min_mean', label: 'Mean at least', kind: 'number' },
      { name: 'feedback.max_mean', label: 'Mean at most', kind: 'number' },
      { name: 'feedback.min_count', label: 'Of so many traces', kind: 'number' },
      { name: 'dataset', label: 'Of runs over a dataset', kind: 'text', hint: 'Empty: any' },
      {
        name: 'experiments',
        label: 'Experiments that count beside the version’s own',
        kind: 'lines',
        hint: 'One id a line',
      },
    ],
  },
}

export function isGateType(text: string | undefined): text is GateType {
  return text !== undefined && Object.hasOwn(gateTypes, text)
}

/** What a gate says, as a sentence. */
export function gateSentence(gate: Gate): string {
  switch (gate.type) {
    case 'metric':
      return `${gate.metric} of the candidate must be ${limitsText(gate)}.`
    case 'expression':
      return `This must be true${gate.traces ? `, of traces${tracesText(gate.traces)}` : ''}: ${gate.expression}`
    case 'model_card':
      return `The model card must fill in ${gate.fields.join(', ')}.`
    case 'check':
      return `The check ${gate.check} must have passed for these files${byText('posted', gate.from)}.`
    case 'soak':
      return `The version must have been in ${gate.stage} for ${gate.hours} hours.`
    case 'fairness':
      return `${gate.metric} over ${gate.slices.join(', ')} must differ by at most ${gate.max_gap}.`
    case 'lineage':
      return `It must be known which ${gate.require.join(' and ')} it came from.`
    case 'signature_compatible':
      return 'What callers send to the present version can be sent to this one.'
    case 'integrity':
      return 'The files, read again, must be what was sealed.'
    case 'scan':
      return scanSentence(gate)
    case 'tag':
      return `The tag ${gate.key} must be ${gate.value === undefined ? 'there' : `'${gate.value}'`}${byText('set', gate.set_by)}.`
    case 'attestation':
      return `The key ${gate.key} must have signed a statement of the type ${gate.predicate} about the files.`
    case 'traces':
      return tracesSentence(gate)
  }
}

function tracesSentence(gate: Extract<Gate, { type: 'traces' }>): string {
  const { feedback, max_error_rate: rate, max_latency_ms: latency = {} } = gate
  const asked = [
    ...(rate === undefined ? [] : [`an error rate of at most ${numberText(rate)}`]),
    ...Object.entries(latency).flatMap(([part, most]) =>
      most === undefined ? [] : [`a latency ${part} of at most ${numberText(most)} ms`],
    ),
    ...(feedback
      ? [
          `a mean of the feedback ${feedback.name} of ${limitsText({ min: feedback.min_mean, max: feedback.max_mean })}`,
        ]
      : []),
  ]
  const how = asked.length === 0 ? '' : `, with ${asked.join(', ')}`
  return `At least ${gate.min_count} traces${tracesText(gate)} must be there${how}.`
}

function tracesText(gate: TraceScopeTerms): string {
  return [
    ...(gate.window_hours === undefined ? [] : [` of the last ${gate.window_hours} hours`]),
    ...(gate.dataset === undefined ? [] : [` of runs over ${gate.dataset}`]),
    ...(gate.experiments ? [`, also in experiment ${gate.experiments.join(', ')}`] : []),
  ].join('')
}

function scanSentence({ allow, allow_files: files }: Extract<Gate, { type: 'scan' }>): string {
  const but = [
    ...(allow ? [`imports of ${allow.join(', ')}`] : []),
    ...(files ? [`files ${files.join(', ')}`] : []),
  ]
  const allowed = but.length === 0 ? '' : `, but for ${but.join(' and ')}`
  return `Nothing may run when the files are loaded${allowed}.`
}

function limitsText({ min, max }: Pick<Extract<Gate, { type: 'metric' }>, 'min' | 'max'>): string {
  const limits = [
    ...(min === undefined ? [] : [`at least ${numberText(min)}`]),
    ...(max === undefined ? [] : [`at most ${numberText(max)}`]),
  ]
  return limits.length === 0 ? 'there, and a finite number' : limits.join(' and ')
}

function byText(done: string, people: readonly string[] | undefined): string {
  return people === undefined ? '' : `, ${done} by ${people.join(' or ')}`
}
