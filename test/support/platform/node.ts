import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type SQL, sql } from 'drizzle-orm'
import { migrate } from '../../../src/db/migrate.ts'
import type { Platform } from '../../../src/platform/context.ts'
import { DiskBlobStore } from '../../../src/platform/node/disk-blob-store.ts'
import { LibsqlFile } from '../../../src/platform/node/libsql-file.ts'
import { readMigrations } from '../../../src/platform/node/migrations.ts'
import { nodeOutbound } from '../../../src/platform/node/outbound.ts'
import { sha256 } from '../../../src/platform/node/sha256.ts'
import { passwordTurns } from '../../../src/platform/password-turns.ts'
import { randomId } from '../../../src/platform/random-id.ts'
import { defaultSettings } from '../../../src/platform/settings/settings.ts'
import { schemaOf } from '../schema-of.ts'

const migrations = await readMigrations(new URL('../../../drizzle', import.meta.url).pathname)

/** What the migrations lead to: a database made from it takes a third of the time. */
const schema = await migratedSchema()

async function migratedSchema(): Promise<SQL[]> {
  const db = new LibsqlFile(':memory:')
  await migrate(db, migrations)
  const statements = await schemaOf(db)
  db.close()
  return statements.map((statement) => sql.raw(statement))
}

export const runtime = 'node'
export { beginTurn } from '../turns.ts'

/** An empty, migrated server's platform: libSQL in memory, blobs in a temporary folder. */
export async function freshPlatform(): Promise<Platform> {
  const db = new LibsqlFile(':memory:')
  await db.batch({ schema })
  return {
    db,
    blobs: new DiskBlobStore(await mkdtemp(join(tmpdir(), 'gatehouse-test-'))),
    settings: { ...defaultSettings, signingKey: 'test-signing-key' },
    now: Date.now,
    randomId,
    sha256,
    passwordRounds: 600_000,
    takePasswordTurn: passwordTurns(),
    outbound: nodeOutbound(),
    fetch: (url, init) => fetch(url, init),
    timerScope: {},
    wake() {},
  }
}
