import { existsSync } from 'node:fs'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createApp } from './app.ts'
import { hourlyJobOf, loopJobs } from './background.ts'
import { migrate, NewerDatabaseError } from './db/migrate.ts'
import { migrations, schema } from './db/migrations.ts'
import type { AppContext } from './http/app-env.ts'
import { anyone, guard } from './http/guards/guard.ts'
import { givenBundleKey } from './platform/bundle-key.ts'
import type { Platform } from './platform/context.ts'
import { logWarning } from './platform/log.ts'
import { DiskBlobStore } from './platform/node/disk-blob-store.ts'
import { httpServer } from './platform/node/http-server.ts'
import { LibsqlFile } from './platform/node/libsql/libsql-file.ts'
import { LibsqlRemote } from './platform/node/libsql/libsql-remote.ts'
import { Loop } from './platform/node/loop.ts'
import { type Served, whenServed } from './platform/node/observed/served.ts'
import type { Tracing } from './platform/node/observed/tracing.ts'
import { nodeOutbound } from './platform/node/outbound.ts'
import { openPageFolder } from './platform/node/page-folder.ts'
import {
  makePrivateFile,
  makePrivateFolder,
  takeFromOthers,
} from './platform/node/private-folder.ts'
import { sha256 } from './platform/node/sha256.ts'
import { bundleKeyIn, bundleKeyPathOf, keepSigningKey } from './platform/node/signing-key.ts'
import { passwordRounds, passwordTurns } from './platform/password-turns.ts'
import type { BlobStore, ByteStream } from './platform/ports.ts'
import { randomId } from './platform/random-id.ts'
import { S3BlobStore } from './platform/s3/s3-blob-store.ts'
import { s3Options, signsParts } from './platform/s3/s3-options.ts'
import {
  readBundleKey,
  readChoice,
  readSettings,
  readSigningKey,
} from './platform/settings/read-settings.ts'
import { readSignIn } from './platform/settings/read-sign-in.ts'
import type { Given } from './platform/settings/setting-table.ts'
import { publicPath } from './platform/settings/settings.ts'
import { StartError } from './platform/start-error.ts'
import { deliverDue } from './webhooks/delivery/deliver.ts'

export type OpenPlatform = Platform & {
  /** What `wake` wakes: a server starts it and stops it. */
  readonly background: Loop
  close(): Promise<void>
}

/**
 * Open database and blobs as the settings say, and bring the schema up to date.
 *
 * @param readsAside whether long reads have a thread of their own, as a server's do
 *
 * @throws StartError a folder or database cannot be used, in words for the operator
 * @throws SettingError
 */
export async function openPlatform(
  given: Given,
  { readsAside = false }: { readonly readsAside?: boolean } = {},
): Promise<OpenPlatform> {
  const settings = { ...readSettings(given), ...readSignIn(given) }
  const signingKey = readSigningKey(given)
  const bundleKey = readBundleKey(given)
  const { folder, url } = storagePlaceOf(given)
  const data = await usableFolder(folder)
  const blobs = await openBlobs(given, join(data, 'artifacts'))
  const db = await openDatabase(url, given, readsAside)
  await migrated(db, url)
  if (readsAside && db instanceof LibsqlRemote) await warnOfCheckpoints(db)
  await takeFromOthers([
    data,
    join(data, 'signing-key'),
    bundleKeyPathOf(data),
    ...databaseFiles(url),
    ...ownFolder(blobs),
  ])
  const platform: Platform = {
    db,
    blobs,
    settings: { ...settings, signingKey: signingKey ?? (await keepSigningKey(data)) },
    bundleKey: bundleKey === undefined ? bundleKeyIn(data) : givenBundleKey(bundleKey),
    now: Date.now,
    randomId,
    sha256,
    passwordRounds: passwordRounds.node,
    takePasswordTurn: passwordTurns(),
    outbound: nodeOutbound(),
    timerScope: {},
    mlflowPage: await openMlflowPage(given),
    wake: () => background.wake(),
    fetch: (url, init) => fetch(url, init),
  }
  const background = new Loop(
    [...loopJobs.map((job) => () => job(platform)), hourlyJobOf(platform)],
    () => deliverDue(platform),
  )
  return { ...platform, background, close: async () => db.close() }
}

