import fc from 'fast-check'
import { expect, test } from 'vitest'
import { startedRun } from '../started-run.ts'

const int64 = (min: bigint) =>
  fc.oneof(
    fc.bigInt({ min, max: 2n ** 63n - 1n }),
    fc.constantFrom(min, 0n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n),
  )
const point = fc.record({
  // Any bits: denormals, infinities, NaN and -0 come often.
  value: fc.oneof(fc.double(), fc.double({ max: 1e-300, min: -1e-300 })),
  timestamp: int64(0n),
  step: int64(-(2n ** 63n)),
})

/** As proto JSON has it: NaN and infinities are strings. */
function doubleText(value: number): string {
  return Number.isFinite(value) ? JSON.stringify(value) : `"${value}"`
}

/** What MLflow gives back for a value: infinities are clamped, -0 is 0. */
function stored(value: number): string {
  if (Number.isNaN(value)) return '"NaN"'
  return JSON.stringify(Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value)) + 0)
}

const shape = /\{"key":"m","value":([^,]+),"timestamp":(\d+),"step":(-?\d+)\}/g

test('any double and any int64 come back from log-batch as they were sent', async () => {
  const server = await startedRun()
  await fc.assert(
    fc.asyncProperty(fc.array(point, { minLength: 1, maxLength: 200 }), async (points) => {
      const { post, get } = server
      const created = await post('runs/create', { experiment_id: '0' })
      const runId = created.json.run.info.run_id
      const metrics = points.map(
        ({ value, timestamp, step }) =>
          `{"key":"m","value":${doubleText(value)},"timestamp":${timestamp},"step":"${step}"}`,
      )
      const sent = `{"run_id":"${runId}","metrics":[${metrics.join(',')}]}`
      expect((await post('runs/log-batch', sent)).json).toEqual({})
      const { text } = await get(`metrics/get-history?run_id=${runId}&metric_key=m`)
      const got = [...text.matchAll(shape)].map(
        ([, value, timestamp, step]) => `${value} ${timestamp} ${step}`,
      )
      const expected = points.map((p) => `${stored(p.value)} ${p.timestamp} ${p.step}`)
      expect(new Set(got)).toEqual(new Set(expected))
    }),
    { numRuns: 15 },
  )
})
