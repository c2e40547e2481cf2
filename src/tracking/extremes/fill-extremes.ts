import { type SQL, sql } from 'drizzle-orm'
import { RegistryError } from '../../core/error.ts'
import type { Database } from '../../db/database.ts'
import { jsonRowsOf } from '../../db/sql.ts'
import type { Platform } from '../../platform/context.ts'
import { failureText, logError } from '../../platform/log.ts'
import { type HistoryStore, readRoundsOf } from '../history/read-points.ts'
import type { Extremes } from './extremes.ts'
import { extremeCellsOf, widened } from './keep-latest.ts'

/** What one run of the job reads; the next one goes on. */
const metricsMax = 200
const pointsMax = 300_000
/** Metrics that are read in one round trip. */
const metricsPerRead = 10

/** Of `latest_metrics`. */
type NameRow = { readonly run: number; readonly key: string }

/**
 * Read the extremes of metrics that an older release logged, the newest runs first, a bounded number at
 * each run of the job. Points that are logged meanwhile widen them as those of any other metric, so it
 * does not matter which comes first, nor whether several processes do it.
 */
export async function fillExtremes({ db, blobs }: Platform): Promise<void> {
  const { place, due } = await db.batch({
    place: sql<{ id: number }>`select id from metric_extremes`,
    due: sql<NameRow>`select l.run, l.key from latest_metrics l
      where (l.run, l.key) < (select x.run, x.key from metric_extremes x)
      order by l.run desc, l.key desc limit ${metricsMax}`,
  })
  if (place.length === 0) return
  let points = 0
  let done = 0
  while (done < due.length && points < pointsMax) {
    points += await fillSome({ db, blobs }, due.slice(done, done + metricsPerRead))
    done += metricsPerRead
  }
  const last = due[Math.min(done, due.length) - 1]
  await db.all(last ? doneToSql(last) : sql`delete from metric_extremes`)
}

/** Whether extremes of some metrics that an older release logged are still to be read. */
export async function areExtremesMissing(db: Database): Promise<boolean> {
  return (await db.first(sql<{ id: number }>`select id from metric_extremes`)) !== undefined
}

/** The place only ever moves on, whoever moves it. */
function doneToSql({ run, key }: NameRow): SQL {
  return sql`update metric_extremes set run = ${run}, key = ${key} where (${run}, ${key}) < (run, key)`
}

/** One metric whose points are lost, which its readers are told of, keeps no other from its extremes. @returns points */
async function fillSome(store: HistoryStore, names: readonly NameRow[]): Promise<number> {
  try {
    return await fill(store, names)
  } catch (err) {
    if (!(err instanceof RegistryError && err.code === 'DATA_LOSS')) throw err
    const [only, ...others] = names
    if (only && others.length === 0) {
      logError({ event: 'extremes not read', ...only, error: failureText(err) })
      return 0
    }
    let points = 0
    for (const name of names) points += await fillSome(store, [name])
    return points
  }
}

async function fill(store: HistoryStore, names: readonly NameRow[]): Promise<number> {
  const wanted = names.map(({ run, key }) => ({
    ...{ run: sql`${run}`, key, count: Number.POSITIVE_INFINITY },
  }))
  const found: (Extremes | undefined)[] = names.map(() => undefined)
  let points = 0
  for await (const round of readRoundsOf(store, wanted)) {
    for (const [i, part] of round.entries()) {
      points += part.length
      for (const { value } of part) found[i] = widened(found[i], value)
    }
  }
  const cells = names.map(({ run, key }, i) => [run, key, ...extremeCellsOf(found[i])])
  await store.db.all(widenSql(jsonRowsOf(cells)))
  return points
}

/** @param rows of run, key, least and greatest */
function widenSql(rows: string): SQL {
  // What was logged since the points were read may be in the row already.
  const beyond = (which: 'min' | 'max', column: SQL, cell: SQL) =>
    sql`${column} = ${sql.raw(which)}(coalesce(${column}, ${cell}), coalesce(${cell}, ${column}))`
  return sql`update latest_metrics set
      ${beyond('min', sql`least`, sql`(one.value ->> 2)`)},
      ${beyond('max', sql`greatest`, sql`(one.value ->> 3)`)}
    from json_each(${rows}) one
    where latest_metrics.run = one.value ->> 0 and latest_metrics.key = one.value ->> 1`
}
