/** `npm run migrations -- --name what_changes`: the migration from the tables, and what the server carries anew. */
import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { listPath, renderList, renderSchema, schemaPath } from './list.ts'

const kit = new URL('../node_modules/drizzle-kit/bin.cjs', import.meta.url).pathname
const args = ['generate', '--config', 'drizzle/config.ts', ...process.argv.slice(2)]
execFileSync(process.execPath, [kit, ...args], { stdio: 'inherit' })
await writeFile(listPath, await renderList())
await writeFile(schemaPath, await renderSchema())
