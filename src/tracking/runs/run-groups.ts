import { type SQL, sql } from 'drizzle-orm'
import { type Database, longReadsOf } from '../../db/database.ts'
import { figureSql, type MetricFigure } from '../extremes/extremes.ts'

/** How runs are folded: by what, what of them is reckoned, in which order, how many groups at most. */
export type RunFolding = {
  readonly by: { readonly kind: 'params' | 'tags'; readonly key: string }
  readonly metrics: readonly FoldedMetric[]
  /** The metric by whose mean groups are in order; absent: by their values. */
  readonly sort?: (FoldedMetric & { readonly isDescending: boolean }) | undefined
  readonly groupsMax: number
}

/** A metric by its name, and which of its values in each run. */
export type FoldedMetric = { readonly metric: string; readonly figure: MetricFigure }

export type RunGroup = {
  /** Up to 1,000 characters of it; undefined: these runs have none. */
  readonly value: string | undefined
  readonly runs: number
  /** Of each metric; one that no run of the group has a finite value of is not there. */
  figuresOf(of: FoldedMetric): GroupFigures | undefined
}

/** What one value of a metric in each run comes to. */
export type GroupFigures = {
  readonly mean: number
  readonly least: number
  readonly greatest: number
  /** Runs that have a finite value. */
  readonly count: number
}

/**
 * Runs of these keys (`runs.id`) folded by the values of a param or tag: numbers before texts, none last.
 * Two round trips, and nothing of a run leaves the database but what its group comes to.
 *
 * @returns the groups that are shown, and how many there are
 */
export async function foldRuns(
  db: Database,
  ids: readonly number[],
  { by, metrics, sort, groupsMax }: RunFolding,
): Promise<{ readonly groups: readonly RunGroup[]; readonly all: number }> {
  const long = longReadsOf(db)
  const sorted = figureSql(sql`t`, sort?.figure ?? 'last')
  const table = by.kind === 'params' ? sql`params` : sql`run_tags`
  const valued = sql`(select value from json_each(${JSON.stringify(ids)})) w
    left join ${table} g on g.run = w.value and g.key = ${by.key}`
  const isNumber = sql`iif(json_valid(g.value), json_type(g.value) in ('integer', 'real'), 0)`
  const { found } = await long.batch({
    found: sql<GroupRow>`
      select min(w.value) as run, substr(g.value, 1, ${valueCharsMax}) as value, count(*) as runs,
        count(*) over () as groups
      from ${valued}
      left join latest_metrics t on t.run = w.value and t.key = ${sort?.metric ?? null} and ${isUsual(sorted)}
      group by g.value
      order by avg(${sorted}) is null, avg(${shareOf(sorted)}) ${sort?.isDescending ? sql`desc` : sql``},
        g.value is null, ${isNumber} desc, iif(${isNumber}, cast(g.value as real), 0), g.value
      limit ${groupsMax}`,
  })
  // Each group by one of its runs, since values may be long. A blob equals no text, so it stands for none.
  const shown = JSON.stringify(found.map(({ run }) => run))
  const rowsOf = await long.batch(
    Object.fromEntries(
      [...Map.groupBy(metrics, ({ figure }) => figure)].map(([figure, of]) => {
        const value = figureSql(sql`t`, figure)
        const names = JSON.stringify([...new Set(of.map(({ metric }) => metric))])
        return [
          figure,
          sql<FiguresRow>`
            with shown as materialized (select s.value as run, coalesce(g.value, x'00') as value
              from json_each(${shown}) s left join ${table} g on g.run = s.value and g.key = ${by.key})
            select shown.run, t.key, count(*) as count, avg(${shareOf(value)}) as share,
              min(${value}) as least, max(${value}) as greatest
            from ${valued} join shown on shown.value = coalesce(g.value, x'00')
            cross join json_each(${names}) k
            cross join latest_metrics t on t.run = w.value and t.key = k.value and ${isUsual(value)}
            group by shown.run, t.key`,
        ]
      }),
    ),
  )
  const figuresBy = new Map(
    Object.entries(rowsOf).flatMap(([figure, rows]) =>
      rows.map(({ run, key, share, ...figures }) => [
        JSON.stringify([run, figure, key]),
        { ...figures, mean: share * sharesMax },
      ]),
    ),
  )
  const groups = found.map(({ run, value, runs }) => ({
    value: value ?? undefined,
    runs,
    figuresOf: ({ metric, figure }: FoldedMetric) =>
      figuresBy.get(JSON.stringify([run, figure, metric])),
  }))
  return { groups, all: found[0]?.groups ?? 0 }
}

type GroupRow = {
  readonly run: number
  readonly value: string | null
  readonly runs: number
  readonly groups: number
}

type FiguresRow = Omit<GroupFigures, 'mean'> & {
  readonly run: number
  readonly key: string
  readonly share: number
}

/** A value that is longer is cut. */
const valueCharsMax = 1000

/** An infinity is kept as the largest double; no value is null, of which nothing holds. */
function isUsual(value: SQL): SQL {
  return sql`abs(${value}) < ${Number.MAX_VALUE}`
}

/** More than there are runs in a group: the sum of so small shares does not pass the doubles. */
const sharesMax = 2 ** 20

function shareOf(value: SQL): SQL {
  return sql`${value} / ${sql.raw(`${sharesMax}.0`)}`
}
