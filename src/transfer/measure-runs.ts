import { sql } from 'drizzle-orm'
import type { Context } from '../platform/context.ts'
import { readPointsOfRun } from '../tracking/run-data/metric-history.ts'
import { pointLine } from './point-line.ts'

/** How many points a run has, and their digest. */
export type RunMeasure = {
  readonly runId: string
  readonly points: number
  /** Lower-case hex, of the points as `pointLine` writes them, by key, time, step, value. */
  readonly digest: string
}

/** Measure the metric histories of these runs; runs that are not there are left out. */
export async function measureRuns(ctx: Context, runIds: readonly string[]): Promise<RunMeasure[]> {
  const rows = await ctx.db.all(sql<{ run_id: string }>`
    select r.run_id from json_each(${JSON.stringify(runIds)}) wanted
    join runs r on r.run_id = wanted.value join experiments e on e.id = r.experiment
    where e.workspace = ${ctx.workspace}`)
  const measured: RunMeasure[] = []
  for (const { run_id: runId } of rows) measured.push(await measureRun(ctx, runId))
  return measured
}

async function measureRun(ctx: Context, runId: string): Promise<RunMeasure> {
  const hash = ctx.sha256()
  const utf8 = new TextEncoder()
  let points = 0
  for await (const page of readPointsOfRun(ctx, runId)) {
    points += page.length
    await hash.update(utf8.encode(page.map(pointLine).join('')))
  }
  return { runId, points, digest: await hash.digest() }
}
