import type { Policy } from '../../governance/policies/policy.ts'

/** What a gate asks of a metric. */
export type MetricBound = {
  readonly policy: string
  readonly stage: string
  readonly is: 'least' | 'most'
  readonly value: number
}

/** What the gates of policies ask of metrics in a stage. */
export function boundsOf(stage: string) {
  return ({ name, document }: Policy): (MetricBound & { readonly metric: string })[] =>
    document.gates.flatMap((gate) => {
      if (gate.type !== 'metric') return []
      const of = { policy: name, stage, metric: gate.metric }
      return [
        ...(gate.min === undefined ? [] : [{ ...of, is: 'least' as const, value: gate.min }]),
        ...(gate.max === undefined ? [] : [{ ...of, is: 'most' as const, value: gate.max }]),
      ]
    })
}

/** The bounds that a value breaks; NaN breaks every one. */
export function brokenBounds(value: number, bounds: readonly MetricBound[]): MetricBound[] {
  return bounds.filter((bound) =>
    bound.is === 'least' ? !(value >= bound.value) : !(value <= bound.value),
  )
}
