import { sql } from 'drizzle-orm'
import type { Database } from '../src/db/database.ts'

/** Statements that make an empty database equal to `db`: its tables, their rows, indexes and triggers. */
export async function schemaOf(db: Database): Promise<string[]> {
  const made = await db.all(
    sql<{ type: string; name: string; sql: string }>`select type, name, sql from sqlite_schema
      where sql is not null and name not like 'sqlite_%' and name not like '_cf_%' order by rowid`,
  )
  const tables = made.filter(({ type }) => type === 'table')
  const rows: string[] = []
  for (const { name } of tables) rows.push(...(await insertsOf(db, name)))
  const rest = made.filter(({ type }) => type !== 'table')
  return [...tables.map((one) => one.sql), ...rows, ...rest.map((one) => one.sql)]
}

async function insertsOf(db: Database, table: string): Promise<string[]> {
  const columns = await db.all(sql<{ name: string }>`select name from pragma_table_info(${table})`)
  const names = columns.map(({ name }) => `"${name}"`)
  const values = names.map((name) => `quote(${name})`).join(` || ', ' || `)
  const rows = await db.all(
    sql<{ row: string }>`select ${sql.raw(values)} as row from ${sql.raw(`"${table}"`)}`,
  )
  return rows.map(({ row }) => `insert into "${table}" (${names.join(', ')}) values (${row})`)
}
