import { type SQL, sql } from 'drizzle-orm'
import { letOthersRun } from '../../core/rounds.ts'
import type { Platform } from '../../platform/context.ts'
import { isQuietSql, quietMs } from '../quiet-runs.ts'

/** What is done in one turn, at most, and how many turns one run of the job has. */
const lookedAtMax = 200
const rankedRowsMax = 1000
const turnsMax = 5
/** A run of more metrics stays as it is: ranking it, and ending that, is one statement. */
const metricsMax = 1000
/** When all runs were looked at, the job rests; after a failure a little. */
const betweenWalksMs = quietMs
const afterFailureMs = 60_000

type Place = { readonly experiment: number; readonly run: number }
type PlaceRow = {
  readonly after_experiment: number
  readonly after_run: number
  readonly next_at_ms: number
}
/** `metrics`: how many it has, up to one more than are ranked; null: it is not time yet. */
type SeenRow = Place & { readonly metrics: number | null }

const start: Place = { experiment: -1, run: 0 }

/**
 * Put the latest metrics of runs that nobody logs to any more into the table that has them in order. Searches find
 * the other runs by themselves, so it may be late. All runs that are not ranked are looked at every ten minutes, a
 * bounded number at each run of the job.
 */
export async function rankMetrics(platform: Platform): Promise<void> {
  const { db, now } = platform
  const row = await db.first(
    sql<PlaceRow>`select after_experiment, after_run, next_at_ms from metric_ranking`,
  )
  const waitsMs = (row?.next_at_ms ?? 0) - now()
  // A longer wait was noted before the clock was set back.
  if (waitsMs > 0 && waitsMs <= betweenWalksMs) return
  let place = row ? { experiment: row.after_experiment, run: row.after_run } : start
  try {
    for (let turn = 0; turn < turnsMax; turn += 1) {
      const next = await rankBehind(platform, place)
      if (!next) return
      place = next
      await letOthersRun()
    }
  } catch (err) {
    await db.all(noteStatement(place, now() + afterFailureMs))
    throw err
  }
}

/** One turn. @returns the last run that it looked at; undefined: there are no more */
async function rankBehind(
  { db, now }: Platform,
  { experiment, run }: Place,
): Promise<Place | undefined> {
  const at = now()
  const seen = await db.all(sql<SeenRow>`
    select u.experiment, u.run, iif(${isDueSql(at)}, ${metricsSql}, null) as metrics
    from unranked_runs u cross join runs r on r.id = u.run
    where (u.experiment, u.run) > (${experiment}, ${run})
    order by u.experiment, u.run limit ${lookedAtMax}`)
  let sum = 0
  const fitting = seen.findIndex(({ metrics }) => {
    sum += metrics ?? 0
    return sum > rankedRowsMax + metricsMax
  })
  const looked = fitting < 0 ? seen : seen.slice(0, fitting)
  const due = looked.filter(({ metrics }) => metrics !== null && metrics <= metricsMax)
  const last = looked.at(-1)
  const isAll = fitting < 0 && seen.length < lookedAtMax
  await db.batch({
    ranked:
      due.length > 0
        ? // Asked again: somebody may have logged to one since it was looked at.
          sql`update runs as r set unranked_at_ms = null
            where r.id in (select value from json_each(${JSON.stringify(due.map((one) => one.run))}))
              and ${isDueSql(at)} and ${metricsSql} <= ${metricsMax}`
        : undefined,
    noted: isAll || !last ? noteStatement(start, at + betweenWalksMs) : noteStatement(last, 0),
  })
  return isAll ? undefined : last
}

/** The condition that a run `r` is not ranked, and has been quiet long enough to be. */
function isDueSql(at: number): SQL {
  return sql`(r.unranked_at_ms not between ${at - quietMs + 1} and ${at + quietMs} and ${isQuietSql(at)})`
}

/** How many metrics a run `r` has, up to one more than are ranked. */
const metricsSql = sql`(select count(*) from (
  select 1 from latest_metrics l where l.run = r.id limit ${metricsMax + 1}))`

function noteStatement({ experiment, run }: Place, atMs: number) {
  return sql`insert into metric_ranking (id, after_experiment, after_run, next_at_ms)
    values (1, ${experiment}, ${run}, ${atMs})
    on conflict (id) do update set after_experiment = excluded.after_experiment,
      after_run = excluded.after_run, next_at_ms = excluded.next_at_ms`
}
