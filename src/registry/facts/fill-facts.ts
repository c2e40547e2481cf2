import { sql } from 'drizzle-orm'
import { type Platform, systemContext } from '../../platform/context.ts'
import { failureText, logError } from '../../platform/log.ts'
import { readFacts, staleOfDeletedRead } from './refresh-facts.ts'

/** So many versions at once: their runs are read, and their files. */
const perRound = 20

/** Where this process goes on. One that cannot be done is tried again when it comes round. */
const placeOf = new WeakMap<Platform['db'], number>()

/**
 * Read the first facts of versions that an older release registered, a few at each call. Each version
 * is handled by itself: a failure is logged and does not stop the others.
 */
export async function fillFacts(platform: Platform): Promise<void> {
  const place = placeOf.get(platform.db) ?? 0
  const due = await platform.db.all(sql<{ version: number; workspace: string | null }>`
    select d.model_version as version, m.workspace from versions_without_facts d
    left join model_versions v on v.id = d.model_version
    left join registered_models m on m.id = v.registered_model
    where d.model_version > ${place} order by d.model_version limit ${perRound}`)
  placeOf.set(platform.db, due.at(-1)?.version ?? 0)
  for (const { version, workspace } of due) await fillOne(platform, version, workspace)
}

/**
 * Read the facts of versions anew whose run or logged model is deleted, if they are stale, before a
 * purge makes that impossible. Each version is handled by itself: a purge leaves alone what a version
 * with stale facts comes from.
 */
export async function readDeletedFacts(platform: Platform): Promise<void> {
  for (let after = 0; ; ) {
    const due = await platform.db.all(staleOfDeletedRead(after, perRound))
    for (const { version, workspace } of due) await fillOne(platform, version, workspace)
    const last = due.at(-1)
    if (!last) return
    after = last.version
  }
}

/** @param workspace null: the version is gone */
async function fillOne(
  platform: Platform,
  version: number,
  workspace: string | null,
): Promise<void> {
  try {
    if (workspace !== null) await readFacts(systemContext(platform, workspace), [version])
    await platform.db.all(sql`delete from versions_without_facts where model_version = ${version}`)
  } catch (err) {
    logError({ event: 'facts not read', version, error: failureText(err) })
  }
}
