import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { foldTraces } from '../../../src/traces/folding/fold-traces.ts'
import { collected } from '../../platform/blob-store-suite.ts'
import { Clock } from '../../support/clock.ts'
import { traceServer } from '../../support/trace-server.ts'

const words = 'the quick answer about pears that a model gave to somebody who asked for it'.split(
  ' ',
)

/** Words in an order of its own for each seed: some 300 characters. */
function textOf(seed: number): string {
  let state = seed
  const next = () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return words[Math.floor(state / 65_536) % words.length]
  }
  return Array.from({ length: 60 }, next).join(' ')
}

test('a folded trace of 20 spans takes less than 5 kB in the database, and 10 kB in all', async () => {
  const clock = new Clock()
  const s = await traceServer({ now: clock.now })
  const { db, blobs } = s.platform
  const databaseBytes = async () => {
    await db.all(sql`vacuum`)
    const size = await db.first<{ bytes: number }>(sql`
      select page_count * page_size as bytes from pragma_page_count(), pragma_page_size()`)
    return size?.bytes ?? 0
  }
  const before = await databaseBytes()
  const count = 150
  for (let trace = 1; trace <= count; trace++) {
    const spans = Array.from({ length: 20 }, (_, i) => ({
      ...{ trace, id: i + 1, name: `step ${i % 8}`, type: i % 2 ? 'LLM' : 'TOOL' },
      ...(i === 0 ? {} : { parent: 1 }),
      attributes: { 'mlflow.spanInputs': { question: textOf(trace * 20 + i) } },
    }))
    for (let at = 0; at < 20; at += 4) await s.log(spans.slice(at, at + 4))
    await s.info({ tags: { team: 'support' }, request_preview: textOf(trace) }, trace)
  }
  const unfolded = (await databaseBytes()) - before
  clock.pass(12 * 60_000)
  await foldTraces(s.platform)
  expect(await db.all(sql`select 1 from trace_payloads`)).toEqual([])
  const database = ((await databaseBytes()) - before) / count
  const packs = (await collected(blobs.list('traces/'))).reduce((sum, o) => sum + o.sizeBytes, 0)
  const sizes = { unfolded: unfolded / count, database, all: database + packs / count }
  expect(sizes.database).toBeLessThan(5000)
  expect(sizes.all).toBeLessThan(10_000)
  expect(sizes.unfolded, 'folding makes the difference').toBeGreaterThan(5000)
})
