import { type SQL, sql } from 'drizzle-orm'
import { excerpt } from '../../../core/error.ts'
import type { Context } from '../../../platform/context.ts'
import { expressionFacts, factsAtRegistration, type VersionFacts } from '../facts.ts'
import type { Gate, Policy, TraceScopeTerms } from '../policy.ts'
import { figuresOfTracesSql, hourMs, scopeText } from '../trace-gate.ts'
import { type ExpressionFacts, parseExpression } from './expression.ts'
import { newBudget } from './expression-cost.ts'
import {
  type ComparedSide,
  conditionOf,
  type ExpressionGate,
  type FiguresToAsk,
  figuresIn,
  latencies,
  type MeasuredFigures,
  type NamedFigure,
} from './name-figures.ts'

/** What traces show of an expression that names figures of them. */
export type ExpressionTraces = {
  /** The `traces` of each version; absent: there is no such version. */
  readonly facts: Readonly<Partial<Record<ComparedSide, object>>>
  readonly figures: readonly (NamedFigure & { readonly value: number | null })[]
  /** Whether the expression is true as SQL sees it, which the write of a move asks again. */
  readonly holds: boolean
}

export type ExpressionEvidence = {
  readonly byGate: ReadonlyMap<Gate, ExpressionTraces>
  /** True as long as each expression is true, or not, as it was. */
  readonly isStill: SQL
}

const figureJson = sql`json_object('count', finished, 'errors', errors, 'unfinished', unfinished,
  'error_rate', case when finished > 0 then 1.0 * errors / finished end,
  'p50', p50, 'p95', p95, 'p99', p99, 'rated', rated,
  'mean', case when abs(mean) < 1e308 then mean end)`

type Asked = FiguresToAsk & {
  readonly gate: ExpressionGate
  readonly named: readonly NamedFigure[]
}
export type ComparedVersions = {
  readonly candidate: VersionFacts
  readonly current: VersionFacts | undefined
}

/**
 * Measure what the expressions of policies name of the traces of both versions, each scope and feedback
 * once. The server reads them, whoever asks.
 */
export async function measureExpressions(
  ctx: Context,
  policies: readonly Policy[],
  versions: ComparedVersions,
): Promise<ExpressionEvidence> {
  const nowMs = ctx.now()
  const questions: string[] = []
  const place = (gate: ExpressionGate, { side, feedback }: NamedFigure) => {
    const version = versions[side]?.id
    if (version === undefined || !gate.traces) return undefined
    const question = JSON.stringify(questionOf(gate.traces, { version, feedback, nowMs }))
    const at = questions.indexOf(question)
    return at === -1 ? questions.push(question) - 1 : at
  }
  const asked = policies.flatMap(({ document }) =>
    document.gates.flatMap((gate): Asked[] => {
      const ast =
        gate.type === 'expression' && gate.traces ? parseExpression(gate.expression) : undefined
      if (gate.type !== 'expression' || !ast) return []
      const facts = plainFacts(versions, document.facts === 'registered')
      const named = figuresIn(ast)
      const placeOf = new Map(named.map((figure) => [figure.text, place(gate, figure)]))
      return [{ gate, ast, facts, named, placeOf }]
    }),
  )
  if (asked.length === 0) return { byGate: new Map(), isStill: sql`1` }
  const budget = newBudget()
  const found = sql`(select json_group_array(json(f)) as list from (
    select (select ${figureJson} from (${figuresOfTracesSql})) as f
    from json_each(${`[${questions.join()}]`}) g order by g.key))`
  const holds = sql`coalesce(case h.key ${sql.join(
    asked.map((one, i) => sql.raw(`when ${i} then ${conditionOf(one, budget)}`)),
    sql` `,
  )} end, 0)`
  const [row] = await ctx.db.all(sql<{ list: string; holds: string }>`
    with found as materialized (select list from ${found})
    select list, (select json_group_array(holds) from (select ${holds} as holds
      from json_each(${JSON.stringify(asked.map(() => 0))}) h order by h.key)) as holds from found`)
  const figures: MeasuredFigures[] = JSON.parse(row?.list ?? '[]')
  const held: number[] = JSON.parse(row?.holds ?? '[]')
  return {
    byGate: new Map(
      asked.map((one, i) => [
        one.gate,
        evidenceOf(one, { figures, holds: held[i] === 1, versions }),
      ]),
    ),
    isStill: sql`not exists (with found as materialized (select list from ${found})
      select 1 from found cross join json_each(${JSON.stringify(held)}) h where h.value is not ${holds})`,
  }
}

