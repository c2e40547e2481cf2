import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'

/** Ask the database for as little as it can answer; throws what its driver throws. */
export async function pingDatabase(db: Database): Promise<void> {
  await db.first(sql`select 1 as alive`)
}
