import { invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import type { NewAssessment, TraceAssessment } from '../../traces/assessments/assessment.ts'
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

/** MLflow's `Assessment`. */
export const assessmentMessage = message({
  assessment_id: { type: 'string' },
  assessment_name: { type: 'string' },
  span_id: { type: 'string' },
  source: {
    type: message({ source_type: { type: 'string' }, source_id: { type: 'string' } }),
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
    name: nameOf(sent),
    ...said,
    sourceType: sent.source.source_type,
    sourceId: sent.source.source_id,
    spanId: sent.span_id,
    rationale: sent.rationale,
    metadata: Object.fromEntries(sent.metadata ?? []),
    overrides: sent.overrides,
    createdAtMs: sent.create_time,
    updatedAtMs: sent.last_update_time,
  }
}

/** An issue is named by its id. */
function nameOf(sent: AssessmentOnWire): string {
  return sent.assessment_name ?? sent.issue?.issue_name ?? ''
}

type Said = Pick<NewAssessment, 'kind' | 'value' | 'isSerialized' | 'error'>

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
  return issue && { kind: 'issue', value: undefined, isSerialized: false, error: undefined }
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

function saidToWire({ kind, name, value, isSerialized, error }: TraceAssessment): object {
  switch (kind) {
    case 'feedback':
      return {
        feedback: {
          value:
            value === undefined ? (error === undefined ? undefined : null) : valueToWire(value),
          error: error === undefined ? undefined : JSON.parse(error),
        },
      }
    case 'expectation':
      return {
        expectation: isSerialized
          ? { serialized_value: { serialization_format: 'JSON_FORMAT', value } }
          : { value: valueToWire(value ?? 'null') },
      }
    case 'issue':
      return { issue: { issue_name: name } }
  }
}

/** Of a number as it was written: JSON.parse would round some. */
function valueToWire(value: string): unknown {
  return /^-?\d/.test(value) ? rawJson(value) : JSON.parse(value)
}
