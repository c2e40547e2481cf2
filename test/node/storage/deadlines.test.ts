import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { afterAll, expect, test, vi } from 'vitest'
import { migrate } from '../../../src/db/migrate.ts'
import { migrations } from '../../../src/db/migrations.ts'
import { LibsqlRemote } from '../../../src/platform/node/libsql/libsql-remote.ts'
import { sha256 } from '../../../src/platform/node/sha256.ts'
import { S3BlobStore } from '../../../src/platform/s3/s3-blob-store.ts'
import { appOf } from '../../support/app.ts'
import { client } from '../../support/client.ts'
import { temporaryFolder } from '../../support/gatehouse-process.ts'
import { testServer } from '../../support/server.ts'
import { startSqld } from './sqld.ts'

const sqld = await startSqld(join(await temporaryFolder(), 'sqld'))
const ends: (() => void)[] = [() => sqld.server?.stop()]
afterAll(() => {
  for (const end of ends) end()
})

/** A way to a server that can be stopped up: bytes are taken and nothing comes back. */
async function proxyTo(target: string) {
  const { hostname, port } = new URL(target)
  const state = { stalled: false, connections: 0 }
  const sockets = new Set<Socket>()
  const proxy: Server = createServer((socket) => {
    state.connections++
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    void import('node:net').then(({ connect }) => {
      const onward = connect(Number(port), hostname)
      onward.on('error', () => socket.destroy())
      sockets.add(onward)
      socket.on('data', (bytes) => state.stalled || onward.write(bytes))
      onward.on('data', (bytes) => state.stalled || socket.write(bytes))
      socket.on('close', () => onward.destroy())
    })
  })
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done))
  const close = () => {
    for (const socket of sockets) socket.destroy()
    proxy.close()
  }
  ends.push(close)
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, state, close }
}

const withSqld = sqld.server ? test.concurrent : test.skip

withSqld(
  'a database server that falls silent is given up after ten seconds, and asked again once it is back',
  { timeout: 60_000 },
  async () => {
    const way = await proxyTo(sqld.server?.url ?? '')
    const db = new LibsqlRemote(way.url, undefined)
    await migrate(db, migrations)
    const { platform } = await testServer()
    const { call } = client(appOf(() => ({ ...platform, db })))
    expect((await call('GET', '/ready')).status).toBe(200)
    way.state.stalled = true
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const startedAt = performance.now()
    const path = '/api/2.0/mlflow/experiments'
    const [read, write, ready] = await Promise.all([
      call('GET', `${path}/get?experiment_id=0`),
      call('POST', `${path}/create`, { name: 'x' }),
      call('GET', '/ready'),
    ])
    const ms = performance.now() - startedAt
    log.mockRestore()
    expect([read.status, write.status, ready.status]).toEqual([503, 503, 503])
    expect(ready.json.message).toBe('Not ready: the database does not answer')
    expect(ms).toBeLessThan(14_000)
    way.state.stalled = false
    expect((await call('GET', `${path}/get?experiment_id=0`)).status).toBe(200)
    db.close()
  },
)

test.skipIf(!sqld.server)('a read is tried again when the connection breaks', async () => {
  const way = await proxyTo(sqld.server?.url ?? '')
  const db = new LibsqlRemote(way.url, undefined)
  expect(await db.first(sql`select 1 as one`)).toEqual({ one: 1 })
  way.close()
  const port = Number(new URL(way.url).port)
  const read = db.first(sql`select 2 as two`)
  await new Promise((done) => setTimeout(done, 50))
  const again = createServer((socket) => {
    void import('node:net').then(({ connect }) => {
      const onward = connect(Number(new URL(sqld.server?.url ?? '').port), '127.0.0.1')
      socket.pipe(onward).pipe(socket)
    })
  })
  await new Promise<void>((done) => again.listen(port, '127.0.0.1', done))
  ends.push(() => again.close())
  expect(await read).toEqual({ two: 2 })
  db.close()
})

/** A way to a server that turns the first batches away, as one does whose database another writes to. */
async function busyProxyTo(target: string, busyFor: number) {
  const state = { batches: 0 }
  const proxy = createHttpServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk) => chunks.push(chunk))
    req.on('end', async () => {
      const body = Buffer.concat(chunks).toString()
      const results = JSON.parse(body).requests.map(({ type, batch }: PipelineRequest) =>
        type === 'batch'
          ? busyResult(batch?.steps.length ?? 0)
          : { type: 'ok', response: { type } },
      )
      const isBusy = body.includes('"batch"') && ++state.batches <= busyFor
      res.setHeader('content-type', 'application/json')
      if (isBusy) return res.end(JSON.stringify({ baton: null, base_url: null, results }))
      const answer = await fetch(`${target}${req.url}`, { method: 'POST', body })
      res.end(await answer.text())
    })
  })
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done))
  ends.push(() => proxy.close())
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, state }
}

type PipelineRequest = { readonly type: string; readonly batch?: { readonly steps: unknown[] } }

/** What sqld 0.24 answers where the first step, BEGIN IMMEDIATE, found the database busy. */
function busyResult(steps: number) {
  const step_results = Array.from({ length: steps }, () => null)
  const busy = { message: 'SQLite error: database is locked', code: 'SQLITE_BUSY' }
  const step_errors = step_results.map((_, i) => (i === 0 ? busy : null))
  return { type: 'ok', response: { type: 'batch', result: { step_results, step_errors } } }
}

withSqld('a batch that found the database busy is tried again, and done once', async () => {
  const way = await busyProxyTo(sqld.server?.url ?? '', 2)
  const direct = new LibsqlRemote(sqld.server?.url ?? '', undefined)
  await direct.all(sql`create table busy_test (a)`)
  const db = new LibsqlRemote(way.url, undefined)
  await db.batch({ one: sql`insert into busy_test values (1)` })
  expect(way.state.batches).toBe(3)
  expect(await direct.all(sql`select a from busy_test`)).toEqual([{ a: 1 }])
  for (const one of [db, direct]) one.close()
})

test.concurrent('a store of artifacts that falls silent is given up, before its answer and in the middle', {
  timeout: 60_000,
}, async () => {
  const silent = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes) => {
      if (!bytes.toString().includes('begins')) return
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbegins')
    })
  })
  await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done))
  ends.push(() => silent.close())
  const endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
  const keys = { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: undefined }
  const at = { bucket: 'b', prefix: '', endpoint, region: 'us-east-1' }
  const store = new S3BlobStore({ ...at, ...keys }, sha256)
  const startedAt = performance.now()
  const halfWay = async () => {
    const begun = await store.get('begins')
    for await (const _ of begun?.body ?? []);
  }
  const outcomes = await Promise.allSettled([store.sizeOf('key'), halfWay()])
  expect(performance.now() - startedAt).toBeLessThan(14_000)
  expect(
    outcomes.map((one) => (one.status === 'rejected' ? String(one.reason) : 'fulfilled')),
  ).toEqual([
    expect.stringContaining('cannot be reached'),
    expect.stringContaining('did not answer within 10 s'),
  ])
})
