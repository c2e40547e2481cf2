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
 * @param schema statements that do to an empty database what all of them do, in a quarter of the time
 * @returns the names of those applied now
 * @throws NewerDatabaseError the database knows a migration that this release does not
 */
export async function migrate(
  db: Database,
  migrations: readonly Migration[],
  schema: readonly string[] = [],
): Promise<string[]> {
  await db.all(sql`create table if not exists d1_migrations (
      id integer primary key autoincrement,
      name text unique,
      applied_at timestamp default current_timestamp not null
    )`)
  const names = migrations.map(({ name }) => name)
  const before = await appliedTo(db)
  const isNew = before.length === 0 && schema.length > 0 && (await isEmpty(db))
  if (isNew) await apply(db, names, schema)
  const applied = isNew ? await appliedTo(db) : before
  // A newer release may have made it meanwhile.
  requireKnown(applied, names)
  const done = new Set(applied)
  for (const { name, text } of migrations) {
    if (!done.has(name)) await apply(db, [name], text.split('--> statement-breakpoint'))
  }
  return names.filter((name) => !before.includes(name))
}

/** @throws NewerDatabaseError */
function requireKnown(applied: readonly string[], names: readonly string[]): void {
  const newer = applied.find((name) => !names.includes(name))
  if (newer === undefined) return
  throw new NewerDatabaseError(
    `the database has migration ${newer}, which this release does not know`,
  )
}

async function appliedTo(db: Database): Promise<string[]> {
  const rows = await db.all(sql<{ name: string }>`select name from d1_migrations order by id`)
  return rows.map(({ name }) => name)
}

/** Whether it has no tables but those of SQLite, D1 and of migrations. */
async function isEmpty(db: Database): Promise<boolean> {
  const row = await db.first(
    sql<{
      name: string
    }>`select name from sqlite_schema where name not like 'sqlite\\_%' escape '\\'
      and name not like '\\_cf\\_%' escape '\\' and name <> 'd1_migrations' limit 1`,
  )
  return row === undefined
}

/** One batch: all of it is done, together with the names that say so, or nothing. */
async function apply(
  db: Database,
  names: readonly string[],
  statements: readonly string[],
): Promise<void> {
  const texts = statements.map((text) => text.trim()).filter((text) => text !== '')
  await db
    .batch({
      done: sql`insert into d1_migrations (name) select value from json_each(${JSON.stringify(names)})`,
      statements: texts.map((text) => sql.raw(text)),
    })
    .catch(ignoreDoneElsewhere)
}

/** No error where another process, started at the same time, applied one of them first. */
function ignoreDoneElsewhere(err: unknown): void {
  const isDone = err instanceof ConstraintError && err.subject === 'd1_migrations.name'
  if (!isDone) throw err
}
