import { expect, test } from 'vitest'
import { pointsOf, type RunBefore } from '../../src/cli/transfer/promote/run-points.ts'
import type { Metric } from '../../src/tracking/run.ts'

const point = (value: number, timestampMs: number | bigint, step = 0): Metric => ({
  ...{ key: 'auc', value, timestampMs, step },
})

function runWith(points: readonly Metric[], endMs: number | undefined): RunBefore {
  return { startMs: 0, endMs, points: async () => points }
}

async function sentOf(value: number | 'NaN', run: RunBefore | undefined): Promise<Metric[]> {
  const parts = await Array.fromAsync(pointsOf({ metrics: { auc: value }, at: 100 }, run))
  return parts.flat()
}

test('the last point of a metric is what the version is known by, whatever became of its run', async () => {
  const known = [point(0.5, 1), point(0.9, 2)]
  const cases: readonly [number | 'NaN', RunBefore | undefined, Metric[]][] = [
    // The run is gone.
    [0.9, undefined, [point(0.9, 100)]],
    ['NaN', undefined, [point(Number.NaN, 100)]],
    // Its history ends so.
    [0.9, runWith(known, 50), known],
    ['NaN', runWith([point(Number.NaN, 1)], 50), [point(Number.NaN, 1)]],
    // It has no such metric, as a logged model may; it is not late for that.
    [0.9, runWith([], 50), [point(0.9, 50)]],
    [0.9, runWith([], undefined), [point(0.9, 100)]],
    // Its history ends otherwise.
    [0.7, runWith(known, 50), [...known, point(0.7, 50)]],
    [0.7, runWith([point(1, 80, 3)], 50), [point(1, 80, 3), point(0.7, 81, 3)]],
    [0.7, runWith([point(1, 2n ** 60n)], 50), [point(1, 2n ** 60n), point(0.7, 2n ** 60n + 1n)]],
  ]
  for (const [value, run, expected] of cases) expect(await sentOf(value, run)).toEqual(expected)
})
