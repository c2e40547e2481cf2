import { sql } from 'drizzle-orm'
import { type Database, pingDatabase } from './database.ts'
import { migrations } from './migrations.ts'

/** Why a store that answers cannot be used, in words for the operator. */
export class UnusableError extends Error {
  override name = 'UnusableError'
}

/** The migrations of this release, as `d1_migrations` names them. */
const known = migrations.map(({ name }) => name)

/**
 * Ask the database for what serving takes: that it answers, has the schema of this release, and takes
 * writes. What is written changes nothing.
 *
 * @throws UnusableError it answers, and cannot be used; what its driver throws if it does not answer
 */
export async function checkDatabase(db: Database): Promise<void> {
  await pingDatabase(db)
  const rows = await db
    .all(sql<{ name: string }>`select name from d1_migrations`)
    .catch((err) => unusable('has no schema of this release', err))
  const done = new Set(rows.map(({ name }) => name))
  const missing = known.find((name) => !done.has(name))
  if (missing !== undefined) throw new UnusableError(`lacks the migration ${missing}`)
  const newer = [...done].find((name) => !known.includes(name))
  if (newer !== undefined) throw new UnusableError(`is of a newer release: it has ${newer}`)
  await db
    .batch({ write: sql`update access_epoch set epoch = epoch where id = 1 returning id` })
    .then(({ write }) => {
      if (write.length === 0) throw new Error('access_epoch has no row')
    })
    .catch((err) => unusable('takes no writes', err))
}

function unusable(why: string, cause: unknown): never {
  throw new UnusableError(why, { cause })
}
