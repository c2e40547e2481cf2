import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { runBackgroundWork } from '../../src/background.ts'
import type { Platform } from '../../src/platform/context.ts'
import type { BlobStore } from '../../src/platform/ports.ts'
import { collectAtHour, collectGarbage } from '../../src/registry/collect-garbage.ts'
import { foldTraces } from '../../src/traces/folding/fold-traces.ts'
import { placeColumns, readLines, type SpanPlace } from '../../src/traces/spans/read-lines.ts'
import { collected } from '../platform/blob-store-suite.ts'
import { Clock } from '../support/clock.ts'
import { otlpOf, type SentSpan, traceId, traceServer } from '../support/trace-server.ts'

const minute = 60_000
const counted = {
  'mlflow.chat.tokenUsage': '{"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}',
}

async function foldingServer(overrides: Partial<Platform> = {}) {
  const clock = new Clock(Date.now())
  const s = await traceServer({ now: clock.now, ...overrides })
  const { db, blobs } = s.platform
  const rows = async (table: string) => (await db.all(sql`select 1 from ${sql.raw(table)}`)).length
  return {
    ...s,
    clock,
    rows,
    /** Spans of traces 1 to `count`. */
    many: (count: number, span: Omit<SentSpan, 'id'> = {}) =>
      s.log(Array.from({ length: count }, (_, i) => ({ trace: i + 1, id: 1, ...span }))),
    async fold(platform = s.platform) {
      clock.pass(12 * minute)
      await foldTraces(platform)
    },
    packs: () =>
      db.all<{ id: number; key: string }>(sql`select id, key from trace_packs order by id`),
    objects: async () => (await collected(blobs.list('traces/'))).map(({ key }) => key),
    gc: () =>
      collectGarbage({
        ...s.platform,
        dryRun: false,
        graceMs: 0,
        now: () => Date.now() + 5 * 86_400_000,
      }),
    remove: (traces: readonly number[]) =>
      s.post('traces/delete-traces', {
        experiment_id: s.experiment,
        request_ids: traces.map((n) => traceId(n)),
      }),
    async search(filter: string): Promise<string[]> {
      const locations = [{ mlflow_experiment: { experiment_id: s.experiment } }]
      const { json } = await s.post3('traces/search', { locations, filter })
      return (json.traces ?? []).map((t: { trace_id: string }) => t.trace_id).sort()
    },
  }
}

test('spans of quiet traces move to a pack, where they are read and found as before', async () => {
  const s = await foldingServer()
  await s.log([
    { id: 1, attributes: { fruit: 'quince', 'mlflow.spanInputs': { n: 12345678901234567890n } } },
    { id: 2, parent: 1, status: 2 },
    { trace: 2, id: 1, attributes: { fruit: 'pear' } },
  ])
  await s.log([{ id: 1, name: 'again', attributes: { fruit: 'medlar' } }])
  const before = [await s.read(1), await s.read(2)]
  s.clock.pass(5 * minute)
  await foldTraces(s.platform)
  expect(await s.rows('trace_packs'), 'two traces wait for others').toBe(0)
  await s.fold()
  expect([await s.rows('trace_payloads'), await s.rows('trace_packs')]).toEqual([0, 1])
  expect([await s.read(1), await s.read(2)]).toEqual(before)
  expect(await s.search("span.content LIKE '%medlar%'")).toEqual([traceId(1)])
  expect(await s.search("span.attributes.fruit = 'quince'")).toEqual([])
  const file = `/api/2.0/mlflow-artifacts/artifacts/${s.experiment}/traces/${traceId(2)}/artifacts/traces.json`
  expect((await s.call('GET', file)).json.spans).toHaveLength(1)
})

test('spans that come after folding join the others, in reading and in sums, and are folded too', async () => {
  const s = await foldingServer()
  await s.log([{ id: 1, attributes: counted }])
  await s.fold()
  await s.log([{ id: 2, parent: 9, attributes: counted }])
  const names = async () => (await s.read(1)).spans.map(({ name }: { name: string }) => name).sort()
  const tokens = async () =>
    JSON.parse((await s.read(1)).trace_info.trace_metadata['mlflow.trace.tokenUsage']).total_tokens
  expect([await names(), await tokens()]).toEqual([['span 1', 'span 2'], 6])
  await s.log([{ id: 1, name: 'renamed', attributes: counted }])
  expect([await names(), await tokens()]).toEqual([['renamed', 'span 2'], 6])
  await s.fold()
  expect([await names(), await tokens()]).toEqual([['renamed', 'span 2'], 6])
  expect([await s.rows('trace_payloads'), await s.rows('trace_packs')]).toEqual([0, 2])
})

test('200 quiet traces of an experiment do not wait, and a trace that still gets spans does', async () => {
  const s = await foldingServer()
  await s.many(200)
  s.clock.pass(2 * minute)
  await s.log([{ trace: 7, id: 2 }])
  await foldTraces(s.platform)
  expect(await s.rows('trace_packs'), '199 are quiet').toBe(0)
  s.clock.pass(2 * minute)
  await foldTraces(s.platform)
  expect([await s.rows('trace_payloads'), await s.rows('trace_packs')]).toEqual([0, 1])
  expect((await s.read(7)).spans).toHaveLength(2)
})

