import { type SQL, sql } from 'drizzle-orm'
import { letOthersRun } from '../../core/rounds.ts'
import type { Context } from '../../platform/context.ts'
import { readableFolders, readablePathsOf } from '../../tracking/readable-paths.ts'

const placesPerRead = 2000

/** Those of some paths that the caller may read, in their order. */
export type ReadableRound = {
  readonly paths: readonly string[]
  /** There are more to look at, behind this path. */
  readonly next: string | undefined
}

/**
 * The paths of artifacts of the workspace that have some bytes and that the caller may read, in their order, as many as
 * one statement finds at a time. What others have hides nothing, and whom nothing was granted reads none of it: it is
 * looked for in folders of experiments that the caller may read.
 *
 * @param blobs a select of `id`, of `blobs`
 */
export async function* findReadableArtifacts(
  ctx: Context,
  blobs: SQL,
  after = '',
): AsyncIterable<ReadableRound> {
  const folders = readableFolders(ctx)
  let last: string | undefined = after
  while (last !== undefined) {
    const rows: { path: string }[] = await ctx.db.all(sql<{ path: string }>`
      select distinct f.path from (${blobs}) b
      ${folders && sql`cross join (${folders}) r`}
      cross join artifact_files f on f.blob = b.id and f.workspace = ${ctx.workspace}
        and f.path > ${last} ${folders && sql`and f.path >= r.from_path and f.path < r.to_path`}
      order by f.path limit ${placesPerRead}`)
    const paths = rows.map(({ path }) => path)
    last = rows.length < placesPerRead ? undefined : paths.at(-1)
    yield { paths: await readablePathsOf(ctx, paths), next: last }
    if (last !== undefined) await letOthersRun()
  }
}
