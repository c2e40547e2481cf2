import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished, TestRunner } from 'vitest'
import { schemaOf } from '../../../drizzle/schema-of.ts'
import type { Database } from '../../../src/db/database.ts'
import { migrate } from '../../../src/db/migrate.ts'
import { migrations } from '../../../src/db/migrations.ts'
import type { Platform } from '../../../src/platform/context.ts'
import { DiskBlobStore } from '../../../src/platform/node/disk-blob-store.ts'
import { LibsqlFile } from '../../../src/platform/node/libsql/libsql-file.ts'
import { nodeOutbound } from '../../../src/platform/node/outbound.ts'
import { sha256 } from '../../../src/platform/node/sha256.ts'
import { passwordTurns } from '../../../src/platform/password-turns.ts'
import { randomId } from '../../../src/platform/random-id.ts'
import { defaultSettings } from '../../../src/platform/settings/settings.ts'
import { fewRounds } from '../accounts.ts'
import { databaseMaker } from '../as-new.ts'
import { bundleKeyInMemory } from '../bundle-key.ts'
import { Counter, countedDatabase } from '../counts.ts'
import { prepare } from '../turns.ts'

const { make, makeAsNew } = databaseMaker(await migratedSchema())

export { makeAsNew }

async function migratedSchema(): Promise<string[]> {
  const db = new LibsqlFile(':memory:')
  await migrate(db, migrations)
  const schema = await schemaOf(db)
  db.close()
  return schema
}

/** Databases of tests that are over, the oldest first. */
const used: LibsqlFile[] = []
/** So many rest: what a test left running ends meanwhile, and finds its own database. */
const usedMin = 4

/** An object of its own for each test, since what servers remember is kept by it. */
async function newDatabase(): Promise<Database> {
  const file = await prepare(async () => (await emptiedDatabase()) ?? madeDatabase())
  if (TestRunner.getCurrentTest()) onTestFinished(() => void used.push(file))
  return {
    all: (query) => file.all(query),
    first: (query) => file.first(query),
    batch: (queries) => file.batch(queries),
  }
}

async function emptiedDatabase(): Promise<LibsqlFile | undefined> {
  const file = used.length > usedMin ? used.shift() : undefined
  return file && (await makeAsNew(file).catch(falseInProgress)) ? file : undefined
}

/** libSQL takes a statement that a test explained for one in progress, and ends no transaction then. */
function falseInProgress(err: unknown): false {
  if (!/statements in progress/.test(String(err))) throw err
  return false
}

async function madeDatabase(): Promise<LibsqlFile> {
  const db = new LibsqlFile(':memory:')
  await make(db)
  return db
}

export const runtime = 'node'
export { beginTurn } from '../turns.ts'

/** An empty, migrated server's platform: libSQL in memory, blobs in a temporary folder. */
export async function freshPlatform(): Promise<Platform> {
  const db = await newDatabase()
  return {
    db,
    blobs: new DiskBlobStore(await mkdtemp(join(tmpdir(), 'gatehouse-test-'))),
    settings: { ...defaultSettings, signingKey: 'test-signing-key' },
    bundleKey: bundleKeyInMemory(),
    now: Date.now,
    randomId,
    sha256,
    passwordRounds: fewRounds,
    takePasswordTurn: passwordTurns(),
    outbound: nodeOutbound(),
    fetch: (url, init) => fetch(url, init),
    timerScope: {},
    wake() {},
  }
}

/** The same, and what it counts. */
export async function countedPlatform(): Promise<{ platform: Platform; counter: Counter }> {
  const counter = new Counter()
  const fresh = await freshPlatform()
  return { platform: { ...fresh, db: countedDatabase(fresh.db, counter) }, counter }
}
