import { reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { sql } from 'drizzle-orm'
import { inject } from 'vitest'
import type { Database } from '../../../src/db/database.ts'
import { migrate } from '../../../src/db/migrate.ts'
import { migrations } from '../../../src/db/migrations.ts'
import type { Platform } from '../../../src/platform/context.ts'
import { randomId } from '../../../src/platform/random-id.ts'
import { defaultSettings } from '../../../src/platform/settings/settings.ts'
import { D1 } from '../../../src/platform/workers/d1.ts'
import { workersOutbound } from '../../../src/platform/workers/outbound.ts'
import { R2BlobStore } from '../../../src/platform/workers/r2-blob-store.ts'
import { sha256 } from '../../../src/platform/workers/sha256.ts'
import { countedBucket, countedRows } from '../../workerd/counted-bindings.ts'
import { fewRounds } from '../accounts.ts'
import { databaseMaker } from '../as-new.ts'
import { bundleKeyInMemory } from '../bundle-key.ts'
import { Counter, countedDatabase } from '../counts.ts'

export const runtime = 'workerd'

/** Nobody watches the event loop here. */
export async function beginTurn(): Promise<void> {}

/** An empty database. One call to reset may still find the database of the file before at work, and leave it. */
export async function resetDatabase(): Promise<Database> {
  for (let tries = 0; tries < 5; tries++) {
    await reset()
    const db = new D1(env.DB)
    const left = await db.all(sql`select 1 from sqlite_schema where name = 'd1_migrations'`)
    if (left.length === 0) return db
  }
  throw new Error('the database of the test before is still there')
}

/** An empty database that went through every migration. */
export async function migratedDatabase(): Promise<Database> {
  const db = await resetDatabase()
  await migrate(db, migrations)
  return db
}

const { make, makeAsNew } = databaseMaker(inject('schema'))

export { makeAsNew }

async function newDatabase(): Promise<Database> {
  const used = new D1(env.DB)
  if (await makeAsNew(used)) {
    await emptyBucket()
    return used
  }
  const db = await resetDatabase()
  await make(db)
  return db
}

async function emptyBucket(): Promise<void> {
  for (let more = true; more; ) {
    const { objects, truncated } = await env.ARTIFACTS.list()
    if (objects.length > 0) await env.ARTIFACTS.delete(objects.map(({ key }) => key))
    more = truncated
  }
}

/** An empty server's platform: D1 as the migrations leave it, and R2, as workerd simulates them. */
export async function freshPlatform(): Promise<Platform> {
  const db = await newDatabase()
  return {
    db,
    blobs: new R2BlobStore(env.ARTIFACTS),
    settings: { ...defaultSettings, signingKey: 'test-signing-key' },
    bundleKey: bundleKeyInMemory(),
    now: Date.now,
    randomId,
    sha256,
    passwordRounds: fewRounds,
    takePasswordTurn: (work) => work(),
    outbound: workersOutbound,
    fetch: (url, init) => fetch(url, init),
    timerScope: {},
    wake() {},
  }
}

/** The same, and what it counts. */
export async function countedPlatform(): Promise<{ platform: Platform; counter: Counter }> {
  const counter = new Counter()
  const fresh = await freshPlatform()
  const db = countedDatabase(new D1(countedRows(env.DB, counter)), counter)
  const blobs = new R2BlobStore(countedBucket(env.ARTIFACTS, counter))
  return { platform: { ...fresh, db, blobs }, counter }
}
