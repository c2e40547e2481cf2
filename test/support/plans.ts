import { type SQL, sql } from 'drizzle-orm'
import { freshPlatform } from '#platform'

/** Outside the databases of tests: libSQL takes a statement that was explained for one in progress. */
const { db } = await freshPlatform()

/** What SQLite says of how it goes about a statement: a line for each table that it reads. */
export async function planOf(query: SQL): Promise<string[]> {
  const rows = await db.all(sql<{ detail: string }>`explain query plan ${query}`)
  return rows.map(({ detail }) => detail)
}
