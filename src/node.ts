import { mkdir } from 'node:fs/promises'
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createAdaptorServer, type HttpBindings } from '@hono/node-server'
import { createApp } from './app.ts'
import { migrate } from './db/migrate.ts'
import type { Platform } from './platform/context.ts'
import { DiskBlobStore } from './platform/node/disk-blob-store.ts'
import { LibsqlFile } from './platform/node/libsql-file.ts'
import { LibsqlRemote } from './platform/node/libsql-remote.ts'
import { readMigrations } from './platform/node/migrations.ts'
import { randomId } from './platform/random-id.ts'
import type { SettingName } from './platform/setting-table.ts'
import { defaultSettings } from './platform/settings.ts'

/** drizzle/, seen from src/ and from the bundle in dist/ alike. */
const migrationsFolder = fileURLToPath(new URL('../drizzle', import.meta.url))

export type OpenPlatform = Platform & { close(): void }

/** Open database and blobs as the settings say, and bring the schema up to date. */
export async function openPlatform(
  given: (name: SettingName) => string | undefined,
): Promise<OpenPlatform> {
  const data = resolve(given('data') ?? './gatehouse-data')
  await mkdir(data, { recursive: true })
  const db = openDatabase(given('database-url') ?? join(data, 'gatehouse.db'), given)
  await migrate(db, await readMigrations(migrationsFolder))
  const artifacts = resolve(given('artifacts') ?? join(data, 'artifacts'))
  await mkdir(artifacts, { recursive: true })
  return {
    db,
    blobs: new DiskBlobStore(artifacts),
    settings: { ...defaultSettings, signingKey: 'local' },
    now: Date.now,
    randomId,
    afterReply: (work) => {
      work.catch((err) => console.error(err))
    },
    close: () => db.close(),
  }
}

function openDatabase(url: string, given: (name: SettingName) => string | undefined) {
  return /^(libsql|https?|wss?):/.test(url)
    ? new LibsqlRemote(url, given('database-token'))
    : new LibsqlFile(url.startsWith('file:') ? fileURLToPath(new URL(url)) : url)
}

/** Serve `platform` over HTTP. @returns the server once it listens, and its address */
export async function listen(
  platform: Platform,
  host: string,
  port: number,
): Promise<{ server: Server; url: string }> {
  const app = createApp((c) => {
    c.set('rawBody', (c.env as HttpBindings).incoming as IncomingMessage)
    return platform
  })
  const server = createAdaptorServer({
    fetch: app.fetch,
    serverOptions: { highWaterMark: 256 * 1024 },
  }) as Server
  await new Promise<void>((done, failed) => {
    server.once('error', failed)
    server.listen(port, host, done)
  })
  const bound = server.address() as AddressInfo
  const name = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address
  return { server, url: `http://${name}:${bound.port}` }
}