/** What `figuresOfTracesSql` reads of a question. */
function questionOf(
  { window_hours: hours, dataset, experiments = [] }: TraceScopeTerms,
  of: { readonly version: number; readonly feedback: string | undefined; readonly nowMs: number },
) {
  return {
    version: of.version,
    from_ms: hours === undefined ? 0 : of.nowMs - hours * hourMs,
    until_ms: of.nowMs,
    experiments: experiments.map(Number),
    dataset,
    feedback: of.feedback,
  }
}

/** Facts beside the figures, which are the same as long as the snapshot is. */
function plainFacts(
  { candidate, current }: ComparedVersions,
  isRegistered: boolean,
): ExpressionFacts {
  const shown = (facts: VersionFacts) => ({
    ...expressionFacts(isRegistered ? factsAtRegistration(facts) : facts),
    traces: {},
  })
  return { candidate: shown(candidate), current: current ? shown(current) : {} }
}

function evidenceOf(
  { named, placeOf }: Asked,
  found: {
    readonly figures: readonly MeasuredFigures[]
    readonly holds: boolean
    readonly versions: ComparedVersions
  },
): ExpressionTraces {
  const figures = named.map((figure) => {
    const place = placeOf.get(figure.text)
    const measured = place === undefined ? undefined : found.figures[place]
    return { ...figure, value: measured?.[figure.figure] ?? null }
  })
  const { current } = found.versions
  return {
    facts: {
      candidate: factsOf(figures, 'candidate'),
      ...(current && { current: factsOf(figures, 'current') }),
    },
    figures,
    holds: found.holds,
  }
}

/** Figures as an expression sees them. */
function factsOf(figures: ExpressionTraces['figures'], side: ComparedSide): object {
  const known = figures.flatMap((one) => (one.side === side && one.value !== null ? [one] : []))
  const valuesOf = (list: typeof known) =>
    Object.fromEntries(
      list.map(({ figure, value }) => [figure === 'rated' ? 'count' : figure, value]),
    )
  const isLatency = ({ figure }: NamedFigure) => latencies.some((one) => one === figure)
  const rated = Map.groupBy(known, ({ feedback }) => feedback)
  rated.delete(undefined)
  return {
    ...valuesOf(known.filter((one) => one.feedback === undefined && !isLatency(one))),
    latency_ms: valuesOf(known.filter(isLatency)),
    feedback: Object.fromEntries([...rated].map(([name, list]) => [name, valuesOf(list)])),
  }
}

/** Why a figure of a version that is there is unknown; undefined: all that are named are known. */
export function whyUnknown(
  { traces }: Pick<ExpressionGate, 'traces'>,
  found: ExpressionTraces,
  versions: ComparedVersions,
): string | undefined {
  const unknown = found.figures.find(({ side, value }) => value === null && versions[side])
  if (!unknown) return undefined
  const which = `version ${versions[unknown.side]?.version}${traces ? scopeText(traces) : ''}`
  const what =
    unknown.figure === 'mean'
      ? `has a feedback '${excerpt(unknown.feedback ?? '')}' that is a finite number, true or false`
      : 'has ended'
  return `${unknown.text} is unknown: no trace of ${which} ${what}`
}
