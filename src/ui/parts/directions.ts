import type { Policy } from '../../governance/policies/policy.ts'
import type { Directions } from './differences.tsx'

const less = /(^|[^a-z])(loss|error|rmse|mae|mse|mape|logloss|latency|gap)($|[^a-z])/i
const more = /(^|[^a-z])(acc|accuracy|auc|f1|precision|recall|r2|score)($|[^a-z])/i

/** What policies say of a metric: at least so much, or at most. Where they say nothing, its name may. */
export function directionsOf(policies: readonly Policy[]): Directions {
  const gates = policies.flatMap(({ document }) =>
    document.gates.flatMap((gate) => (gate.type === 'metric' ? [gate] : [])),
  )
  return (metric) => {
    const gate = gates.find((one) => one.metric === metric)
    if (gate && (gate.min === undefined) !== (gate.max === undefined)) {
      return gate.min === undefined ? 'down' : 'up'
    }
    if (less.test(metric)) return 'down'
    return more.test(metric) ? 'up' : undefined
  }
}
