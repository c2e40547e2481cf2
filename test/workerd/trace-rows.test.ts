import { expect, test } from 'vitest'
import { countedPlatform } from '#platform'
import { foldTraces } from '../../src/traces/folding/fold-traces.ts'
import { Clock } from '../support/clock.ts'
import { traceServer } from '../support/trace-server.ts'

const startMs = Date.parse('2026-01-01T00:00:00Z')

test('a trace of 20 spans, sent as clients do and folded, writes at most 35 rows', async () => {
  const { platform, counter } = await countedPlatform()
  const clock = new Clock()
  const s = await traceServer({ ...platform, now: clock.now })
  const send = async (trace: number) => {
    const spans = Array.from({ length: 20 }, (_, i) => ({
      ...{ trace, id: trace * 100 + i, name: `step ${i % 5}`, type: i % 2 ? 'LLM' : 'TOOL' },
      ...(i === 0 ? {} : { parent: trace * 100 }),
      // Children end, and come, before their root.
      ...{ startMs: startMs + i, endMs: startMs + 2000 + (i === 0 ? 100 : i) },
      attributes: { 'mlflow.spanInputs': { question: `what is ${trace * i} of ${trace}?` } },
    }))
    const ended = [...spans.slice(1), ...spans.slice(0, 1)]
    for (let at = 0; at < 20; at += 5) await s.log(ended.slice(at, at + 5))
    await s.info({ tags: { 'mlflow.traceName': 'answer' } }, trace)
  }
  // The first one also makes the kinds of spans known.
  await send(1)
  counter.take()
  const count = 40
  for (let trace = 2; trace < 2 + count; trace++) await send(trace)
  const sent = counter.take().rowsWritten / count
  clock.pass(12 * 60_000)
  await foldTraces(s.platform)
  const folded = counter.take().rowsWritten / count
  expect(folded).toBeGreaterThan(0)
  expect(sent + folded).toBeLessThanOrEqual(35)
})
