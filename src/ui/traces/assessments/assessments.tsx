import { conflict } from '../../../core/error.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import type { Context } from '../../../platform/context.ts'
import type { Said } from '../../../traces/assessments/assessment.ts'
import {
  createAssessment,
  deleteAssessment,
  getAssessment,
  updateAssessment,
} from '../../../traces/assessments/write-assessments.ts'
import { requireTrace } from '../../../traces/permissions.ts'
import { traceIdOf } from '../../addressed.ts'
import { changeOn, checkGiven, checkSeen, readNothing } from '../../changes/change.ts'
import type { FormFields } from '../../forms.ts'
import { showTrace } from '../trace/trace.tsx'
import { isNestedJson, jsonOfTyped } from './assessment-value.ts'

const change = changeOn({
  show: showTrace,
  atOf: (c) => ({
    traceId: traceIdOf(c),
    span: optionalQuery(c, 'span'),
    id: optionalQuery(c, 'assessment') ?? '',
  }),
  addressOf: (to, { traceId, span }) => `${to.query(to.trace(traceId), { span })}#assessments`,
})

/** A rationale of 100,000 characters, each of which a browser may send as nine. */
const bytesMax = 1_000_000

const mayEdit = (ctx: Context, { traceId }: { readonly traceId: string }) =>
  requireTrace(ctx, traceId, 'EDIT')

/** `POST /traces/{id}/assessments?span=`: feedback or an expectation of a person. */
export const postAssessment = change({
  operation: 'createAssessment',
  read: (form) => ({
    ...saidIn(form),
    name: form.text('name'),
    kind: form.text('kind') === 'expectation' ? ('expectation' as const) : ('feedback' as const),
    isOfSpan: form.isChecked('of_span'),
  }),
  rule: mayEdit,
  field: 'value',
  bytesMax,
  make: (ctx, asked) => {
    const { traceId, name, rationale, span, isOfSpan } = asked
    return createAssessment(ctx, traceId, {
      ...whoSays(ctx),
      ...saidOf(asked.kind, asked.value),
      ...{ name: checkGiven(name, 'The name'), rationale },
      spanId: isOfSpan ? span : undefined,
      overrides: undefined,
    })
  },
})

/** `POST /traces/{id}/assessments/change?assessment=`: feedback is overridden, an expectation is another one then. */
export const postAssessmentChange = change({
  operation: 'updateAssessment',
  read: (form) => ({ ...saidIn(form), seen: form.text('seen_updated') }),
  rule: mayEdit,
  field: 'value',
  bytesMax,
  async make(ctx, { traceId, id, value, rationale, seen }) {
    const before = await getAssessment(ctx, traceId, id)
    if (!before.valid) {
      throw conflict(
        'Somebody has overridden it since; open the page again and change what counts now',
      )
    }
    const said = saidOf(before.kind, value)
    if (before.kind !== 'feedback') {
      const at = { traceId, assessmentId: id, seenMs: checkSeen(seen) }
      const name = undefined
      return updateAssessment(ctx, at, {
        ...{ name, said, metadata: undefined },
        rationale: rationale ?? '',
      })
    }
    const { name, spanId } = before
    return createAssessment(ctx, traceId, {
      ...{ ...whoSays(ctx), ...said, name, spanId, rationale },
      ...{ overrides: id, mustReplace: true },
    })
  },
})

/** `POST /traces/{id}/assessments/delete?assessment=` */
export const postAssessmentDeletion = change({
  operation: 'deleteAssessment',
  read: readNothing,
  rule: mayEdit,
  make: (ctx, { traceId, id }) => deleteAssessment(ctx, traceId, checkGiven(id, 'The assessment')),
})

function saidIn(form: FormFields) {
  return { value: form.text('value'), rationale: form.text('rationale') }
}

/** @throws INVALID_PARAMETER_VALUE no value, or null as an expectation */
function saidOf(kind: Said['kind'], typed: string | undefined): Said {
  const value = jsonOfTyped(checkGiven(typed, 'The value'))
  const isExpectation = kind === 'expectation'
  checkGiven(isExpectation && value === 'null' ? undefined : value, 'What is expected')
  return { kind, value, isSerialized: isExpectation && isNestedJson(value), error: undefined }
}

function whoSays(ctx: Context) {
  return {
    assessmentId: undefined,
    sourceType: 'HUMAN',
    sourceId: ctx.principal.name,
    metadata: {},
    createdAtMs: undefined,
    updatedAtMs: undefined,
  }
}
