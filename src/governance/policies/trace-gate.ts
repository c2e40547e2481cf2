import { type SQL, sql } from 'drizzle-orm'
import { mayReadSql } from '../../access/permissions/permitted.ts'
import { excerpt, invalid } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { versionTracesSql } from '../../registry/versions/version-traces.ts'
import { type TraceFigures, traceFiguresSql } from '../../traces/metrics/trace-figures.ts'
import { parseExperimentId } from '../../tracking/experiments/experiment.ts'
import type { Gate, Policy, TraceScopeTerms } from './policy.ts'
import { failed, passed, type Verdict } from './verdict.ts'

export type TraceGate = Extract<Gate, { type: 'traces' }>

/** What a gate asks, as JSON that SQL reads. */
type TraceQuestion = {
  readonly version: number
  readonly from_ms: number
  readonly until_ms: number
  readonly experiments: readonly number[]
  readonly dataset: string | undefined
  readonly feedback: string | undefined
  /** Undefined: no limit. */
  readonly limits: Readonly<Record<LimitName, number | undefined>>
}

/** What the traces of a version show of a gate. */
export type TraceEvidence = TraceFigures & {
  /** Whether each limit is kept. */
  readonly holds: Readonly<Record<LimitName, 0 | 1>>
}

/** The traces that the gates of a judgement looked at. */
export type JudgedTraces = {
  readonly evidence: ReadonlyMap<Gate, TraceEvidence>
  /** True as long as each limit is kept, or not, as it was. */
  readonly isStill: SQL
}

export const hourMs = 3_600_000
const question = (path: string) => sql`(g.value ->> ${sql.raw(`'$.${path}'`)})`

/** Whether each limit is kept, by columns of `TraceFigures`. What is absent keeps none. */
const limitSql = {
  min_count: (limit: SQL) => sql`finished >= ${limit}`,
  max_error_rate: (limit: SQL) => sql`1.0 * errors / finished <= ${limit}`,
  max_p50_ms: (limit: SQL) => sql`p50 <= ${limit}`,
  max_p95_ms: (limit: SQL) => sql`p95 <= ${limit}`,
  max_p99_ms: (limit: SQL) => sql`p99 <= ${limit}`,
  min_rated: (limit: SQL) => sql`rated >= ${limit}`,
  // An infinity is within no limits.
  min_mean: (limit: SQL) => sql`mean >= ${limit} and abs(mean) < 1e308`,
  max_mean: (limit: SQL) => sql`mean <= ${limit} and abs(mean) < 1e308`,
} as const
type LimitName = keyof typeof limitSql

const holdsSql = sql`json_object(${sql.join(
  Object.entries(limitSql).map(([name, kept]) => {
    const limit = question(`limits.${name}`)
    return sql`${sql.raw(`'${name}'`)}, ${limit} is null or coalesce(${kept(limit)}, 0)`
  }),
  sql`, `,
)})`

/**
 * The figures of the traces that `g.value` asks for: its `version`, `from_ms`, `until_ms`, `experiments`,
 * `dataset` and `feedback`.
 */
export const figuresOfTracesSql = traceFiguresSql(
  versionTracesSql({
    version: question('version'),
    fromMs: question('from_ms'),
    untilMs: question('until_ms'),
    experiments: question('experiments'),
    dataset: question('dataset'),
  }),
  question('feedback'),
)

/**
 * Measure what gates of policies ask of the traces of a version. The server reads them, whoever asks;
 * whoever wrote the policy could read the experiments that it names.
 */
export async function measureTraces(
  ctx: Context,
  policies: readonly Policy[],
  modelVersionId: number,
): Promise<JudgedTraces> {
  const gates = policies.flatMap(({ document }) =>
    document.gates.flatMap((gate) => (gate.type === 'traces' ? [gate] : [])),
  )
  if (gates.length === 0) return { evidence: new Map(), isStill: sql`1` }
  const nowMs = ctx.now()
  const questions = gates.map((gate) => questionOfGate(gate, modelVersionId, nowMs))
  const rows = await ctx.db.all(sql<{ found: string }>`
    select (select json_object('finished', finished, 'errors', errors, 'unfinished', unfinished,
      'p50', p50, 'p95', p95, 'p99', p99, 'rated', rated, 'mean', mean, 'holds', ${holdsSql})
      from (${figuresOfTracesSql})) as found
    from json_each(${JSON.stringify(questions)}) g order by g.key`)
  const found = rows.map((row): TraceEvidence => JSON.parse(row.found))
  const seen = questions.map((one, i) => ({ ...one, holds: found[i]?.holds }))
  return {
    evidence: new Map(gates.flatMap((gate, i) => (found[i] ? [[gate, found[i]] as const] : []))),
    isStill: sql`not exists (select 1 from json_each(${JSON.stringify(seen)}) g
      where json(g.value -> 'holds') is not (select ${holdsSql} from (${figuresOfTracesSql})))`,
  }
}

function questionOfGate(gate: TraceGate, version: number, nowMs: number): TraceQuestion {
  const { feedback, max_latency_ms: latency } = gate
  return {
    version,
    from_ms: gate.window_hours === undefined ? 0 : nowMs - gate.window_hours * hourMs,
    until_ms: nowMs,
    experiments: (gate.experiments ?? []).map(Number),
    dataset: gate.dataset,
    feedback: feedback?.name,
    limits: {
      min_count: gate.min_count,
      max_error_rate: gate.max_error_rate,
      max_p50_ms: latency?.p50,
      max_p95_ms: latency?.p95,
      max_p99_ms: latency?.p99,
      min_rated: feedback && (feedback.min_count ?? 1),
      min_mean: feedback?.min_mean,
      max_mean: feedback?.max_mean,
    },
  }
}

