import { absent, invalid, type RegistryError } from '../core/error.ts'
import { messages } from '../core/messages.ts'
import { checkLength } from '../core/names.ts'
import type { TraceAssessment } from './assessments/assessment.ts'
import type { Texts } from './texts.ts'

/** MLflow's TraceState, in the order of its numbers. */
export const traceStates = ['STATE_UNSPECIFIED', 'OK', 'ERROR', 'IN_PROGRESS'] as const
export type TraceState = (typeof traceStates)[number]

/** A trace without its spans. */
export type TraceInfo = {
  readonly traceId: string
  readonly experimentId: number
  readonly requestTimeMs: number
  readonly durationMs: number | undefined
  readonly state: TraceState
  readonly clientRequestId: string | undefined
  readonly requestPreview: string | undefined
  readonly responsePreview: string | undefined
  /** With those that the server knows: where the spans are, and where the artifacts. */
  readonly tags: Texts
  readonly metadata: Texts
  readonly assessments: readonly TraceAssessment[]
}

export function traceNotFound(traceId: string): RegistryError {
  return absent(messages.noTrace(traceId))
}

/** @throws INVALID_PARAMETER_VALUE it is empty, too long, or would name another place as a path */
export function checkTraceId(traceId: string): void {
  if (traceId === '') throw invalid(messages.missing('trace_id'))
  checkLength(traceId, 255, 'trace_id')
  if (/^[^/\\%?#\p{C}]+$/u.test(traceId) && !/^\.+$/.test(traceId)) return
  throw invalid(
    `${messages.wrongText(traceId, 'trace_id')}: it is part of a path, so it must not have any of / \\ % ? # nor be dots alone`,
  )
}