test('a trace that is folded while it is being read is read whole', async () => {
  const s = await foldingServer()
  await s.many(1)
  const [place] = await s.platform.db.all(sql<SpanPlace>`select ${placeColumns} from traces t`)
  await s.fold()
  expect(place && (await readLines(s.platform, place))).toHaveLength(1)
})

test('of two processes that fold at once each trace is in one pack, and nothing is lost', async () => {
  const s = await foldingServer()
  await s.many(30)
  s.clock.pass(12 * minute)
  await Promise.all([foldTraces(s.platform), foldTraces(s.platform)])
  const [pack, ...others] = await s.packs()
  expect([pack?.key, others]).toEqual([expect.any(String), []])
  expect(await s.objects()).toContain(pack?.key)
  for (const trace of [1, 17, 30]) expect((await s.read(trace)).spans).toHaveLength(1)
  await s.gc()
  expect(await s.objects()).toEqual([pack?.key])
})

test('spans that arrive, or a delete, while a pack is written leave that trace out of it', async () => {
  const s = await foldingServer()
  await s.many(3)
  const { blobs } = s.platform
  const put: typeof blobs.put = async (...args) => {
    const stored = await blobs.put(...args)
    await s.log([{ trace: 1, id: 2 }])
    await s.remove([2])
    return stored
  }
  await s.fold({ ...s.platform, blobs: { ...blobsOf(blobs), put } })
  expect(
    await s.platform.db.all(sql`select trace_id, pack is null as is_out from traces order by 1`),
  ).toEqual([
    { trace_id: traceId(1), is_out: 1 },
    { trace_id: traceId(3), is_out: 0 },
  ])
  for (const [trace, count] of [
    [1, 2],
    [3, 1],
  ] as const)
    expect((await s.read(trace)).spans).toHaveLength(count)
})

test('after a death between the pack and its rows the next run folds, and gc removes the first pack', async () => {
  const s = await foldingServer()
  await s.many(3)
  const batch: Platform['db']['batch'] = (statements) =>
    'taken' in statements ? Promise.reject(new Error('killed')) : s.platform.db.batch(statements)
  const { db } = s.platform
  const dying = { all: db.all.bind(db), first: db.first.bind(db), batch }
  await expect(s.fold({ ...s.platform, db: dying })).rejects.toThrow('killed')
  expect([await s.objects(), await s.packs()]).toEqual([[expect.any(String)], []])
  await s.fold()
  expect(await s.objects()).toHaveLength(2)
  await s.gc()
  expect(await s.objects()).toEqual((await s.packs()).map(({ key }) => key))
  expect((await s.read(2)).spans).toHaveLength(1)
})

test('gc writes a pack anew whose traces are mostly deleted, and removes one that has none', async () => {
  const s = await foldingServer()
  await s.many(10, { attributes: { text: 'x'.repeat(500) } })
  await s.fold()
  const [first] = await s.packs()
  await s.remove([1, 2, 3, 4])
  await s.gc()
  expect(await s.packs(), 'more than half of it is needed').toEqual([first])
  await s.remove([5, 6])
  await s.gc()
  const [second] = await s.packs()
  expect(second?.key).not.toBe(first?.key)
  expect(await s.objects()).toEqual([second?.key])
  expect((await s.read(8)).spans).toHaveLength(1)
  await s.remove([7, 8, 9, 10])
  await s.gc()
  expect([await s.packs(), await s.objects()]).toEqual([[], []])
})

test('a pack without traces goes after the grace time, since a database may be put back', async () => {
  const s = await foldingServer()
  await s.many(2)
  await s.fold()
  await s.remove([1, 2])
  const days = async (count: number) => {
    const now = () => s.clock.ms + count * 86_400_000
    const collector = { ...s.platform, dryRun: false, graceMs: 30 * 86_400_000, now }
    for (let hour = 0; hour < 24; hour++) await collectAtHour(collector, hour)
    return s.objects()
  }
  expect(await days(40)).toHaveLength(1)
  expect(await days(69)).toHaveLength(1)
  await days(71)
  expect(await days(72)).toEqual([])
})

test('an experiment that is purged takes the spans of its traces out of the store', async () => {
  const s = await foldingServer()
  await s.many(2)
  await s.fold()
  await s.post('experiments/delete', { experiment_id: s.experiment })
  const now = () => s.clock.ms + 5 * 86_400_000
  await collectGarbage({ ...s.platform, dryRun: false, graceMs: 0, now }, now())
  expect([await s.packs(), await s.objects()]).toEqual([[], []])
})

test('the server folds in the background', async () => {
  const s = await foldingServer()
  await s.many(2)
  s.clock.pass(12 * minute)
  await runBackgroundWork(s.platform)
  expect(await s.rows('trace_payloads')).toBe(0)
})

