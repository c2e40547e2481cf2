import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { runHourlyWork } from '../../../src/background.ts'
import type { BlobStore } from '../../../src/platform/ports.ts'
import { collectGarbage } from '../../../src/registry/collect-garbage.ts'
import { foldTraces } from '../../../src/traces/folding/fold-traces.ts'
import { recordWords } from '../../../src/traces/words/index-packs.ts'
import { appOf } from '../../support/app.ts'
import { client } from '../../support/client.ts'
import { Clock } from '../../support/clock.ts'
import { type SentSpan, traceId, traceServer } from '../../support/trace-server.ts'

const minute = 60_000

const fruits = [
  'quince',
  'Medlar',
  'PEAR',
  '梨の木',
  '🍐🍏',
  'naïve fig',
  'a"b\\c',
  'tab\tend',
  '50%_off',
]

async function wordServer() {
  const clock = new Clock(Date.now())
  const s = await traceServer({ now: clock.now })
  const { db } = s.platform
  const page = async (filter: string, more: object = {}) => {
    const locations = [{ mlflow_experiment: { experiment_id: s.experiment } }]
    const { json, status, text } = await s.post3('traces/search', { locations, filter, ...more })
    expect(status, text).toBe(200)
    const ids: string[] = (json.traces ?? []).map((t: { trace_id: string }) => t.trace_id)
    return { ids, token: json.next_page_token as string | undefined }
  }
  return {
    ...s,
    clock,
    page,
    async search(filter: string): Promise<string[]> {
      const found: string[] = []
      let token: string | undefined
      do {
        const { ids, token: next } = await page(filter, { page_token: token })
        found.push(...ids)
        token = next
      } while (token)
      return found
    },
    async fold() {
      clock.pass(12 * minute)
      await foldTraces(s.platform)
      expect(await db.all(sql`select 1 from trace_payloads`)).toEqual([])
    },
    rows: async (table: string) => (await db.all(sql`select 1 from ${sql.raw(table)}`)).length,
    /** As packs are that were written before their words were. */
    async forgetWords() {
      await db.all(sql`delete from trace_word_packs`)
      await db.all(sql`update trace_packs set words = 0`)
    },
    remove: (traces: readonly number[]) =>
      s.post('traces/delete-traces', {
        experiment_id: s.experiment,
        request_ids: traces.map((n) => traceId(n)),
      }),
  }
}

type WordServer = Awaited<ReturnType<typeof wordServer>>

/** Traces 1 to `count`, each with words of its own and a few that others have too. */
async function logWords(s: WordServer, count: number): Promise<void> {
  const spans = Array.from({ length: count }, (_, i): SentSpan => {
    const n = i + 1
    return {
      ...{ trace: n, id: 1, name: `step ${n % 3}`, startMs: 1_767_225_600_000 + n },
      attributes: {
        fruit: fruits[n % fruits.length],
        'mlflow.spanInputs': { order: `no. ${n * 1237}`, note: 'everywhere the same' },
        ...(n % 5 === 0 ? { 'rare.key': { list: [n, 'Five'] } } : {}),
        count: n,
      },
    }
  })
  await s.log(spans)
}

/** A blob store that counts what is read of packs. */
function countingBlobs(blobs: BlobStore) {
  let reads = 0
  const counting: BlobStore = Object.create(blobs, {
    get: {
      value: (key: string, range?: { start: number; end: number }) => {
        if (range) reads += 1
        return blobs.get(key, range)
      },
    },
  })
  return {
    counting,
    take() {
      const taken = reads
      reads = 0
      return taken
    },
  }
}

