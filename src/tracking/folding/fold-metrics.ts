import { type SQL, sql } from 'drizzle-orm'
import type { Platform } from '../../platform/context.ts'
import { failureText, logError } from '../../platform/log.ts'
import { isQuietSql } from '../quiet-runs.ts'
import { type GatheredRun, gatherPoints } from './gather-points.ts'
import { writePack } from './write-packs.ts'

/** A run with fewer rows takes less room as it is. */
const rowsMin = 8

/** What one run of the job looks at, and what it folds. The next one goes on. */
const lookedAtMax = 1000
const foldedMax = 50
const charsMax = 3_000_000
/** When all runs were looked at, the job rests; after a failure a little. */
const betweenWalksMs = 3_600_000
const afterFailureMs = 60_000

type PlaceRow = { readonly next_run: number; readonly next_at_ms: number }
type SeenRow = { readonly count: number; readonly last: number | null }

/**
 * Move points of runs that have ended out of the database into packs in the blob store, those of many
 * runs in one object. What is logged later is kept in rows again and joins them in time. All runs with
 * points in rows are looked at once an hour, a bounded number at each run of the job.
 */
export async function foldMetrics(platform: Platform): Promise<void> {
  const { db, now } = platform
  const place = await db.first(sql<PlaceRow>`select next_run, next_at_ms from metric_folding`)
  const waitsMs = (place?.next_at_ms ?? 0) - now()
  // A longer wait was noted before the clock was set back.
  if (waitsMs > 0 && waitsMs <= betweenWalksMs) return
  const first = place?.next_run ?? 0
  try {
    const next = await foldFrom(platform, first)
    await noteNext(platform, next ?? 0, next === undefined ? now() + betweenWalksMs : 0)
  } catch (err) {
    await noteNext(platform, first, now() + afterFailureMs)
    throw err
  }
}

/** @returns the run at which to go on; undefined: all were looked at */
async function foldFrom(platform: Platform, first: number): Promise<number | undefined> {
  const { seen, due } = await platform.db.batch({
    seen: sql<SeenRow>`${looseFrom(first)}
      select count(*) as count, max(run) as last from loose where run is not null`,
    due: sql<{ id: number }>`${looseFrom(first)}
      select r.id from loose l cross join runs r on r.id = l.run
      where ${isEnoughSql(sql`r.id`)} and ${isQuietSql(platform.now())}
      order by r.id limit ${foldedMax + 1}`,
  })
  const { gathered, next } = await gatherEach(
    platform,
    due.map(({ id }) => id),
  )
  const taken = gathered.length > 0 ? await writePack(platform, gathered) : undefined
  // The rest of a run that was not taken, since points came just then, is for the next walk too.
  const isInTurn = gathered.every(({ run }) => run !== next || taken?.has(run))
  if (next !== undefined) return isInTurn ? next : next + 1
  const last = seen[0]?.last ?? null
  return last === null || (seen[0]?.count ?? 0) < lookedAtMax ? undefined : last + 1
}

/** The points of as many of these runs as a pack has. @returns also the run of which some are left */
async function gatherEach(
  platform: Platform,
  due: readonly number[],
): Promise<{ readonly gathered: readonly GatheredRun[]; readonly next?: number }> {
  const gathered: GatheredRun[] = []
  let chars = 0
  for (const [i, run] of due.entries()) {
    if (i === foldedMax || chars >= charsMax) return { gathered, next: run }
    const points = await gatherUnlessDamaged(platform, run)
    if (!points) continue
    gathered.push(points)
    chars += points.chars
    if (!points.isWhole) return { gathered, next: run }
  }
  return { gathered }
}

/** One run with damaged points, which its readers are told of, keeps no other from being folded. */
async function gatherUnlessDamaged(
  platform: Platform,
  run: number,
): Promise<GatheredRun | undefined> {
  try {
    return await gatherPoints(platform, run)
  } catch (err) {
    logError({ event: 'points not folded', run, error: failureText(err) })
    return undefined
  }
}

function noteNext({ db }: Platform, run: number, atMs: number): Promise<unknown> {
  return db.all(sql`insert into metric_folding (id, next_run, next_at_ms) values (1, ${run}, ${atMs})
    on conflict (id) do update set next_run = excluded.next_run, next_at_ms = excluded.next_at_ms`)
}

/** Larger than any id of a run. */
const none = sql`9223372036854775807`

/** The runs from `first` on that have points in rows, one step a run, as `loose (run, n)`. */
function looseFrom(first: number): SQL {
  const next = (run: SQL) => sql`nullif(min(
    coalesce((select min(m.run) from metrics m where m.run >= ${run}), ${none}),
    coalesce((select min(c.run) from metric_chunks c where c.run >= ${run}), ${none})), ${none})`
  return sql`with recursive loose (run, n) as (
    select ${next(sql`${first}`)}, 1
    union all
    select ${next(sql`(l.run + 1)`)}, n + 1 from loose l where l.run is not null and n < ${lookedAtMax})`
}

function isEnoughSql(run: SQL): SQL {
  return sql`(exists (select 1 from metric_chunks c where c.run = ${run}) or ${rowsMin} =
    (select count(*) from (select 1 from metrics m where m.run = ${run} limit ${rowsMin})))`
}
