import { sql } from 'drizzle-orm'
import { absent, conflict, invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { checkLength } from '../../core/names.ts'
import { ConstraintError } from '../../db/database.ts'
import { jsonRowsOf, mergedTexts } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import type { Texts } from '../texts.ts'
import { traceNotFound } from '../trace.ts'
import { traceNamed } from '../trace-named.ts'
import {
  type AssessmentRow,
  addStatement,
  assessmentFrom,
  assessmentRead,
  boundStatement,
  checkAssessment,
  checkAssessmentTexts,
  type NewAssessment,
  numberIn,
  overrideStatement,
  refuseTooMany,
  type Said,
  type TraceAssessment,
} from './assessment.ts'
import { redactedAssessment, screenWrite } from './redact-assessments.ts'

/**
 * Say something of a trace. What it overrides no longer counts.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such trace, or it has not what this would override
 * @throws INVALID_PARAMETER_VALUE it is malformed, or there is one with its id
 * @throws RESOURCE_CONFLICT what it must replace counts no longer
 */
export async function createAssessment(
  ctx: Context,
  traceId: string,
  given: NewAssessment,
): Promise<TraceAssessment> {
  checkAssessment(given)
  const screened = await screenWrite(ctx, traceNamed(ctx, traceId), (redactor) =>
    redactedAssessment(given, redactor),
  )
  const { made, counted } = screened ?? { made: given, counted: undefined }
  const assessmentId = made.assessmentId ?? `a-${ctx.randomId()}`
  const trace = traceNamed(ctx, traceId)
  const { overrides, mustReplace } = made
  const isThere =
    overrides === undefined
      ? sql`1`
      : sql`exists (select 1 from assessments o
          where o.trace = traces.id and o.assessment_id = ${overrides} ${mustReplace ? sql`and o.valid = 1` : sql``})`
  const add = { trace: sql`${trace} and ${isThere}`, made: [{ ...made, assessmentId }] }
  const write = ctx.db.batch({
    trace,
    added: addStatement(ctx, add),
    overridden: overrideStatement(add),
    bound: boundStatement(trace),
    counted,
    assessments: assessmentRead(trace),
  })
  const read = await refuseTooMany(write).catch((err: unknown) => {
    const isTaken = err instanceof ConstraintError && err.kind === 'unique'
    throw isTaken
      ? invalid(`Trace '${traceId}' has an assessment '${assessmentId}' already`, { cause: err })
      : err
  })
  if (read.trace.length === 0) throw traceNotFound(traceId)
  const row = read.assessments.find(({ assessment_id }) => assessment_id === assessmentId)
  if (row) return assessmentFrom(row)
  if (mustReplace && read.assessments.some((one) => one.assessment_id === overrides)) {
    throw conflict('Somebody has changed it since; open the page again and change what counts now')
  }
  throw absent(messages.noAssessment(overrides ?? '', traceId))
}

/** @throws RESOURCE_DOES_NOT_EXIST no such trace, or it has no such assessment */
export async function getAssessment(
  ctx: Context,
  traceId: string,
  assessmentId: string,
): Promise<TraceAssessment> {
  const { trace, found } = await ctx.db.batch({
    trace: traceNamed(ctx, traceId),
    found: oneRead(ctx, traceId, assessmentId),
  })
  if (trace.length === 0) throw absent(messages.noTraceOfAssessment(traceId))
  const [row] = found
  if (!row) throw absent(messages.noAssessment(assessmentId, traceId))
  return assessmentFrom(row)
}

/** What is to be changed; undefined stays. */
export type AssessmentChange = {
  readonly name: string | undefined
  readonly said: Said | undefined
  readonly rationale: string | undefined
  /** Added to what is there. */
  readonly metadata: Texts | undefined
}

type AssessmentAt = {
  readonly traceId: string
  readonly assessmentId: string
  /** When what was seen had been written; it is changed only if nobody has written since. Absent: whatever it is. */
  readonly seenMs?: number
}

/**
 * Change what an assessment says, but not of which kind it is.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such trace, or it has no such assessment
 * @throws INVALID_PARAMETER_VALUE it is of another kind, or something is too long
 * @throws RESOURCE_CONFLICT it is not what was seen
 */
export async function updateAssessment(
  ctx: Context,
  { traceId, assessmentId, seenMs }: AssessmentAt,
  given: AssessmentChange,
): Promise<TraceAssessment> {
  const before = await getAssessment(ctx, traceId, assessmentId)
  checkChange(before, given)
  const screened = await screenWrite(ctx, traceNamed(ctx, traceId), (redactor) => ({
    ...given,
    said: given.said && redactedAssessment({ ...given.said, name: before.name }, redactor),
    ...redactedAssessment({ rationale: given.rationale, metadata: given.metadata }, redactor),
  }))
  const { made: change, counted } = screened ?? { made: given, counted: undefined }
  const { said } = change
  const metadata = { ...before.metadata, ...change.metadata }
  checkAssessmentTexts({ ...said, rationale: change.rationale, metadata })
  const trace = traceNamed(ctx, traceId)
  const row = jsonRowsOf([
    [
      ...[change.name ?? null, change.rationale ?? null, JSON.stringify(change.metadata ?? {})],
      ...[said?.value ?? null, numberIn(said?.value), said?.error ?? null],
    ],
  ])
  const saidColumns = said
    ? sql`value = j.value ->> 3, number = j.value ->> 4, error = j.value ->> 5,
        is_serialized = ${said.isSerialized},`
    : sql``
  const write = ctx.db.batch({
    changed: sql<{ id: number }>`
        update assessments set name = coalesce(j.value ->> 0, assessments.name),
        rationale = coalesce(j.value ->> 1, assessments.rationale), ${saidColumns}
        metadata = ${mergedTexts(sql`assessments.metadata`, sql`(j.value ->> 2)`)}, updated_at_ms = ${ctx.now()}
      from json_each(${row}) j
      where assessments.trace = (${trace}) and assessments.assessment_id = ${assessmentId}
        and assessments.updated_at_ms = coalesce(${seenMs ?? null}, assessments.updated_at_ms)
        and assessments.kind = coalesce(${said?.kind ?? null}, assessments.kind)
      returning assessments.id`,
    bound: boundStatement(trace),
    counted,
    found: oneRead(ctx, traceId, assessmentId),
  })
  const { changed, found: read } = await refuseTooMany(write)
  const [found] = read
  if (!found) throw absent(messages.noAssessment(assessmentId, traceId))
  if (changed.length === 0) {
    // It may have been deleted, and another one made under its id.
    checkChange(assessmentFrom(found), given)
    throw conflict('Somebody has changed it since; open the page again and change what it says now')
  }
  return assessmentFrom(found)
}

const shownKinds = {
  feedback: 'a Feedback',
  expectation: 'an Expectation',
  issue: 'an Issue',
} as const

function checkChange(before: TraceAssessment, { name, said }: AssessmentChange): void {
  if (name === '') throw invalid(messages.missing('assessment.assessment_name'))
  checkLength(name ?? '', 1000, 'assessment.assessment_name')
  if (said && said.kind !== before.kind) {
    throw invalid(
      `${messages.otherKind(said.kind, shownKinds[before.kind])}; log another one that overrides it`,
    )
  }
}

/** Take back what was said; what it alone had overridden counts again. One that is not there is no error. */
export async function deleteAssessment(
  ctx: Context,
  traceId: string,
  assessmentId: string,
): Promise<void> {
  const trace = traceNamed(ctx, traceId)
  const one = sql`trace = (${trace}) and assessment_id = ${assessmentId}`
  await ctx.db.batch({
    restored: sql`update assessments set valid = 1 where trace = (${trace})
      and assessment_id in (select overrides from assessments where ${one})
      and not exists (select 1 from assessments other where other.trace = assessments.trace
        and other.overrides = assessments.assessment_id and other.assessment_id <> ${assessmentId})`,
    deleted: sql`delete from assessments where ${one}`,
  })
}

function oneRead(ctx: Context, traceId: string, assessmentId: string) {
  return sql<AssessmentRow>`select a.*, t.trace_id from assessments a join traces t on t.id = a.trace
    where t.id = (${traceNamed(ctx, traceId)}) and a.assessment_id = ${assessmentId}`
}
