/** What the server carries of this folder, as src/db/migrations.ts imports it. */
import { readdir, readFile } from 'node:fs/promises'
import { type Migration, migrate } from '../src/db/migrate.ts'
import { LibsqlFile } from '../src/platform/node/libsql/libsql-file.ts'
import { schemaOf } from './schema-of.ts'

const folder = new URL('.', import.meta.url)

export const listPath = new URL('migrations.json', folder)
export const schemaPath = new URL('schema.json', folder)

/** The files of this folder as JSON text, sorted by name. */
export async function renderList(): Promise<string> {
  return render(await readMigrations())
}

/** The statements that do at once to an empty database what all the files do to it, as JSON text. */
export async function renderSchema(): Promise<string> {
  const db = new LibsqlFile(':memory:')
  await migrate(db, await readMigrations())
  const made = (await schemaOf(db)).filter((statement) => !/"?d1_migrations/.test(statement))
  await db.close()
  // What the files made is as old as the database.
  return render(
    made.map((statement) =>
      statement.replace(/\b\d{13}\b/g, "CAST(unixepoch('subsec') * 1000 AS integer)"),
    ),
  )
}

async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  const texts = await Promise.all(names.map((name) => readFile(new URL(name, folder), 'utf8')))
  return texts.map((text, i) => ({ name: names[i] ?? '', text }))
}

function render(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
