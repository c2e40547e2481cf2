import { sql } from 'drizzle-orm'
import { compareUnits } from '../../core/names.ts'
import type { Context } from '../../platform/context.ts'
import type { Deployment } from '../deployments.ts'
import {
  compareSamples,
  type Interval,
  intervalOf,
  type MeanDifference,
  type Sample,
} from './compare-samples.ts'
import { acceptedMs, hourMs } from './report-outcomes.ts'

/** What came of the requests that a variant answered, of one name. */
export type VariantOutcome = {
  readonly variant: string
  readonly name: string
  /** Those that answered meanwhile, oldest first; 0: one that only the scorer knows. */
  readonly versions: readonly number[]
  readonly sample: Sample
  readonly interval: Interval | undefined
}

/** How a variant differs from the first one that has outcomes of the name. */
export type VariantDifference = MeanDifference & {
  readonly variant: string
  readonly against: string
  readonly name: string
}

export type OutcomeSummary = {
  /** The hour from which on requests count, Unix milliseconds. */
  readonly sinceMs: number
  readonly outcomes: readonly VariantOutcome[]
  readonly differences: readonly VariantDifference[]
}

type SumRow = {
  variant: string
  version: number
  name: string
  count: number
  mean: number
  m2: number
  others: number
}

/**
 * The outcomes of a deployment by variant, and how the variants differ. The first variant is the one that the
 * others are held against.
 *
 * @param sinceMs of the requests; undefined: of seven days
 */
export async function readOutcomes(
  ctx: Context,
  { id, variants }: Pick<Deployment, 'id' | 'variants'>,
  sinceMs = ctx.now() - acceptedMs,
): Promise<OutcomeSummary> {
  const hour = Math.floor(sinceMs / hourMs)
  const rows = await ctx.db.all(sql<SumRow>`select variant, version, name, count, mean, m2, others
    from deployment_outcomes where deployment = ${id} and hour >= ${hour}
    order by name, variant, version`)
  const order = variants.map(({ name }) => name)
  const rankOf = (variant: string) =>
    order.includes(variant) ? order.indexOf(variant) : order.length
  const groups = Map.groupBy(rows, ({ name, variant }) => JSON.stringify([name, variant]))
  const outcomes = [...groups.values()]
    .map(outcomeFrom)
    .sort((a, b) => compareUnits(a.name, b.name) || rankOf(a.variant) - rankOf(b.variant))
  const byName = Map.groupBy(outcomes, ({ name }) => name)
  return {
    sinceMs: hour * hourMs,
    outcomes,
    differences: [...byName.values()].flatMap(differencesOf),
  }
}

function outcomeFrom(rows: readonly SumRow[]): VariantOutcome {
  const [first] = rows
  if (!first) throw new Error('a group has a row')
  const sample = rows.map(sampleFrom).reduce(joinSamples)
  const { name, variant } = first
  const versions = [...new Set(rows.map(({ version }) => version))]
  return { name, variant, versions, sample, interval: intervalOf(sample) }
}

function differencesOf([first, ...others]: readonly VariantOutcome[]): VariantDifference[] {
  if (!first) return []
  return others.map(({ variant, name, sample }) => ({
    ...compareSamples(sample, first.sample),
    variant,
    against: first.variant,
    name,
  }))
}

function sampleFrom({ count, mean, m2, others }: SumRow): Sample {
  return { count, mean, m2, isBinary: others === 0 }
}

/** That of the values of both. */
function joinSamples(one: Sample, other: Sample): Sample {
  const count = one.count + other.count
  const apart = other.mean - one.mean
  return {
    count,
    mean: one.mean + (apart * other.count) / count,
    m2: one.m2 + other.m2 + (apart ** 2 * one.count * other.count) / count,
    isBinary: one.isBinary && other.isBinary,
  }
}
