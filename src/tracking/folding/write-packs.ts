import { type SQL, sql } from 'drizzle-orm'
import { makePackKey, putPack } from '../../artifacts/packs/pack.ts'
import { int64Param, jsonRowsOf, Real } from '../../db/sql.ts'
import type { Platform } from '../../platform/context.ts'
import { storedValue } from '../latest-metrics.ts'
import type { Metric } from '../run.ts'
import type { GatheredRun } from './gather-points.ts'

/**
 * Write the points of runs into one pack, and remove what it takes the place of. A run to which rows
 * came before the last of these, or that another process folded, is left as it is. A crash leaves an
 * object that no row names, which gc removes.
 *
 * @returns the runs whose points are in the pack, by `runs.id`
 */
export async function writePack(
  platform: Platform,
  runs: readonly GatheredRun[],
): Promise<ReadonlySet<number>> {
  const key = makePackKey(platform, 'metrics')
  const size = await putPack(
    platform,
    key,
    runs.map(({ bytes }) => bytes),
  )
  const pack = sql`(select k.id from metric_packs k where k.key = ${key})`
  const isTaken = (run: SQL) =>
    sql`exists (select 1 from folded_metrics f where f.run = ${run} and f.pack = ${pack})`
  const { taken } = await platform.db.batch({
    pack: newPackStatement(platform, { key, size }),
    taken: takeStatement(runs, pack),
    rows: runs.flatMap(({ run, rows }) =>
      rows
        ? sql`delete from metrics where run = ${run} and ${upToSql(sql`metrics`, rows.last)}
            and ${isTaken(sql`${run}`)}`
        : [],
    ),
    chunks: sql`delete from metric_chunks where id in (select j.value ->> 1
        from json_each(${jsonRowsOf(runs.flatMap(({ run, chunks }) => chunks.map((id) => [run, id])))}) j
        cross join metric_chunks c on c.id = j.value ->> 1 and c.run = j.value ->> 0
        where ${isTaken(sql`c.run`)})`,
    merged: sql`delete from folded_metrics where (run, pack) in (select j.value ->> 0, j.value ->> 1
        from json_each(${jsonRowsOf(runs.flatMap(({ run, merged }) => merged.map((of) => [run, of])))}) j
        where ${isTaken(sql`j.value ->> 0`)})`,
    unused: unusedPackStatement(key),
  })
  return new Set(taken.map(({ run }) => run))
}

export function newPackStatement(
  { now }: Platform,
  { key, size }: { readonly key: string; readonly size: number },
): SQL {
  return sql`insert into metric_packs (key, size_bytes, created_at_ms) values (${key}, ${size}, ${now()})`
}

/** Its object is then one that no row names. */
export function unusedPackStatement(key: string): SQL {
  return sql`delete from metric_packs where key = ${key}
    and not exists (select 1 from folded_metrics f where f.pack = metric_packs.id)`
}

/**
 * Name the segments of runs that are still as they were read. Chunks and segments change only by being
 * folded, which gives their run a later pack; rows are counted, since one may have come among them.
 */
function takeStatement(runs: readonly GatheredRun[], pack: SQL): SQL<{ run: number }> {
  let end = 0
  const given = runs.map(({ run, packBefore, bytes, directoryLength, points, rows }) => {
    const start = end
    end += bytes.byteLength
    const { last } = rows ?? {}
    return [
      ...[run, packBefore, start, bytes.byteLength, directoryLength, points, rows?.count ?? 0],
      ...(last ? [last.key, last.timestampMs, last.step, ...valueCellsOf(last)] : []),
    ]
  })
  const cell = (place: number) => sql.raw(`j.value ->> ${place}`)
  return sql<{
    run: number
  }>`insert into folded_metrics (run, pack, start, length, directory_length, points)
    select r.id, ${pack}, ${cell(2)}, ${cell(3)}, ${cell(4)}, ${cell(5)}
    from json_each(${jsonRowsOf(given)}) j cross join runs r on r.id = ${cell(0)}
    where coalesce((select max(f.pack) from folded_metrics f where f.run = r.id), 0) = ${cell(1)}
      and (${cell(6)} = 0 or ${cell(6)} = (select count(*) from metrics m where m.run = r.id
        and (m.key, m.timestamp_ms, m.step, m.value, m.is_nan)
          <= (${cell(7)}, ${cell(8)}, ${cell(9)}, ${cell(10)}, ${cell(11)})))
    returning run`
}

function valueCellsOf({ value }: Metric): [Real, number] {
  return [new Real(storedValue(value)), Number.isNaN(value) ? 1 : 0]
}

function upToSql(table: SQL, { key, timestampMs, step, value }: Metric): SQL {
  return sql`(${table}.key, ${table}.timestamp_ms, ${table}.step, ${table}.value, ${table}.is_nan)
    <= (${key}, ${int64Param(timestampMs)}, ${int64Param(step)}, ${storedValue(value)},
      ${Number.isNaN(value) ? 1 : 0})`
}