const filters = [
  "trace.text LIKE '%quince%'",
  "trace.text ILIKE '%mEDlaR%'",
  "trace.text LIKE '%mEDlaR%'",
  "span.content LIKE '%梨の木%'",
  "span.content LIKE '%🍐%'",
  "span.content ILIKE '%NAïVE f_g%'",
  "span.content LIKE '%no. 12370%'",
  "span.content LIKE '%no. 1_370%' AND trace.text LIKE '%pear%'",
  "span.content LIKE '{%everywhere%same%'",
  "span.content LIKE '%everywhere%quince%' AND span.name = 'step 1'",
  "span.content LIKE '%nowhere to be seen%'",
  "span.content LIKE '%abc%'",
  "span.content LIKE '%17672256000%'",
  "span.attributes.fruit = 'quince'",
  "span.attributes.fruit = 'a\"b\\c'",
  "span.attributes.fruit ILIKE '%B\\C'",
  "span.attributes.fruit = 'tab\tend'",
  "span.attributes.fruit = '50%_off'",
  "span.attributes.fruit LIKE '50%off'",
  "span.attributes.fruit IN ('PEAR', 'quince')",
  "span.attributes.fruit NOT IN ('PEAR', 'quince')",
  "span.attributes.fruit != 'PEAR'",
  "span.attributes.fruit RLIKE '^(PE|qu)[a-zA-Z]+$'",
  'span.attributes.rare.key LIKE \'%"Five"%\'',
  "span.attributes.rare.key RLIKE 'Fi.e'",
  "span.attributes.count = '7'",
  "span.attributes.absent = 'anything'",
  'span.attributes.mlflow.spanInputs LIKE \'%"order": "no. 2474"%\'',
]

test('filters find in packs what they found in rows', async () => {
  const s = await wordServer()
  await logWords(s, 60)
  const before = new Map<string, string[]>()
  for (const filter of filters) before.set(filter, await s.search(filter))
  expect([...before.values()].filter(({ length }) => length > 0).length).toBeGreaterThan(20)
  await s.fold()
  expect([await s.rows('trace_word_packs'), await s.rows('trace_payloads')]).toEqual([1, 0])
  for (const filter of filters) expect(await s.search(filter), filter).toEqual(before.get(filter))
  // With so many traces outside of packs that candidates are no list.
  await s.platform.db.all(sql`with recursive n (i) as (select 1 union all select i + 1 from n where i < 6000)
    insert into trace_payloads (id) select (1000000 + i) * 65536 from n`)
  for (const filter of filters) expect(await s.search(filter), filter).toEqual(before.get(filter))
})

test('a rare word reads few traces, also one that no trace has', async () => {
  const s = await wordServer()
  await logWords(s, 120)
  await s.fold()
  const { counting, take } = countingBlobs(s.platform.blobs)
  const { post3 } = client(appOf(() => ({ ...s.platform, blobs: counting })))
  const find = async (filter: string) => {
    const locations = [{ mlflow_experiment: { experiment_id: s.experiment } }]
    const { json } = await post3('traces/search', { locations, filter })
    return { found: json.traces?.length ?? 0, reads: take() }
  }
  expect(await find("trace.text LIKE '%no. 148440.%'")).toMatchObject({ found: 0 })
  expect(await find("trace.text LIKE '%no. 148440%'")).toEqual({ found: 1, reads: 1 })
  expect(await find("trace.text ILIKE '%PERSIMMON%'")).toEqual({ found: 0, reads: 0 })
  expect(await find("span.attributes.unheard.of = 'x'")).toEqual({ found: 0, reads: 0 })
})

test('pages of a word that all traces have are full, and repeat and leave out none', async () => {
  const s = await wordServer()
  await logWords(s, 90)
  await s.fold()
  const found: string[] = []
  let token: string | undefined
  do {
    const next = await s.page("trace.text ILIKE '%EVERYWHERE%'", {
      max_results: 20,
      page_token: token,
    })
    if (next.token) expect(next.ids).toHaveLength(20)
    found.push(...next.ids)
    token = next.token
    await s.log([{ trace: 1000 + found.length, id: 1, attributes: { note: 'everywhere' } }])
  } while (token)
  expect(new Set(found).size).toBe(found.length)
  expect(found.filter((id) => Number.parseInt(id.slice(3), 16) <= 90)).toHaveLength(90)
})