async function openMlflowPage(given: Given) {
  const folder = given('mlflow-ui')
  return folder === undefined ? undefined : openPageFolder(folder)
}

/** Where `openPlatform` works. What is not there it makes, but for the database of another server. */
export function storagePlaceOf(given: Given) {
  const folder = resolve(given('data') ?? '.')
  const url = given('database-url') ?? join(folder, 'gatehouse.db')
  const isElsewhere = isRemote(url)
  const shown = isElsewhere ? withoutPassword(url) : pathOf(url)
  const isThere = existsSync(folder) && (isElsewhere || existsSync(pathOf(url)))
  return { folder, url, shown, isThere }
}

function databaseFiles(url: string): string[] {
  if (isRemote(url)) return []
  return ['', '-wal', '-shm'].map((end) => pathOf(url) + end)
}

function ownFolder(blobs: BlobStore): string[] {
  return blobs instanceof DiskBlobStore ? [blobs.folder] : []
}

function isRemote(url: string): boolean {
  return /^(libsql|https?|wss?):/i.test(url)
}

async function openBlobs(given: Given, fallback: string): Promise<BlobStore> {
  const place = given('artifacts') ?? fallback
  const how = { signsParts: signsParts(place, given) }
  if (place.startsWith('s3://')) return new S3BlobStore(s3Options(place, given), sha256, how)
  if (/^[a-z][a-z\d+.-]+:/i.test(place) && !place.startsWith('file:')) {
    throw new StartError(`artifacts cannot be kept in '${place}'; give a folder or s3://bucket`)
  }
  return new DiskBlobStore(await usableFolder(pathOf(place)), durability(given))
}

function durability(given: Given): 'NORMAL' | 'FULL' {
  return readChoice(given, 'durability', ['NORMAL', 'FULL'])
}

async function openDatabase(
  url: string,
  given: Given,
  readsAside: boolean,
): Promise<LibsqlFile | LibsqlRemote> {
  if (isRemote(url)) return new LibsqlRemote(url, given('database-token'))
  if (/^[a-z][a-z\d+.-]+:/i.test(url) && !url.startsWith('file:')) {
    const scheme = url.slice(0, url.indexOf(':') + 1)
    throw new StartError(
      `a ${scheme} database cannot be used; give --database-url a path, or the libsql:// or https:// address of a libSQL server`,
    )
  }
  try {
    const path = pathOf(url)
    await makePrivateFile(path)
    return new LibsqlFile(path, { synchronous: durability(given), readsAside })
  } catch (err) {
    throw new StartError(`cannot open the database ${pathOf(url)}: ${reason(err)}`, { cause: err })
  }
}

async function migrated(db: LibsqlFile | LibsqlRemote, url: string): Promise<void> {
  try {
    await migrate(db, migrations, schema)
  } catch (err) {
    await db.close()
    if (err instanceof NewerDatabaseError) {
      throw new StartError(`${err.message}; start the newer release or restore a backup`)
    }
    throw new StartError(`cannot use the database ${withoutPassword(url)}: ${reason(err)}`, {
      cause: err,
    })
  }
}

async function warnOfCheckpoints(db: LibsqlRemote): Promise<void> {
  if (!(await db.checkpointsByPages())) return
  logWarning({
    event: 'database server checkpoints by pages',
    problem: 'sqld can then stop taking writes until it is started again',
    remedy: 'start sqld with --checkpoint-interval-s 300; see docs/operations.md',
  })
}

