/** The list of migrations that the server carries, as src/db/migrations.ts imports it. */
import { readdir, readFile } from 'node:fs/promises'

const folder = new URL('.', import.meta.url)

export const listPath = new URL('migrations.json', folder)

/** The files of this folder as JSON text, sorted by name. */
export async function renderList(): Promise<string> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  const texts = await Promise.all(names.map((name) => readFile(new URL(name, folder), 'utf8')))
  const list = names.map((name, i) => ({ name, text: texts[i] }))
  return `${JSON.stringify(list, null, 2)}\n`
}