test('spans that come after folding are found, before and after they are folded', async () => {
  const s = await wordServer()
  await logWords(s, 5)
  await s.fold()
  const late = "trace.text LIKE '%persimmon%'"
  await s.log([{ trace: 3, id: 9, parent: 1, attributes: { fruit: 'persimmon' } }])
  await s.log([{ trace: 77, id: 1, attributes: { fruit: 'persimmon' } }])
  expect((await s.search(late)).sort()).toEqual([traceId(3), traceId(77)])
  await s.fold()
  expect((await s.search(late)).sort()).toEqual([traceId(3), traceId(77)])
})

test('packs of earlier releases are searched whole until their words are noted', async () => {
  const s = await wordServer()
  await logWords(s, 30)
  await s.fold()
  await s.log([{ trace: 500, id: 1, attributes: { fruit: 'persimmon' } }])
  await s.fold()
  await s.forgetWords()
  expect(await s.rows('trace_word_lists')).toBe(0)
  const find = () => s.search("trace.text LIKE '%quince%'")
  const before = await find()
  expect(before.length).toBeGreaterThan(2)
  await recordWords(s.platform)
  expect(await s.rows('trace_word_packs'), 'one at a time, the newest first').toBe(1)
  expect(await find()).toEqual(before)
  await Promise.all([recordWords(s.platform), recordWords(s.platform)])
  expect(await s.rows('trace_word_packs')).toBe(2)
  const lists = await s.rows('trace_word_lists')
  await recordWords(s.platform)
  expect([await s.rows('trace_word_packs'), await s.rows('trace_word_lists')]).toEqual([2, lists])
  expect(await find()).toEqual(before)
  expect(await s.search("trace.text LIKE '%persimmon%'")).toEqual([traceId(500)])
})

test('a pack whose spans are lost keeps no other from being noted', async () => {
  const s = await wordServer()
  await logWords(s, 3)
  await s.fold()
  await s.log([{ trace: 500, id: 1, attributes: { fruit: 'persimmon' } }])
  await s.fold()
  await s.forgetWords()
  const [, last] = await s.platform.db.all<{ key: string }>(
    sql`select key from trace_packs order by id`,
  )
  await s.platform.blobs.delete([last?.key ?? ''])
  await recordWords(s.platform)
  await recordWords(s.platform)
  expect(await s.platform.db.all(sql`select words from trace_packs order by id`)).toEqual([
    { words: 1 },
    { words: 2 },
  ])
  expect(await s.search("trace.text LIKE '%no. 3711%'").catch((err) => String(err))).toContain(
    'DATA_LOSS',
  )
})

test('words go with the traces of their pack, and with their experiment', async () => {
  const s = await wordServer()
  await logWords(s, 4)
  await s.fold()
  await s.remove([1, 2, 3])
  await runHourlyWork(s.platform)
  expect(await s.rows('trace_word_packs'), 'one is left').toBe(1)
  await s.remove([4])
  await runHourlyWork(s.platform)
  expect([await s.rows('trace_word_packs'), await s.rows('trace_word_lists')]).toEqual([0, 0])
  await logWords(s, 9)
  await s.log([{ trace: 500, id: 1, attributes: { fruit: 'persimmon' } }])
  await s.fold()
  expect(await s.rows('trace_word_lists')).toBeGreaterThan(0)
  await s.platform.db.all(sql`delete from experiments where id = ${Number(s.experiment)}`)
  expect([await s.rows('trace_word_packs'), await s.rows('trace_word_lists')]).toEqual([0, 0])
})

test('a pack that is written anew has words anew, and those of the old one are soon gone', async () => {
  const s = await wordServer()
  await logWords(s, 9)
  await s.fold()
  await s.remove([1, 2, 3, 4, 5, 6])
  const gc = () => collectGarbage({ ...s.platform, dryRun: false, graceMs: 0 })
  await gc()
  expect(await s.search("trace.text LIKE '%no. 8659%'")).toEqual([traceId(7)])
  s.clock.pass(5 * 24 * 60 * minute)
  await gc()
  await runHourlyWork(s.platform)
  expect(await s.rows('trace_word_packs')).toBe(1)
  expect(await s.search("trace.text LIKE '%no. 8659%'")).toEqual([traceId(7)])
})
