import type { Permission } from '../../access/permissions/levels.ts'
import type { Context } from '../../platform/context.ts'
import {
  createAssessment,
  deleteAssessment,
  getAssessment,
  updateAssessment,
} from '../../traces/assessments/write-assessments.ts'
import { requireTrace, requireTraces } from '../../traces/permissions.ts'
import { type Operation, operation } from '../operation.ts'
import { message } from '../wire/message.ts'
import {
  assessmentFromWire,
  assessmentMessage,
  assessmentToWire,
  changeFromWire,
  readMask,
} from './assessment-wire.ts'

const required = { type: 'string', required: true } as const
const one = { trace_id: required, assessment_id: required }

function onTrace(needed: Permission) {
  return (ctx: Context, req: { readonly trace_id: string }) =>
    requireTrace(ctx, req.trace_id, needed)
}

/** What people, judges and programs say of traces. */
export const assessmentOperations: readonly Operation[] = [
  operation('createAssessment', {
    request: message({
      trace_id: required,
      assessment: { type: assessmentMessage, required: true },
    }),
    rule: onTrace('EDIT'),
    answer: async (ctx, req) => {
      const made = await createAssessment(ctx, req.trace_id, assessmentFromWire(req.assessment))
      return { assessment: assessmentToWire(made) }
    },
  }),
  operation('getAssessment', {
    request: message(one),
    rule: (ctx, req) => requireTraces(ctx, [req.trace_id], 'READ'),
    answer: async (ctx, req) => ({
      assessment: assessmentToWire(await getAssessment(ctx, req.trace_id, req.assessment_id)),
    }),
  }),
  operation('updateAssessment', {
    request: message({
      ...one,
      assessment: { type: assessmentMessage, required: true },
      update_mask: { type: 'json', required: true },
    }),
    rule: onTrace('EDIT'),
    answer: async (ctx, req) => {
      const which = { traceId: req.trace_id, assessmentId: req.assessment_id }
      const change = changeFromWire(req.assessment, readMask(req.update_mask))
      return { assessment: assessmentToWire(await updateAssessment(ctx, which, change)) }
    },
  }),
  operation('deleteAssessment', {
    request: message(one),
    rule: (ctx, req) => requireTraces(ctx, [req.trace_id], 'EDIT'),
    answer: (ctx, req) => deleteAssessment(ctx, req.trace_id, req.assessment_id),
  }),
]
