import list from '../../drizzle/migrations.json' with { type: 'json' }
import type { Migration } from './migrate.ts'

/** The migrations of this release, in their order. `npm run migrations` writes the list from the files beside it. */
export const migrations: readonly Migration[] = list
