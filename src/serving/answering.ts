import { sql } from 'drizzle-orm'
import type { Context } from '../platform/context.ts'
import { isDrifted, readWanted, silentMs } from './replicas.ts'

/** What the processes that serve a model answer with, as far as they were heard of within 45 seconds. */
export type Answering = {
  /** How many processes there are. */
  readonly processes: number
  /** Those that follow the same and answer with the same, the most first. */
  readonly groups: readonly AnsweringGroup[]
  /** How many processes are in no group, since there are too many. */
  readonly unlisted: number
}

type AnsweringGroup = {
  readonly count: number
  /** The version that answers; undefined: none does. */
  readonly live: number | undefined
  /** The version that their URI means; undefined: none. */
  readonly meant: number | undefined
  /** They answer with another version than that, or with other files. */
  readonly isDrifted: boolean
}

type GroupRow = {
  uri: string
  version: number | null
  digest: string | null
  count: number
  processes: number
}

/** What each follows is a statement of its own. Of more, the list of processes says more. */
const groupsMax = 20

/** What answers for a model beside what should, in two round trips however many processes there are. */
export async function readAnswering(ctx: Context, registeredModelId: number): Promise<Answering> {
  const rows = await ctx.db.all(sql<GroupRow>`select uri, version, digest, count(*) as count,
      sum(count(*)) over () as processes
    from serving_replicas where registered_model = ${registeredModelId}
      and seen_at_ms >= ${ctx.now() - silentMs}
    group by uri, version, digest order by count(*) desc, uri limit ${groupsMax}`)
  const wanted = await readWanted(
    ctx,
    rows.map(({ uri }) => ({ uri, registeredModelId })),
  )
  const processes = rows[0]?.processes ?? 0
  return {
    processes,
    unlisted: processes - rows.reduce((sum, { count }) => sum + count, 0),
    groups: rows.map(({ uri, version, digest, count }) => {
      const meant = wanted.get(uri)
      const live = version === null || digest === null ? undefined : { version, digest }
      return {
        count,
        live: live?.version,
        meant: meant?.version,
        isDrifted: isDrifted({ live }, meant),
      }
    }),
  }
}
