import list from '../../drizzle/migrations.json' with { type: 'json' }
import statements from '../../drizzle/schema.json' with { type: 'json' }
import type { Migration } from './migrate.ts'

/** The migrations of this release, in their order. `npm run migrations` writes the list from the files beside it. */
export const migrations: readonly Migration[] = list

/** The statements that do at once to an empty database what `migrations` do to it. */
export const schema: readonly string[] = statements
