import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Migration } from '../../db/migrate.ts'

/** The migrations in `folder` (drizzle/), sorted by name. */
export async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  return Promise.all(
    names.map(async (name) => ({ name, text: await readFile(join(folder, name), 'utf8') })),
  )
}
