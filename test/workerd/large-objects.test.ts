import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { streamBytes } from '../../src/core/bytes.ts'
import { sized } from '../../src/http/files/download.ts'
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

test('a long read asks for slices, one when the one before it is through, and ends with its reader', async () => {
  const asked: number[] = []
  const bucket = new Proxy(env.ARTIFACTS, {
    get: (target, name) => {
      if (name !== 'get') return Reflect.get(target, name).bind(target)
      return (key: string, options: { range?: { offset: number; length: number } }) => {
        if (options.range) asked.push(options.range.length)
        return target.get(key, options)
      }
    },
  })
  const blobs = new R2BlobStore(bucket, { readMax: 100_000 })
  const key = `blobs/${crypto.randomUUID()}`
  const bytes = Uint8Array.from({ length: 350_001 }, (_, at) => at % 251)
  await blobs.put(key, streamBytes(bytes), bytes.length)

  const read = async (range?: { start: number; end: number }) => {
    asked.length = 0
    const found = await blobs.get(key, range)
    expect(found?.sizeBytes).toBe(350_001)
    const length = Math.min(range?.end ?? 350_001, 350_001) - (range?.start ?? 0)
    // As a download is sent.
    const body = found && sized(found.body, length)
    return new Uint8Array(await new Response(body).arrayBuffer())
  }
  expect(await read()).toEqual(bytes)
  expect(asked).toEqual([100_000, 100_000, 100_000, 50_001])
  expect(await read({ start: 7, end: 200_007 })).toEqual(bytes.slice(7, 200_007))
  expect(asked).toEqual([100_000, 100_000])
  expect(await read({ start: 300_000, end: 900_000 })).toEqual(bytes.slice(300_000))
  expect(await read({ start: 7, end: 100_007 })).toEqual(bytes.slice(7, 100_007))
  expect(asked).toEqual([100_000])

  asked.length = 0
  const reader = (await blobs.get(key))?.body.getReader()
  await reader?.read()
  await reader?.cancel()
  expect(asked).toEqual([100_000])
  expect(await blobs.get('blobs/none', { start: 0, end: 900_000 })).toBeUndefined()
})

test('a long read of what is removed meanwhile fails instead of ending early', async () => {
  const blobs = new R2BlobStore(env.ARTIFACTS, { readMax: 100_000 })
  const key = `blobs/${crypto.randomUUID()}`
  await blobs.put(key, streamBytes(new Uint8Array(350_000)), 350_000)
  const body = (await blobs.get(key))?.body
  await blobs.delete([key])
  await expect(new Response(body).arrayBuffer()).rejects.toThrow('removed')
})