/** Judge a gate by what traces show: it waits for more of them, and fails by those that are there. */
export function judgeTraces(gate: TraceGate, evidence: TraceEvidence | undefined): Verdict {
  if (!evidence) return failed('the traces of the version were not read')
  const { holds, finished, unfinished } = evidence
  const enough = `${finished} of at least ${gate.min_count} traces${scopeText(gate)}`
  const told = figureTexts(gate, evidence)
  const open = unfinished > 0 ? [`${unfinished} more have not ended`] : []
  if (!holds.min_count) return { status: 'pending', detail: [enough, ...open].join('; ') }
  const wrong = told.filter(({ limit }) => !holds[limit])
  const detail = [enough, ...(wrong.length > 0 ? wrong : told).map(({ text }) => text), ...open]
  const waits = wrong.length > 0 && wrong.every(({ limit }) => limit === 'min_rated')
  if (waits) return { status: 'pending', detail: detail.join('; ') }
  return wrong.length > 0 ? failed(detail.join('; ')) : passed(detail.join('; '))
}

/** The value that each limit of a gate is about, beside it. */
function figureTexts(gate: TraceGate, figures: TraceFigures & Pick<TraceEvidence, 'holds'>) {
  const { errors, finished, rated, mean, holds } = figures
  const { feedback, max_error_rate: rate, max_latency_ms: latency = {} } = gate
  const told: { readonly limit: LimitName; readonly text: string }[] = []
  const tell = (limit: LimitName, text: string, bound: string) =>
    told.push({ limit, text: `${text} ${holds[limit] ? 'is' : 'is not'} ${bound}` })
  if (rate !== undefined) {
    const share = finished === 0 ? 'no trace' : shortNumber(errors / finished)
    tell('max_error_rate', `error rate ${share}`, `<= ${rate}`)
  }
  for (const part of ['p50', 'p95', 'p99'] as const) {
    const most = latency[part]
    if (most === undefined) continue
    const took = figures[part] === null ? 'unknown' : `${figures[part]} ms`
    tell(`max_${part}_ms`, `latency ${part} ${took}`, `<= ${most} ms`)
  }
  if (!feedback) return told
  const named = `feedback '${excerpt(feedback.name)}'`
  const few = feedback.min_count ?? 1
  tell('min_rated', `${named} of ${rated} traces`, `of at least ${few}`)
  if (rated < few) return told
  const is = `mean of ${named} ${mean === null ? 'unknown' : shortNumber(mean)}`
  if (feedback.min_mean !== undefined) tell('min_mean', is, `>= ${feedback.min_mean}`)
  if (feedback.max_mean !== undefined) tell('max_mean', is, `<= ${feedback.max_mean}`)
  return told
}

/** Which traces count, behind `traces` or the version: ` of the last 24 hours`. */
export function scopeText({
  window_hours: hours,
  dataset,
  experiments = [],
}: TraceScopeTerms): string {
  return [
    ...(hours === undefined ? [] : [` of the last ${hours === 1 ? 'hour' : `${hours} hours`}`]),
    ...(dataset === undefined ? [] : [` of runs over '${excerpt(dataset)}'`]),
    ...(experiments.length === 0
      ? []
      : [`, those in experiment ${experiments.join(', ')} counted too`]),
  ].join('')
}

/** A number with six digits. */
export function shortNumber(value: number): number {
  return Number(value.toPrecision(6))
}

/**
 * Check the experiments that gates name. Who names one may read it, since the gate tells of it.
 *
 * @throws INVALID_PARAMETER_VALUE no such experiment that the caller may read
 */
export async function checkTraceExperiments(ctx: Context, gates: readonly Gate[]): Promise<void> {
  const named = gates.flatMap((gate) => {
    const scope = gate.type === 'expression' ? gate.traces : gate.type === 'traces' && gate
    return scope ? (scope.experiments ?? []).map(parseExperimentId) : []
  })
  if (named.length === 0) return
  const rows = await ctx.db.all(sql<{ id: number }>`select value as id
    from json_each(${JSON.stringify([...new Set(named)])}) w where not exists (
      select 1 from experiments e where e.id = w.value and e.workspace = ${ctx.workspace}
        and ${mayReadSql(ctx, 'experiment', { id: sql`e.id` })})`)
  const [unknown] = rows
  if (!unknown) return
  throw invalid(
    `A gate counts traces of experiment ${unknown.id}, and there is no such experiment that you may read`,
  )
}

/** @throws INVALID_PARAMETER_VALUE the gate asks for traces without saying which, or for a mean without limits */
export function checkTraceGate({ name, feedback, ...scope }: TraceGate): void {
  checkTraceScope(name, scope)
  if (feedback && feedback.min_mean === undefined && feedback.max_mean === undefined) {
    throw invalid(
      `Gate '${excerpt(name)}' asks for feedback '${excerpt(feedback.name)}' without limits: give it 'min_mean' or 'max_mean'`,
    )
  }
}

/** @throws INVALID_PARAMETER_VALUE a gate asks for traces without saying which */
export function checkTraceScope(name: string, { window_hours, dataset }: TraceScopeTerms): void {
  if (window_hours === undefined && dataset === undefined) {
    throw invalid(
      `Gate '${excerpt(name)}' says not which traces count: give it 'window_hours', a 'dataset' that their runs read, or both`,
    )
  }
}
