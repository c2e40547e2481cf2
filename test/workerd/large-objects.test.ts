import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { streamBytes } from '../../src/core/bytes.ts'
import { R2BlobStore } from '../../src/platform/workers/r2-blob-store.ts'

test('an object that is too large to be read as it is joined is told without a hash, also the second time', async () => {
  const { multipart } = new R2BlobStore(env.ARTIFACTS, { measuredMax: 8 })
  const join = async (bytes: number) => {
    const key = `blobs/${crypto.randomUUID()}`
    const id = await multipart.create(key)
    const new_ = { part: 1, body: streamBytes(new Uint8Array(bytes)), sizeBytes: bytes }
    const parts = [{ part: 1, etag: await multipart.putPart(key, id, new_) }]
    return [await multipart.complete(key, id, parts), await multipart.complete(key, id, parts)]
  }
  const [large, small] = [
    { sizeBytes: 9, sha256: undefined },
    { sizeBytes: 8, sha256: expect.any(String) },
  ]
  expect(await join(9)).toEqual([large, large])
  expect(await join(8)).toEqual([small, small])
})
