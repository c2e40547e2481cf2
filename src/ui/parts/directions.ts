import { chosenMetricOf, type Tagged } from '../../find/chosen-metric.ts'
import type { Policy } from '../../governance/policies/policy.ts'

/** Whether more or less of a metric is better. */
export type Direction = 'up' | 'down'

/** Of each metric; undefined: nobody says. */
export type Directions = (metric: string) => Direction | undefined

const less = /(^|[^a-z])(loss|error|rmse|mae|mse|mape|logloss|latency|gap)($|[^a-z])/i
const more = /(^|[^a-z])(acc|accuracy|auc|f1|precision|recall|r2|score)($|[^a-z])/i

/**
 * Which way a metric is better: as gates of policies ask, at least so much or at most; else as tags say; else as
 * its name does.
 *
 * @param tagged the model, or the experiments whose runs are shown; where their tags differ, nobody says
 */
export function directionsOf(
  policies: readonly Policy[],
  tagged: readonly Tagged[] = [],
): Directions {
  const gates = policies.flatMap(({ document }) =>
    document.gates.flatMap((gate) => (gate.type === 'metric' ? [gate] : [])),
  )
  return (metric) => {
    const gate = gates.find((one) => one.metric === metric)
    if (gate && (gate.min === undefined) !== (gate.max === undefined)) {
      return gate.min === undefined ? 'down' : 'up'
    }
    const said = new Set(tagged.flatMap((one) => taggedDirection(one, metric) ?? []))
    const [direction, ...others] = said
    if (direction !== undefined) return others.length === 0 ? direction : undefined
    if (less.test(metric)) return 'down'
    return more.test(metric) ? 'up' : undefined
  }
}

/** `gatehouse.metric.better` is about the metric of `gatehouse.metric`, with the name of one behind it about that. */
const betterTag = 'gatehouse.metric.better'

/** What the tags say: `higher` or `lower`; anything else says nothing. */
function taggedDirection(of: Tagged, metric: string): 'up' | 'down' | undefined {
  const named = of.tags.find(({ key }) => key === `${betterTag}.${metric}`)
  const chosen =
    chosenMetricOf(of) === metric ? of.tags.find(({ key }) => key === betterTag) : undefined
  const text = (named ?? chosen)?.value.trim().toLowerCase()
  if (text === 'higher') return 'up'
  return text === 'lower' ? 'down' : undefined
}
