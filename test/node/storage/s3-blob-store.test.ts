import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { sha256 } from '../../../src/platform/node/sha256.ts'
import { S3BlobStore } from '../../../src/platform/s3/s3-blob-store.ts'
import { bucketUrl } from '../../../src/platform/s3/s3-client.ts'
import { blobStoreSuite, body, collected, pattern } from '../../platform/blob-store-suite.ts'
import { testServer } from '../../support/server.ts'
import { startS3Server } from './s3-server.ts'

let s3: Awaited<ReturnType<typeof startS3Server>>
beforeAll(async () => {
  s3 = await startS3Server()
}, 300_000)
afterAll(() => s3?.stop())

/** moto fails where S3 answers NoSuchUpload. */
const motoLatePart = { status: 500 }

describe('S3, in a bucket of its own', () => {
  blobStoreSuite(async () => new S3BlobStore(await s3.bucket(), sha256), motoLatePart)
})

describe('S3, below a prefix with a blank, a plus and an umlaut', () => {
  blobStoreSuite(async () => new S3BlobStore(await s3.bucket('team a+b/ü/'), sha256), motoLatePart)
})

test('two prefixes of one bucket do not see each other', async () => {
  const options = await s3.bucket('one/')
  const one = new S3BlobStore(options, sha256)
  const two = new S3BlobStore({ ...options, prefix: 'two/' }, sha256)
  await one.put('blobs/x', body(pattern(3), 3), 3)
  expect(await two.sizeOf('blobs/x')).toBeUndefined()
  expect(await collected(two.list(''))).toEqual([])
  expect(await collected(one.list(''))).toMatchObject([{ key: 'blobs/x' }])
})

test('an object that is too large to be read as it is joined is told without a hash, also the second time', async () => {
  const store = new S3BlobStore(await s3.bucket(), sha256, { measuredMax: 8 })
  const join = async (bytes: number) => {
    const key = `blobs/${bytes}`
    const id = await store.multipart.create(key)
    const new_ = { part: 1, body: body(pattern(bytes), bytes), sizeBytes: bytes }
    const parts = [{ part: 1, etag: await store.multipart.putPart(key, id, new_) }]
    return [
      await store.multipart.complete(key, id, parts),
      await store.multipart.complete(key, id, parts),
    ]
  }
  const [large, small] = [
    { sizeBytes: 9, sha256: undefined },
    { sizeBytes: 8, sha256: expect.any(String) },
  ]
  expect(await join(9)).toEqual([large, large])
  expect(await join(8)).toEqual([small, small])
})

test('a listing of more than a page is whole', async () => {
  const store = new S3BlobStore(await s3.bucket(), sha256)
  const keys = Array.from({ length: 2 * s3.pageKeys + 5 }, (_, i) => `blobs/${i + 100}`)
  await Promise.all(keys.map((key) => store.put(key, body(pattern(1), 1), 1)))
  const listed = await collected(store.list('blobs/'))
  expect(listed.map(({ key }) => key)).toEqual(keys)
})

test('uploads that nobody completed are leftovers until they are discarded', async () => {
  const store = new S3BlobStore(await s3.bucket('p/'), sha256)
  const uploadId = await store.multipart.create('blobs/cut')
  await store.multipart.putPart('blobs/cut', uploadId, {
    part: 1,
    body: body(pattern(5), 5),
    sizeBytes: 5,
  })
  const found = await collected(store.leftovers())
  expect(found).toMatchObject([{ key: 'blobs/cut', uploadId }])
  await store.discard(found)
  expect(await collected(store.leftovers())).toEqual([])
})

test('a failure that passes is tried again, and one that stays is told after four tries', async () => {
  let failures = 2
  let asked = 0
  const flaky = await listening((_req, res) => {
    asked++
    res.writeHead(failures-- > 0 ? 503 : 200, { 'content-length': '0' }).end()
  })
  const options = { ...(await s3.bucket()), endpoint: flaky.url }
  const store = new S3BlobStore(options, sha256)
  await store.put('blobs/x', body(pattern(3), 3), 3)
  expect(asked).toBe(3)
  failures = 100
  asked = 0
  await expect(store.put('blobs/y', body(pattern(3), 3), 3)).rejects.toThrow('503')
  expect(asked).toBe(4)
  // Clients of the server repeat it then.
  const { call } = await testServer({ blobs: store })
  const log = vi.spyOn(console, 'error').mockReturnValue()
  const path = '/api/2.0/mlflow-artifacts/mpu/create/d'
  const refused = await call('POST', path, { path: 'f', num_parts: 1 })
  log.mockRestore()
  expect([refused.status, refused.json.error_code]).toEqual([503, 'TEMPORARILY_UNAVAILABLE'])
  flaky.close()
  await expect(store.sizeOf('blobs/x')).rejects.toMatchObject({ code: 'TEMPORARILY_UNAVAILABLE' })
})

test.each([
  [{}, 'https://models.s3.eu-west-1.amazonaws.com'],
  [{ addressing: 'path' }, 'https://s3.eu-west-1.amazonaws.com/models'],
  [{ endpoint: 'http://localhost:9000/' }, 'http://localhost:9000/models'],
  [{ endpoint: 'http://localhost:9000/s3' }, 'http://localhost:9000/s3/models'],
  [{ endpoint: 'https://s3.example.com', addressing: 'host' }, 'https://models.s3.example.com'],
] as const)('the bucket of %j is at %s', (given, url) => {
  const place = { bucket: 'models', region: 'eu-west-1', endpoint: undefined, ...given }
  expect(bucketUrl(place)).toBe(url)
})

test('a bucket that is not there is an error, not an empty store', async () => {
  const options = { ...(await s3.bucket()), bucket: 'nobody-made-this' }
  await expect(new S3BlobStore(options, sha256).get('blobs/x')).rejects.toThrow('NoSuchBucket')
})

async function listening(listener: RequestListener) {
  const server = createServer((req, res) => {
    req.resume()
    req.once('end', () => listener(req, res))
  })
  await new Promise<void>((done) => server.listen(0, done))
  const { port } = server.address() as AddressInfo
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${port}`, port, close }
}
