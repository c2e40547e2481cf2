import type { NewAssessment } from '../assessments/assessment.ts'
import type { Texts } from '../texts.ts'
import type { TraceState } from '../trace.ts'

/** What a client says of a trace. Times are milliseconds. */
export type TraceStart = {
  readonly traceId: string
  readonly experimentId: number
  readonly requestTimeMs: number
  readonly durationMs: number | undefined
  readonly state: TraceState
  readonly clientRequestId: string | undefined
  readonly requestPreview: string | undefined
  readonly responsePreview: string | undefined
  readonly tags: Texts
  readonly metadata: Texts
  readonly assessments: readonly NewAssessment[]
  /** Whether this is the last word on the trace, after which spans change none of it. */
  readonly isFinal: boolean
}
