import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { freshPlatform } from '#platform'
import { D1 } from '../../src/platform/workers/d1.ts'
import { foldTraces } from '../../src/traces/folding/fold-traces.ts'
import { Clock } from '../support/clock.ts'
import { traceServer } from '../support/trace-server.ts'

/** D1 that counts the rows which it says it has written: those of tables and of indexes, which it charges for. */
function countingD1() {
  let written = 0
  const count = (result: D1Result) => {
    written += result.meta.rows_written
  }
  const prepare = (text: string) => ({
    bind: (...params: unknown[]) => {
      const bound = env.DB.prepare(text).bind(...params)
      const all = async () => {
        const result = await bound.all()
        count(result)
        return result
      }
      return { bound, all }
    },
  })
  const batch = async (statements: readonly { readonly bound: D1PreparedStatement }[]) => {
    const results = await env.DB.batch(statements.map(({ bound }) => bound))
    for (const result of results) count(result)
    return results
  }
  const db = new D1({ prepare, batch } as unknown as D1Database)
  return { db, written: () => written }
}

test('a trace of 20 spans, sent as clients do and folded, writes at most 35 rows', async () => {
  await freshPlatform()
  const { db, written } = countingD1()
  const clock = new Clock()
  const s = await traceServer({ db, now: clock.now })
  const send = async (trace: number) => {
    const spans = Array.from({ length: 20 }, (_, i) => ({
      ...{ trace, id: trace * 100 + i, name: `step ${i % 5}`, type: i % 2 ? 'LLM' : 'TOOL' },
      ...(i === 0 ? {} : { parent: trace * 100 }),
      attributes: { 'mlflow.spanInputs': { question: `what is ${trace * i} of ${trace}?` } },
    }))
    for (let at = 0; at < 20; at += 5) await s.log(spans.slice(at, at + 5))
    await s.info({ tags: { 'mlflow.traceName': 'answer' } }, trace)
  }
  // The first one also makes the kinds of spans known.
  await send(1)
  const before = written()
  const count = 40
  for (let trace = 2; trace < 2 + count; trace++) await send(trace)
  const sent = (written() - before) / count
  clock.pass(12 * 60_000)
  await foldTraces(s.platform)
  const perTrace = (written() - before) / count
  expect(perTrace).toBeGreaterThan(sent)
  expect(perTrace).toBeLessThanOrEqual(35)
})
