import { sql } from 'drizzle-orm'
import { ConstraintError, type Database } from './database.ts'

/** One file of drizzle/, e.g. `0000_core.sql`. */
export type Migration = { readonly name: string; readonly text: string }

/** The database was written by a later release than this one. */
export class NewerDatabaseError extends Error {
  override name = 'NewerDatabaseError'
}

/**
 * Bring the schema up to date. Each migration is one batch together with the row that says it is
 * done, so a crash leaves it done or not begun. The rows stand in the table that `wrangler d1
 * migrations apply` keeps, so either tool can continue where the other one stopped.
 *
 * @param migrations all that this release has, sorted by name
 * @returns the names of those applied now
 * @throws NewerDatabaseError the database knows a migration that this release does not
 */
export async function migrate(db: Database, migrations: readonly Migration[]): Promise<string[]> {
  await db.all(sql`create table if not exists d1_migrations (
      id integer primary key autoincrement,
      name text unique,
      applied_at timestamp default current_timestamp not null
    )`)
  const applied = await db.all(sql<{ name: string }>`select name from d1_migrations order by id`)
  const done = new Set(applied.map((row) => row.name))
  const known = new Set(migrations.map((migration) => migration.name))
  const newer = [...done].find((name) => !known.has(name))
  if (newer !== undefined) {
    throw new NewerDatabaseError(
      `the database has migration ${newer}, which this release does not know`,
    )
  }
  const pending = migrations.filter((migration) => !done.has(migration.name))
  for (const { name, text } of pending) {
    const statements = text.split('--> statement-breakpoint').map((part) => part.trim())
    await db
      .batch({
        done: sql`insert into d1_migrations (name) values (${name})`,
        statements: statements.filter((part) => part !== '').map((part) => sql.raw(part)),
      })
      .catch(ignoreDoneElsewhere)
  }
  return pending.map((migration) => migration.name)
}

/** No error where another process, started at the same time, applied the migration first. */
function ignoreDoneElsewhere(err: unknown): void {
  const isDone = err instanceof ConstraintError && err.subject === 'd1_migrations.name'
  if (!isDone) throw err
}
