import { type SQL, sql } from 'drizzle-orm'
import { invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { checkLength } from '../../core/names.ts'
import { refuseOver, sumBound } from '../../db/bound.ts'
import { jsonRowsOf, Real } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import type { assessments } from '../tables.ts'
import type { Texts } from '../texts.ts'

export const assessmentKinds = ['feedback', 'expectation', 'issue'] as const
export type AssessmentKind = (typeof assessmentKinds)[number]

/** What somebody says of a trace, before it is kept. */
export type NewAssessment = {
  /** Undefined: the server makes one. */
  readonly assessmentId: string | undefined
  readonly name: string
  readonly kind: AssessmentKind
  readonly sourceType: string
  readonly sourceId: string | undefined
  readonly spanId: string | undefined
  /** JSON; of an issue its name. Undefined where the feedback is an error. */
  readonly value: string | undefined
  /** Whether the value came as a text of JSON, and goes out so. */
  readonly isSerialized: boolean
  /** MLflow's AssessmentError, as JSON. */
  readonly error: string | undefined
  readonly rationale: string | undefined
  readonly metadata: Texts
  /** Whether what it overrides must count still, as it did when it was seen. */
  readonly mustReplace?: true
  /** The id of the one that it takes the place of. */
  readonly overrides: string | undefined
  readonly createdAtMs: number | undefined
  readonly updatedAtMs: number | undefined
}

/** What it says, apart from who says it. */
export type Said = Pick<NewAssessment, 'kind' | 'value' | 'isSerialized' | 'error'>

export type TraceAssessment = NewAssessment & {
  readonly assessmentId: string
  readonly traceId: string
  /** False once another one overrides it. */
  readonly valid: boolean
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

const idCharsMax = 255
const nameCharsMax = 1000
const valueCharsMax = 200_000
const rationaleCharsMax = 100_000
const metadataCharsMax = 100_000

/** @throws INVALID_PARAMETER_VALUE a name or a source is missing, or something is too long */
export function checkAssessment(made: NewAssessment): void {
  if (made.name === '') throw invalid(messages.missing('assessment.assessment_name'))
  checkLength(made.name, nameCharsMax, 'assessment.assessment_name')
  checkLength(made.assessmentId ?? '', idCharsMax, 'assessment.assessment_id')
  checkLength(made.sourceType, idCharsMax, 'assessment.source.source_type')
  checkLength(made.sourceId ?? '', nameCharsMax, 'assessment.source.source_id')
  checkLength(made.spanId ?? '', idCharsMax, 'assessment.span_id')
  checkLength(made.overrides ?? '', idCharsMax, 'assessment.overrides')
  checkAssessmentTexts(made)
}

/** @throws INVALID_PARAMETER_VALUE a value, an error, a rationale or the metadata is too long */
export function checkAssessmentTexts(
  texts: Partial<Pick<NewAssessment, 'value' | 'error' | 'rationale' | 'metadata'>>,
): void {
  checkLength(texts.value ?? '', valueCharsMax, 'assessment.value')
  checkLength(texts.error ?? '', rationaleCharsMax, 'assessment.feedback.error')
  checkLength(texts.rationale ?? '', rationaleCharsMax, 'assessment.rationale')
  checkLength(JSON.stringify(texts.metadata ?? {}), metadataCharsMax, 'assessment.metadata')
}

/** The value of JSON text where that is a number, for comparisons. */
export function numberIn(value: string | undefined): Real | null {
  const number = value !== undefined && /^-?\d/.test(value) ? Number(value) : Number.NaN
  return Number.isFinite(number) ? new Real(number) : null
}

/**
 * The statement that adds assessments to a trace.
 *
 * @param add.trace a select of `traces.id`
 */
export function addStatement(
  ctx: Context,
  {
    trace,
    made,
    skipKnown = false,
  }: {
    readonly trace: SQL
    readonly made: readonly (NewAssessment & { readonly assessmentId: string })[]
    /** Whether one whose id is there already is passed over; else the batch fails. */
    readonly skipKnown?: boolean
  },
): SQL {
  const now = ctx.now()
  const rows = made.map((one) => [
    ...[one.assessmentId, one.kind, one.name, one.sourceType, one.sourceId ?? null],
    ...[one.spanId ?? null, one.value ?? null, numberIn(one.value), Number(one.isSerialized)],
    ...[one.error ?? null, one.rationale ?? null, JSON.stringify(one.metadata)],
    ...[one.overrides ?? null, one.createdAtMs ?? now, one.updatedAtMs ?? now],
  ])
  return sql`insert into assessments (trace, assessment_id, kind, name, source_type, source_id, span_id,
      value, number, is_serialized, error, rationale, metadata, overrides, created_at_ms, updated_at_ms, valid)
    select t.id, j.value ->> 0, j.value ->> 1, j.value ->> 2, j.value ->> 3, j.value ->> 4, j.value ->> 5,
      j.value ->> 6, j.value ->> 7, j.value ->> 8, j.value ->> 9, j.value ->> 10, j.value ->> 11,
      j.value ->> 12, j.value ->> 13, j.value ->> 14, 1
    from (${trace}) t cross join json_each(${jsonRowsOf(rows)}) j where 1
    ${skipKnown ? sql`on conflict (trace, assessment_id) do nothing` : sql``}`
}

/**
 * The statement behind `addStatement`: what these assessments override no longer counts.
 *
 * @param made.trace a select of `traces.id`
 */
export function overrideStatement({
  trace,
  made,
}: {
  readonly trace: SQL
  readonly made: readonly Pick<TraceAssessment, 'assessmentId' | 'overrides'>[]
}): SQL | undefined {
  const ids = made.flatMap(({ assessmentId, overrides }) =>
    overrides === undefined || overrides === assessmentId ? [] : [assessmentId],
  )
  if (ids.length === 0) return undefined
  return sql`update assessments set valid = 0
    where trace in (select id from (${trace})) and assessment_id in (
      select o.overrides from json_each(${JSON.stringify(ids)}) j cross join assessments o
        on o.trace = assessments.trace and o.assessment_id = j.value)`
}

/** All assessments of a trace are read with it. */
const bytesMax = 5_000_000

const bytes = sql`octet_length(name) + octet_length(metadata) + coalesce(octet_length(value), 0)
  + coalesce(octet_length(error), 0) + coalesce(octet_length(rationale), 0)`

/** The statement behind those that write assessments: it fails the batch where a trace has too many. */
export function boundStatement(trace: SQL): SQL {
  const which = sql`trace in (select id from (${trace}))`
  return sumBound({ column: 'assessments.name', per: 'trace', which, bytes, bytesMax })
}

/** Run a write that has the `boundStatement`. @throws INVALID_PARAMETER_VALUE a trace would have too many */
export function refuseTooMany<T>(write: Promise<T>): Promise<T> {
  const message = `All assessments of one trace may have ${bytesMax} bytes in sum, and these would be more`
  return refuseOver(write, { column: 'assessments.name', message })
}

export type AssessmentRow = typeof assessments.$inferSelect & { readonly trace_id: string }

/**
 * The statement that reads the assessments of some traces, in the order in which they were added.
 *
 * @param ids a select of `traces.id`
 */
export function assessmentRead(ids: SQL) {
  return sql<AssessmentRow>`select a.*, t.trace_id from assessments a join traces t on t.id = a.trace
    where a.trace in (${ids}) order by a.trace, a.id`
}

/**
 * Whether an assessment is of the trace, or of its session as a whole.
 *
 * @param trace alias of its row of `traces`
 * @param which a condition on the assessment `a`
 */
export function isAssessedSql(trace: SQL, which: SQL): SQL {
  return sql`(exists (select 1 from assessments a where a.trace = ${trace}.id and ${which})
    or exists (select 1 from assessments a join traces o on o.id = a.trace
      where a.session_id = ${trace}.session_id and a.session_id is not null
        and o.experiment = ${trace}.experiment and ${which}))`
}

export function assessmentFrom(row: AssessmentRow): TraceAssessment {
  return {
    assessmentId: row.assessment_id,
    traceId: row.trace_id,
    name: row.name,
    // Only these are ever written.
    kind: row.kind as AssessmentKind,
    sourceType: row.source_type,
    sourceId: row.source_id ?? undefined,
    spanId: row.span_id ?? undefined,
    value: row.value ?? undefined,
    isSerialized: row.is_serialized === 1,
    error: row.error ?? undefined,
    rationale: row.rationale ?? undefined,
    metadata: JSON.parse(row.metadata),
    overrides: row.overrides ?? undefined,
    valid: row.valid === 1,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  }
}
