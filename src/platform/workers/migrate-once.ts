import type { Database } from '../../db/database.ts'
import { migrate, NewerDatabaseError } from '../../db/migrate.ts'
import { migrations, schema } from '../../db/migrations.ts'
import { logError } from '../log.ts'

const settled = new WeakSet<Database>()

/**
 * Bring the schema up to date with the first request of an isolate: a Worker has no start of its own.
 * Requests that come meanwhile do the same by themselves, since one must not wait for another's I/O;
 * migrations may run at once. What fails is logged and tried again by the next request, while
 * `/ready` says what the database lacks.
 */
export async function migrateOnce(db: Database): Promise<void> {
  if (settled.has(db)) return
  try {
    await migrate(db, migrations, schema)
    settled.add(db)
  } catch (err) {
    if (err instanceof NewerDatabaseError) settled.add(db)
    logError({ event: 'migration failed', problem: String(err) })
  }
}
