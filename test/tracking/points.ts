/** A point that a test logs. */
export type Point = readonly [step: number, timestamp: number, value: number | string]

export function metrics(key: string, points: readonly Point[]) {
  return points.map(([step, timestamp, value]) => ({ key, step, timestamp, value }))
}

/** `[step, timestamp, value]` of each point of an answer. */
export function points(json: { metrics?: { step: number; timestamp: number; value: unknown }[] }) {
  return (json.metrics ?? []).map(({ step, timestamp, value }) => [step, timestamp, value])
}