async function usableFolder(path: string): Promise<string> {
  const folder = resolve(path)
  try {
    await makePrivateFolder(folder)
    return folder
  } catch (err) {
    throw new StartError(`cannot use the folder ${folder}: ${reason(err)}`, { cause: err })
  }
}

function pathOf(place: string): string {
  return resolve(place.startsWith('file:') ? fileURLToPath(new URL(place)) : place)
}

function reason(err: unknown): string {
  return (err instanceof Error ? err.message : String(err)).split('\n')[0] ?? ''
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//').replace(/\?.*$/, '')
}

/**
 * Serve `platform` over HTTP.
 *
 * @param watch.onServed told of each answered request, where given
 * @param watch.metrics what `/metrics` answers, where given
 * @param watch.tracing what makes a span of each request, where given
 * @throws StartError the address cannot be listened on
 */
export async function listen(
  platform: Platform,
  at: { host: string; port: number; prefix?: string | undefined },
  watch: RequestWatch = {},
): Promise<{ server: Server; url: string }> {
  const prefix = at.prefix ?? publicPath(platform.settings)
  const app = createApp(
    (c) => {
      const { incoming } = nodeBindings(c)
      c.set('rawBody', bodyOf(incoming))
      if (incoming.socket.remoteAddress) c.set('peer', incoming.socket.remoteAddress)
      if (incoming.url !== undefined) c.set('rawTarget', incoming.url)
      if (watch.onServed || watch.tracing) watchRequest(c, watch)
      return platform
    },
    { prefixOf: () => prefix, hasMlflowPage: () => platform.mlflowPage !== undefined },
  )
  const { metrics } = watch
  if (metrics) {
    app.get('/metrics', guard(anyone), async (c) =>
      c.body(await metrics.text(), 200, { 'Content-Type': metrics.contentType }),
    )
  }
  const server = httpServer((request, env) => app.fetch(request, env))
  await new Promise<void>((done, failed) => {
    server.once('error', (err: NodeJS.ErrnoException) => failed(listenError(err, at)))
    server.listen(at.port, at.host, done)
  })
  return { server, url: urlOf(server) }
}

/** A body that is refused half-way stays open, for the rest to be read off and the next request. */
function bodyOf(incoming: IncomingMessage): ByteStream {
  return { [Symbol.asyncIterator]: () => incoming.iterator({ destroyOnReturn: false }) }
}

type RequestWatch = {
  readonly onServed?: ((served: Served) => void) | undefined
  readonly metrics?: MetricsPage | undefined
  readonly tracing?: Tracing | undefined
}

type MetricsPage = { readonly contentType: string; text(): Promise<string> }

/** @hono/node-server hands these to `fetch`, and Hono keeps what it was handed as `env`. */
function nodeBindings(c: AppContext): { incoming: IncomingMessage; outgoing: ServerResponse } {
  return c.env as { incoming: IncomingMessage; outgoing: ServerResponse }
}

function watchRequest(c: AppContext, { onServed, tracing }: RequestWatch): void {
  const { incoming, outgoing } = nodeBindings(c)
  const { method, path } = c.req
  const span = tracing?.begin(method, path, incoming.headers)
  whenServed(incoming, outgoing, (sizes) => {
    const { ctx, operation = 'other' } = c.var
    const { requestId } = ctx
    onServed?.({ method, operation, path, requestId, ...sizes })
    const attributes = { 'gatehouse.operation': operation, 'gatehouse.request_id': requestId }
    span?.end({ status: sizes.status, name: `${method} ${operation}`, attributes })
  })
}

function listenError(err: NodeJS.ErrnoException, at: { host: string; port: number }): Error {
  if (err.code === 'EADDRINUSE') {
    return new StartError(`port ${at.port} of ${at.host} is taken; choose another with --port`)
  }
  return new StartError(`cannot listen on ${at.host} port ${at.port}: ${err.code ?? err.message}`)
}

/** A server that listens on TCP has an address of this form. */
function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
