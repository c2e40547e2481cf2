import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { freshPlatform } from '#platform'
import { D1 } from '../../src/platform/workers/d1.ts'
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

test('a trace of 20 spans, sent as clients do, writes at most 35 rows', async () => {
  await freshPlatform()
  const { db, written } = countingD1()
  const s = await traceServer({ db })
  const send = async (trace: number) => {
    const spans = Array.from({ length: 20 }, (_, i) => ({
      ...{ trace, id: i + 1, name: `step ${i % 5}`, type: i % 2 ? 'LLM' : 'TOOL' },
      ...(i === 0 ? {} : { parent: 1 }),
      attributes: { 'mlflow.spanInputs': { question: 'what?' } },
    }))
    await s.info({ tags: { 'mlflow.traceName': 'answer' } }, trace)
    await s.log(spans)
  }
  // The first one also makes the kinds of spans known.
  await send(1)
  const before = written()
  for (let trace = 2; trace < 12; trace++) await send(trace)
  const perTrace = (written() - before) / 10
  expect(perTrace).toBeGreaterThan(5)
  expect(perTrace).toBeLessThanOrEqual(35)
})
