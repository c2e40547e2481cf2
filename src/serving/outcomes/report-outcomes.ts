import { type SQL, sql } from 'drizzle-orm'
import { jsonRowsOf, Real } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import { readRequestId } from '../../router/request-id.ts'
import { getDeployment } from '../deployments.ts'

/** What became of a request, learned later: `converted`, 1. */
export type Outcome = {
  readonly requestId: string
  readonly name: string
  readonly value: number
}

/**
 * What is wrong with an outcome: `late`, its request came too long ago; `repeated`, it was reported before;
 * `unknown`, no variant of the deployment answered such a request; `refused`, the deployment has too many.
 */
export type OutcomeProblem = 'late' | 'repeated' | 'unknown' | 'refused'

/** How long after its request an outcome is taken, and what is known of reported ones is kept. */
export const acceptedMs = 7 * 86_400_000
export const hourMs = 3_600_000
/** Of one deployment: outcomes within `acceptedMs`, and different names. */
const outcomesMax = 1_000_000
const namesMax = 20
/** How far the clock of a router may be ahead. */
const aheadMs = 60_000
const keptHours = 35 * 24

/**
 * Take outcomes of requests that a deployment answered. Each is counted once, whoever reports it again.
 *
 * @returns what is wrong with each, in their order; undefined: it was taken
 * @throws RESOURCE_DOES_NOT_EXIST no such deployment
 */
export async function reportOutcomes(
  ctx: Context,
  name: string,
  outcomes: readonly Outcome[],
): Promise<(OutcomeProblem | undefined)[]> {
  const deployment = await getDeployment(ctx, name)
  const { id } = deployment
  const given = outcomes.map((outcome) => ({ ...outcome, of: readRequestId(outcome.requestId) }))
  const known = await readKnown(ctx, deployment, given)
  const problems = problemsOf(ctx, given, { id, ...known })
  const rows = given.flatMap(({ of, name: outcome, value }, i) =>
    of && problems[i] === undefined
      ? [[hourOf(of), of.random, of.variant, of.version, outcome, new Real(value)]]
      : [],
  )
  const written = await ctx.db.batch(statementsOf(ctx, id, jsonRowsOf(rows)))
  const marked = new Set(
    written.marked.map(({ hour, random, name: of }) => `${hour} ${random} ${of}`),
  )
  const isFull = written.room[0]?.is_full !== 0
  return problems.map((problem, i) => {
    const { of, name: outcome } = given[i] ?? {}
    if (problem || !of || outcome === undefined) return problem
    if (marked.has(keyOf(of, outcome))) return 'repeated'
    return isFull ? 'refused' : undefined
  })
}

type AnsweredRequest = NonNullable<ReturnType<typeof readRequestId>>
type GivenOutcome = Outcome & { readonly of: AnsweredRequest | undefined }

type Known = {
  readonly variants: ReadonlySet<string>
  readonly versions: ReadonlySet<number>
  readonly names: ReadonlySet<string>
}

/** The variants and versions that may have answered, and the names of outcomes so far. */
async function readKnown(
  ctx: Context,
  deployment: Awaited<ReturnType<typeof getDeployment>>,
  given: readonly GivenOutcome[],
): Promise<Known> {
  const asked = [...new Set(given.flatMap(({ of }) => (of ? [of.version] : [])))]
  const { counted, versions } = await ctx.db.batch({
    counted: sql<{
      variant: string
      name: string
    }>`select distinct variant, name from deployment_outcomes
      where deployment = ${deployment.id}`,
    versions: sql<{ version: number }>`select version from model_versions
      where registered_model = ${deployment.registeredModelId}
        and version in (select value from json_each(${JSON.stringify(asked)}))`,
  })
  return {
    variants: new Set([
      ...deployment.variants.map((variant) => variant.name),
      ...counted.map(({ variant }) => variant),
    ]),
    versions: new Set([0, ...versions.map(({ version }) => version)]),
    names: new Set(counted.map(({ name }) => name)),
  }
}

function problemsOf(
  ctx: Context,
  given: readonly GivenOutcome[],
  { id, variants, versions, names }: Known & { readonly id: number },
): (OutcomeProblem | undefined)[] {
  const now = ctx.now()
  const seen = new Set<string>()
  const used = new Set(names)
  return given.map(({ of, name }) => {
    const isKnown = of?.deployment === id && variants.has(of.variant) && versions.has(of.version)
    if (!of || !isKnown || of.atMs > now + aheadMs) return 'unknown'
    if (hourOf(of) < firstHour(now)) return 'late'
    const key = keyOf(of, name)
    if (seen.has(key)) return 'repeated'
    if (!used.has(name) && used.size >= namesMax) return 'refused'
    seen.add(key)
    used.add(name)
    return undefined
  })
}

/** The first hour whose requests outcomes are taken of. */
function firstHour(nowMs: number): number {
  return Math.floor((nowMs - acceptedMs) / hourMs)
}

function hourOf({ atMs }: AnsweredRequest): number {
  return Math.floor(atMs / hourMs)
}

function keyOf(of: AnsweredRequest, name: string): string {
  return `${hourOf(of)} ${of.random} ${name}`
}

/** @param rows hour, random, variant, version, name, value of each, as JSON */
function statementsOf(ctx: Context, id: number, rows: string) {
  const now = ctx.now()
  const given = sql`(select value ->> 0 as hour, value ->> 1 as random, value ->> 2 as variant,
      value ->> 3 as version, value ->> 4 as name, value ->> 5 as value from json_each(${rows}))`
  const isMarked = sql`exists (select 1 from deployment_outcome_marks k
    where k.deployment = ${id} and k.hour = g.hour and k.name = g.name and k.random = g.random)`
  const isFull = sql`(select coalesce(sum(count), 0) >= ${outcomesMax} from deployment_outcomes
    where deployment = ${id} and hour >= ${firstHour(now)})`
  const isThere = sql`exists (select 1 from deployments where id = ${id})`
  return {
    forgotten: forgetMarks(id, firstHour(now)),
    aged: sql`delete from deployment_outcomes
      where deployment = ${id} and hour < ${Math.floor(now / hourMs) - keptHours}`,
    room: sql<{ is_full: number }>`select ${isFull} as is_full`,
    marked: sql<{ hour: number; random: number; name: string }>`
      select hour, random, name from ${given} g where ${isMarked}`,
    summed: sql`insert into deployment_outcomes
        (deployment, hour, variant, version, name, count, mean, m2, others)
      select ${id}, hour, variant, version, name, count(*), max(mean),
        sum((value - mean) * (value - mean)), sum(value not in (0, 1))
      from (select g.*, avg(value) over (partition by hour, variant, version, name) as mean
        from ${given} g where not ${isMarked})
      where ${isThere} and not ${isFull}
      group by hour, variant, version, name
      on conflict (deployment, hour, variant, version, name) do update set
        mean = mean + (excluded.mean - mean) * excluded.count / (count + excluded.count),
        m2 = m2 + excluded.m2 + (excluded.mean - mean) * (excluded.mean - mean)
          * count * excluded.count / (count + excluded.count),
        others = others + excluded.others, count = count + excluded.count`,
    noted: sql`insert into deployment_outcome_marks (deployment, hour, name, random)
      select ${id}, hour, name, random from ${given} g
      where changes() > 0 and not ${isMarked}`,
  }
}

/** One hour at a time: as many as come. */
function forgetMarks(id: number, before: number): SQL {
  return sql`delete from deployment_outcome_marks where deployment = ${id} and hour < ${before}
    and hour = (select min(hour) from deployment_outcome_marks where deployment = ${id})`
}
