import { env } from 'cloudflare:workers'
import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { freshPlatform } from '#platform'
import { D1 } from '../../src/platform/workers/d1.ts'

const overloaded = 'D1_ERROR: D1 DB is overloaded. Requests queued for too long.'
const lost = 'D1_ERROR: Network connection lost.'

/** D1 that fails as the service does, which no local one can: so often, and then answers. */
async function failing(message: string, times: number) {
  await freshPlatform()
  let left = times
  let sent = 0
  const failFirst =
    <A extends unknown[], R>(answer: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      sent++
      if (left-- > 0) throw new Error(message)
      return answer(...args)
    }
  const prepare = (text: string) => ({
    bind(...params: unknown[]) {
      const bound = env.DB.prepare(text).bind(...params)
      return new Proxy(bound, {
        get: (_, name) =>
          name === 'all' ? failFirst(() => bound.all()) : Reflect.get(bound, name),
      })
    },
  })
  const batch = failFirst(() => env.DB.batch([env.DB.prepare('select 1 as one')]))
  const db = new D1({ prepare, batch } as unknown as D1Database)
  return { db, sent: () => sent }
}

const read = sql<{ one: number }>`select 1 as one`
const write = sql`update access_epoch set epoch = epoch returning 1 as one`

test('what D1 did not run for want of time is sent again, at most twice', async () => {
  for (const query of [read, write]) {
    const { db, sent } = await failing(overloaded, 2)
    expect(await db.all(query)).toEqual([{ one: 1 }])
    expect(sent()).toBe(3)
  }
  const batched = await failing(overloaded, 2)
  expect(await batched.db.batch({ one: read })).toEqual({ one: [{ one: 1 }] })
  const longer = await failing(overloaded, 3)
  await expect(longer.db.all(read)).rejects.toThrow('overloaded')
})

test('where the answer was lost only reads are sent again: a write may have happened', async () => {
  const reading = await failing(lost, 1)
  expect(await reading.db.all(read)).toEqual([{ one: 1 }])
  const writing = await failing(lost, 1)
  await expect(writing.db.all(write)).rejects.toThrow('connection lost')
  expect(writing.sent()).toBe(1)
  const replaced = sql<{
    one: number
  }>`with w as (select 1) replace into access_epoch select 1, 1 from w`
  for (const query of [write, replaced]) {
    const batched = await failing(lost, 1)
    await expect(batched.db.batch({ one: read, query })).rejects.toThrow('connection lost')
    expect(batched.sent()).toBe(1)
  }
  const named = sql<{ one: number }>`with w as (select 1 as one) select one from w`
  for (const query of [read, named]) {
    const batched = await failing(lost, 2)
    expect(await batched.db.batch({ one: query })).toEqual({ one: [{ one: 1 }] })
    expect(batched.sent()).toBe(3)
  }
})
