import { invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import type { NewAssessment, Said, TraceAssessment } from '../../traces/assessments/assessment.ts'
import type { AssessmentChange } from '../../traces/assessments/write-assessments.ts'
import { rawJson, textsToJson, timeToJson } from '../wire/json.ts'
import { type Decoded, message } from '../wire/message.ts'

const feedbackMessage = message({
  value: { type: 'json' },
  error: {
    type: message({
      error_code: { type: 'string' },
      error_message: { type: 'string' },
      stack_trace: { type: 'string' },
    }),
  },
})

const expectationMessage = message({
  value: { type: 'json' },
  serialized_value: {
    type: message({ serialization_format: { type: 'string' }, value: { type: 'string' } }),
  },
})

/** In the order of MLflow's numbers. AI_JUDGE is what older clients call LLM_JUDGE. */
const sourceTypes = ['SOURCE_TYPE_UNSPECIFIED', 'HUMAN', 'LLM_JUDGE', 'CODE', 'AI_JUDGE'] as const

/** MLflow's `Assessment`. */
export const assessmentMessage = message({
  assessment_id: { type: 'string' },
  assessment_name: { type: 'string' },
  span_id: { type: 'string' },
  source: {
    type: message({ source_type: { type: sourceTypes }, source_id: { type: 'string' } }),
  },
  create_time: { type: 'timestamp' },
  last_update_time: { type: 'timestamp' },
  feedback: { type: feedbackMessage },
  expectation: { type: expectationMessage },
  issue: { type: message({ issue_name: { type: 'string' } }) },
  rationale: { type: 'string' },
  metadata: { type: 'map' },
  overrides: { type: 'string' },
})

export type AssessmentOnWire = Decoded<typeof assessmentMessage.fields>

/** @throws INVALID_PARAMETER_VALUE it says nothing, or not who says it */
export function assessmentFromWire(sent: AssessmentOnWire): NewAssessment {
  const said = saidIn(sent)
  if (!said) {
    throw invalid(
      `${messages.missing('assessment.feedback')}: give feedback, an expectation or an issue`,
    )
  }
  if (!sent.source?.source_type) throw invalid(messages.missing('assessment.source.source_type'))
  return {
    assessmentId: sent.assessment_id,
    name: sent.assessment_name ?? '',
    ...said,
    sourceType: sent.source.source_type === 'AI_JUDGE' ? 'LLM_JUDGE' : sent.source.source_type,
    sourceId: sent.source.source_id,
    spanId: sent.span_id,
    rationale: sent.rationale,
    metadata: Object.fromEntries(sent.metadata ?? []),
    overrides: sent.overrides,
    createdAtMs: sent.create_time,
    updatedAtMs: sent.last_update_time,
  }
}

/** What an assessment says; of several kinds the expectation counts. Undefined: nothing. */
function saidIn({ feedback, expectation, issue }: AssessmentOnWire): Said | undefined {
  if (expectation) {
    const text = expectation.serialized_value?.value
    const value = text === undefined ? expectation.value : checkJson(text)
    if (value === undefined) {
      throw invalid(`${messages.missing('assessment.expectation.value')}: it must not be null`)
    }
    return { kind: 'expectation', value, isSerialized: text !== undefined, error: undefined }
  }
  if (feedback) {
    const error = feedback.error && JSON.stringify(feedback.error)
    const value = error === undefined ? (feedback.value ?? 'null') : feedback.value
    return { kind: 'feedback', value, isSerialized: false, error }
  }
  if (!issue) return undefined
  const value = JSON.stringify(issue.issue_name ?? '')
  return { kind: 'issue', value, isSerialized: false, error: undefined }
}

function checkJson(text: string): string {
  try {
    JSON.parse(text)
    return text
  } catch (err) {
    throw invalid('assessment.expectation.serialized_value.value is not JSON', { cause: err })
  }
}

export function assessmentToWire(one: TraceAssessment): object {
  return {
    assessment_id: one.assessmentId,
    assessment_name: one.name,
    trace_id: one.traceId,
    span_id: one.spanId,
    source: { source_type: one.sourceType, source_id: one.sourceId },
    create_time: timeToJson(one.createdAtMs),
    last_update_time: timeToJson(one.updatedAtMs),
    ...saidToWire(one),
    rationale: one.rationale,
    metadata: textsToJson(one.metadata),
    overrides: one.overrides,
    valid: one.valid,
  }
}

function saidToWire({ kind, value = 'null', isSerialized, error }: TraceAssessment): object {
  switch (kind) {
    case 'feedback':
      return {
        feedback: {
          value: valueToWire(value),
          error: error === undefined ? undefined : JSON.parse(error),
        },
      }
    case 'expectation':
      return {
        expectation: isSerialized
          ? { serialized_value: { serialization_format: 'JSON_FORMAT', value } }
          : { value: valueToWire(value) },
      }
    case 'issue':
      return { issue: { issue_name: valueToWire(value) } }
  }
}

/** Of a number as it was written: JSON.parse would round some. */
function valueToWire(value: string): unknown {
  return /^-?\d/.test(value) ? rawJson(value) : JSON.parse(value)
}

/** What an update changes: the fields of its mask, in snake or camel case; unknown ones are passed over. */
export function changeFromWire(
  sent: AssessmentOnWire,
  mask: ReadonlySet<string>,
): AssessmentChange {
  const isSaid = ['feedback', 'expectation', 'issue'].some((field) => mask.has(field))
  return {
    name: mask.has('assessment_name') ? (sent.assessment_name ?? '') : undefined,
    said: isSaid ? saidIn(sent) : undefined,
    rationale: mask.has('rationale') ? (sent.rationale ?? '') : undefined,
    metadata: mask.has('metadata') ? Object.fromEntries(sent.metadata ?? []) : undefined,
  }
}

/** The fields of a mask: text with commas, or `{"paths": [...]}`. @param json its JSON */
export function readMask(json: string): ReadonlySet<string> {
  const mask: unknown = JSON.parse(json)
  const hasPaths = typeof mask === 'object' && mask !== null && 'paths' in mask
  const paths = hasPaths ? mask.paths : typeof mask === 'string' ? mask.split(',') : []
  const fields = (Array.isArray(paths) ? paths : []).map((path) =>
    String(path)
      .trim()
      .replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  )
  const known = fields.filter((field) => field !== '')
  if (known.length === 0) throw invalid(messages.missing('update_mask'))
  return new Set(known)
}
