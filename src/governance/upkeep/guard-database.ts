import { type SQL, sql } from 'drizzle-orm'
import { runList, withBatches } from '../../db/batch.ts'
import { ConstraintError, type Database } from '../../db/database.ts'

/** A database whose every batch fails when `guard` does not hold at that moment: see `isAborted`. */
export function guardDatabase(db: Database, guard: SQL): Database {
  // The schema refuses a revision without a policy, which fails the batch.
  const abort = sql`insert into policy_revisions (policy, revision, author, at_ms)
    select null, 0, '', 0 where not (${guard})`
  return withBatches(db, async (statements) => (await runList(db, [abort, ...statements])).slice(1))
}

/** Whether a batch failed by the guard of its database, so that nothing was written. */
export function isAborted(err: unknown): boolean {
  return (
    err instanceof ConstraintError &&
    err.kind === 'not null' &&
    err.subject.includes('policy_revisions.policy')
  )
}
