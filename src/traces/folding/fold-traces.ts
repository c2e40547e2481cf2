import { sql } from 'drizzle-orm'
import type { Platform } from '../../platform/context.ts'
import { type FoldedTrace, foldedColumns, writePacks } from './write-packs.ts'

/** A trace is folded once no span of it came for so long. */
const quietMs = 60_000
/** So many quiet traces of an experiment make a pack; fewer do when the first has waited so long. */
const perPackMin = 200
const waitMs = 10 * 60_000
const betweenRunsMs = 10_000
/** One of so many requests is folded while spans still arrive: its rows are numbered up to 65,535. */
const rowsMax = 1000

/** What one run looks at, and what it folds. The next run goes on. */
const lookedAtMax = 2000
const foldedMax = 500
const packsMax = 10
/** Larger traces gain nothing, and those with spans in the blob store are out of the database already. */
const bytesMax = 4_000_000

type PlaceRow = { readonly next_trace: number; readonly next_at_ms: number }

type WaitingRow = FoldedTrace & { readonly experiment: number; readonly keys: number }

type UnfoldedRow = { readonly count: number; readonly last: number | null }

/**
 * Move the spans of quiet traces out of the database into packs in the blob store, many traces in one
 * object. What is left over, or comes later, the next run takes.
 */
export async function foldTraces(platform: Platform): Promise<void> {
  const { db, now } = platform
  const place = await db.first(sql<PlaceRow>`select next_trace, next_at_ms from trace_folding`)
  const waitsMs = (place?.next_at_ms ?? 0) - now()
  // A longer wait was noted before the clock was set back.
  if (waitsMs > 0 && waitsMs <= betweenRunsMs) return
  const first = place?.next_trace ?? 0
  try {
    await foldFrom(platform, first)
  } catch (err) {
    await noteNext(platform, first, now() + betweenRunsMs)
    throw err
  }
}

async function foldFrom(platform: Platform, first: number): Promise<void> {
  const { db, now } = platform
  const { unfolded, waiting } = await db.batch({
    unfolded: sql<UnfoldedRow>`${unfoldedFrom(first)}
      select count(*) as count, max(trace) as last from unfolded where trace is not null`,
    waiting: sql<WaitingRow>`${unfoldedFrom(first)}
      select ${foldedColumns}, t.experiment, (select count(p.key) from trace_payloads p
          where p.id >= t.id * 65536 and p.id < (t.id + 1) * 65536) as keys
      from unfolded u cross join traces t on t.id = u.trace
      where t.touched_at_ms not between ${now() - quietMs + 1} and ${now() + quietMs}
        or t.payload_rows >= ${rowsMax}`,
  })
  const [found] = unfolded
  if (found?.last === null && first === 0) return
  const packs = choosePacks(
    waiting.filter(({ keys, span_bytes }) => keys === 0 && span_bytes <= bytesMax),
    ({ payload_rows, touched_at_ms }) =>
      payload_rows >= rowsMax ||
      touched_at_ms <= now() - quietMs - waitMs ||
      touched_at_ms > now() + quietMs,
  )
  let folded = 0
  let next = (found?.count ?? 0) < lookedAtMax ? 0 : (found?.last ?? 0) + 1
  for (const pack of packs) {
    const folding = await writePacks(platform, pack)
    folded += folding.folded
    await putOff(platform, folding.lost)
    if (folding.isDone) continue
    next = folding.last + 1
    break
  }
  const isBusy = next > 0 || folded > 0
  await noteNext(platform, next, isBusy ? 0 : now() + betweenRunsMs)
}

function noteNext({ db }: Platform, trace: number, atMs: number): Promise<unknown> {
  return db.all(sql`insert into trace_folding (id, next_trace, next_at_ms)
    values (1, ${trace}, ${atMs})
    on conflict (id) do update set next_trace = excluded.next_trace, next_at_ms = excluded.next_at_ms`)
}

/** Traces whose spans are lost are tried again as late as if spans had come just now. */
async function putOff({ db, now }: Platform, lost: readonly number[]): Promise<void> {
  if (lost.length === 0) return
  await db.all(sql`update traces set touched_at_ms = ${now()}
    where id in (select value from json_each(${JSON.stringify(lost)}))`)
}

/** The traces from `first` on that have rows in `trace_payloads`, one step a trace, as `unfolded (trace, n)`. */
function unfoldedFrom(first: number) {
  return sql`with recursive unfolded (trace, n) as (
    select (select min(p.id) / 65536 from trace_payloads p where p.id >= ${first} * 65536), 1
    union all
    select (select min(p.id) / 65536 from trace_payloads p where p.id >= (u.trace + 1) * 65536), n + 1
    from unfolded u where u.trace is not null and n < ${lookedAtMax})`
}

/** Those of each experiment that make a pack: enough of them, or one that is due. */
function choosePacks(
  waiting: readonly WaitingRow[],
  isDue: (trace: WaitingRow) => boolean,
): readonly (readonly FoldedTrace[])[] {
  const due = [...Map.groupBy(waiting, ({ experiment }) => experiment).values()].filter(
    (traces) => traces.length >= perPackMin || traces.some(isDue),
  )
  let left = foldedMax
  return due.slice(0, packsMax).flatMap((traces) => {
    const chosen = traces.slice(0, left)
    left -= chosen.length
    return chosen.length > 0 ? [chosen] : []
  })
}
