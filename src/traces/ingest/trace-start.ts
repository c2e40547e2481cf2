import type { NewAssessment } from '../assessments/assessment.ts'
import type { TraceInfo } from '../trace.ts'

/** What a client says of a trace. Times are milliseconds. */
export type TraceStart = Omit<TraceInfo, 'assessments'> & {
  readonly assessments: readonly NewAssessment[]
  /** Whether this is the last word on the trace, after which spans change none of it. */
  readonly isFinal: boolean
}