/** A store is an object of a class, whose methods a spread would lose. */
function blobsOf(blobs: Platform['blobs']): Platform['blobs'] {
  return {
    put: blobs.put.bind(blobs),
    get: blobs.get.bind(blobs),
    sizeOf: blobs.sizeOf.bind(blobs),
    delete: blobs.delete.bind(blobs),
    list: blobs.list.bind(blobs),
    leftovers: blobs.leftovers.bind(blobs),
    discard: blobs.discard.bind(blobs),
    multipart: blobs.multipart,
  }
}

test('rows go only once the pack outlives a power cut', async () => {
  const s = await foldingServer()
  await s.many(2)
  const { blobs: stored } = s.platform
  const blobs: BlobStore = Object.assign(Object.create(stored), {
    put: stored.put.bind(stored),
    flush: () => Promise.reject(new Error('no disk')),
  })
  await expect(s.fold({ ...s.platform, blobs })).rejects.toThrow('no disk')
  expect(await s.rows('trace_payloads')).toBe(2)
})

test('a pack that is lost is said of its traces by name, and the others are read as before', async () => {
  const s = await foldingServer()
  await s.many(2)
  await s.fold()
  await s.log([{ trace: 3, id: 1 }])
  await s.platform.blobs.delete((await s.packs()).map(({ key }) => key))
  const lost = await s.get(`get?trace_id=${traceId(1)}`)
  expect(lost.status).toBe(410)
  expect(lost.json).toMatchObject({
    error_code: 'DATA_LOSS',
    message: expect.stringMatching(`spans of trace '${traceId(1)}' are lost: .* delete the trace`),
  })
  expect((await s.read(3)).spans).toHaveLength(1)
  expect((await s.remove([1, 2])).status).toBe(200)
  expect(await s.search("span.content LIKE '%a%'")).toEqual([traceId(3)])
})

test('traces whose spans are lost or damaged do not keep the others from being folded, nor gc from its work', async () => {
  const s = await foldingServer()
  await s.many(4, { attributes: { text: 'x'.repeat(500) } })
  await s.fold()
  const [pack] = await s.packs()
  await s.platform.db.all(sql`update traces set pack_offset = pack_offset + 1
    where trace_id = ${traceId(2)}`)
  await s.log([1, 2, 5].map((trace) => ({ trace, id: 2 })))
  await s.fold()
  expect(await s.rows('trace_payloads'), 'that of the damaged trace').toBe(1)
  expect((await s.read(1)).spans).toHaveLength(2)
  const damaged = await s.get(`get?trace_id=${traceId(2)}`)
  expect(damaged.status).toBe(410)
  expect(damaged.json.message).toContain(`'${pack?.key}' is damaged`)
  await s.remove([3, 4])
  await s.gc()
  expect(await s.objects(), 'what is lost may be put back').toContain(pack?.key)
  await s.platform.blobs.delete([pack?.key ?? ''])
  await s.log([{ trace: 6, id: 1 }])
  await s.fold()
  expect((await s.packs()).length).toBeGreaterThan(2)
  expect(await s.rows('trace_payloads')).toBe(1)
  const looked = await s.platform.db.all(sql`select t.trace_id from traces t
    where t.touched_at_ms = ${s.clock.ms}`)
  expect(looked, 'it is not tried at each run').toEqual([{ trace_id: traceId(2) }])
})

test('a store that fails is tried again after some seconds, and loses nothing', async () => {
  const s = await foldingServer()
  await s.many(2)
  let tries = 0
  const put = () => {
    tries++
    return Promise.reject(new Error('the disk is full'))
  }
  const full = { ...s.platform, blobs: { ...blobsOf(s.platform.blobs), put } }
  await expect(s.fold(full)).rejects.toThrow('full')
  await foldTraces(full)
  expect(tries).toBe(1)
  s.clock.pass(11_000)
  await foldTraces(s.platform)
  expect(await s.rows('trace_payloads')).toBe(0)
  expect((await s.read(2)).spans).toHaveLength(1)
})

test('folding goes on when the clock is set back', async () => {
  const s = await foldingServer()
  await s.many(1)
  await s.fold()
  await foldTraces(s.platform)
  await s.log([{ trace: 2, id: 1 }])
  s.clock.pass(-365 * 86_400_000)
  await s.log([{ trace: 3, id: 1 }])
  await foldTraces(s.platform)
  const left = await s.platform.db.all(sql`select trace_id from traces where payload_rows > 0`)
  expect(left).toEqual([{ trace_id: traceId(3) }])
})

test('a trace that never is quiet is folded once it came in many requests', async () => {
  const s = await foldingServer()
  await s.log([{ id: 1 }])
  await s.platform.db.all(sql`update traces set payload_rows = 65535`)
  const { status, text } = await s.sendOtlp(otlpOf([{ id: 2 }, { trace: 2, id: 1 }]))
  expect([status, text]).toEqual([429, expect.stringContaining('send them again later')])
  await foldTraces(s.platform)
  expect(await s.rows('trace_payloads')).toBe(0)
  await s.log([{ id: 2 }])
  expect((await s.read(1)).spans).toHaveLength(2)
})
