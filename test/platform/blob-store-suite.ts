import { expect, test } from 'vitest'
import { type BlobStore, type ByteStream, KeyTakenError } from '../../src/platform/ports.ts'

const mebibyte = 1024 * 1024

/**
 * What every blob store does; each adapter runs this. Keys are new in each test.
 *
 * @param latePart what a call for an aborted upload is answered, where the store under test is at fault
 */
export function blobStoreSuite(
  open: () => Promise<BlobStore>,
  latePart: object = { code: 'RESOURCE_DOES_NOT_EXIST' },
): void {
  const newKey = () => `blobs/ab/${crypto.randomUUID()}`

  test('a body of declared length comes back with its size and hash', async () => {
    const store = await open()
    const key = newKey()
    const bytes = pattern(200_000)
    const stored = await store.put(key, body(bytes, 7_000), bytes.byteLength)
    expect(stored).toEqual({ sizeBytes: 200_000, sha256: await sha256Of(bytes) })
    expect(await store.sizeOf(key)).toBe(200_000)
    expect(same(await read(store, key), bytes)).toBe(true)
  })

  test.each([0, 1, 300_000])('a body of undeclared length, %i bytes, comes back', async (size) => {
    const store = await open()
    const key = newKey()
    const bytes = pattern(size)
    const stored = await store.put(key, body(bytes, 100_000))
    expect(stored).toEqual({ sizeBytes: size, sha256: await sha256Of(bytes) })
    expect(same(await read(store, key), bytes)).toBe(true)
  })

  test('an empty body of declared length is a blob', async () => {
    const store = await open()
    const key = newKey()
    await store.put(key, body(new Uint8Array(), 1), 0)
    expect(await store.sizeOf(key)).toBe(0)
    expect((await read(store, key)).byteLength).toBe(0)
  })

  test.each(['declared', 'undeclared'])('17 MiB of %s length come back whole', async (length) => {
    const store = await open()
    const key = newKey()
    const bytes = pattern(17 * mebibyte + 1)
    const declared = length === 'declared' ? bytes.byteLength : undefined
    const stored = await store.put(key, body(bytes, mebibyte), declared)
    expect(stored).toEqual({ sizeBytes: bytes.byteLength, sha256: await sha256Of(bytes) })
    expect(same(await read(store, key), bytes)).toBe(true)
  })

  test.each([
    { size: 10, declared: 11 },
    { size: 10, declared: 9 },
    { size: 10, declared: 0 },
  ])('a body of $size bytes declared as $declared is refused and leaves nothing', async (given) => {
    const store = await open()
    const key = newKey()
    await expect(
      store.put(key, body(pattern(given.size), 4), given.declared),
    ).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    expect(await store.sizeOf(key)).toBeUndefined()
  })

  test.each([30_000, undefined])(
    'a body that breaks off leaves nothing, and its own error is thrown (declared: %s)',
    async (declared) => {
      const store = await open()
      const key = newKey()
      await expect(store.put(key, breaking(pattern(20_000)), declared)).rejects.toThrow('cut off')
      expect(await store.sizeOf(key)).toBeUndefined()
      expect(await keysBelow(store, key)).toEqual([])
    },
  )

  test('a range gives exactly its bytes', async () => {
    const store = await open()
    const key = newKey()
    const bytes = pattern(50_000)
    await store.put(key, body(bytes, 50_000), bytes.byteLength)
    for (const [start, end] of [
      [0, 1],
      [100, 40_000],
      [49_999, 50_000],
      [0, 50_000],
    ] as const) {
      expect(same(await read(store, key, { start, end }), bytes.subarray(start, end))).toBe(true)
    }
  })

  test('a key that is not there is undefined, and removing it is no error', async () => {
    const store = await open()
    expect(await store.get(newKey())).toBeUndefined()
    expect(await store.sizeOf(newKey())).toBeUndefined()
    await store.delete([newKey(), newKey()])
    await store.delete([])
  })

  test('keys are listed below their prefix with size and time of writing, until they are deleted', async () => {
    const store = await open()
    const folder = `blobs/${crypto.randomUUID()}/`
    const before = Date.now()
    const keys = Array.from({ length: 12 }, (_, i) => `${folder}${i + 10}`)
    await Promise.all(keys.map((key) => store.put(key, body(pattern(3), 3), 3)))
    const listed = await collected(store.list(folder))
    expect(listed.map((object) => object.key).sort()).toEqual(keys)
    for (const { sizeBytes, writtenAtMs } of listed) {
      expect(sizeBytes).toBe(3)
      expect(Math.abs(writtenAtMs - before)).toBeLessThan(60_000)
    }
    await store.delete(keys.slice(0, 11))
    expect(await keysBelow(store, folder)).toEqual([`${folder}21`])
  })

  test('parts may come in any order and twice; the last upload of each counts', async () => {
    const { multipart, ...store } = methodsOf(await open())
    const key = newKey()
    const bytes = pattern(10 * mebibyte + 5)
    const [first, second, third] = [
      bytes.subarray(0, 5 * mebibyte),
      bytes.subarray(5 * mebibyte, 10 * mebibyte),
      bytes.subarray(10 * mebibyte),
    ]
    const uploadId = await multipart.create(key)
    const put = (part: number, slice: Uint8Array) =>
      multipart.putPart(key, uploadId, {
        part,
        body: body(slice, 65_536),
        sizeBytes: slice.byteLength,
      })
    const etag3 = await put(3, third)
    await put(1, second)
    const [etag1, etag2] = await Promise.all([put(1, first), put(2, second)])
    expect(await store.sizeOf(key)).toBeUndefined()
    const stored = await multipart.complete(key, uploadId, [
      { part: 1, etag: etag1 },
      { part: 2, etag: etag2 },
      { part: 3, etag: etag3 },
    ])
    expect(stored).toEqual({ sizeBytes: bytes.byteLength, sha256: await sha256Of(bytes) })
    expect(same(await read(store, key), bytes)).toBe(true)
  })

  test('a key is written once: another write is refused, and the first bytes stay', async () => {
    const store = await open()
    const [key, bytes] = [newKey(), pattern(300)]
    await store.put(key, body(bytes, 100), 300)
    for (const declared of [200, undefined]) {
      const again = store.put(key, body(pattern(200).reverse(), 100), declared)
      await expect(again).rejects.toBeInstanceOf(KeyTakenError)
    }
    expect(same(await read(store, key), bytes)).toBe(true)
  })

  test('of eight that write one key at once, one does and its bytes stay', async () => {
    const store = await open()
    const key = newKey()
    const writes = await Promise.allSettled(
      Array.from({ length: 8 }, (_, i) => store.put(key, body(new Uint8Array([i]), 1), 1)),
    )
    const written = writes.flatMap((write, i) => (write.status === 'fulfilled' ? [i] : []))
    expect(written).toHaveLength(1)
    expect([...(await read(store, key))]).toEqual(written)
  })

  test('an upload that was joined answers the same to those who join it again, at once and later', async () => {
    const { multipart, ...store } = methodsOf(await open())
    const [key, bytes] = [newKey(), pattern(70_000)]
    const uploadId = await multipart.create(key)
    const etag = await multipart.putPart(key, uploadId, {
      part: 1,
      body: body(bytes, 9_000),
      sizeBytes: bytes.byteLength,
    })
    const join = () => multipart.complete(key, uploadId, [{ part: 1, etag }])
    const stored = { sizeBytes: bytes.byteLength, sha256: await sha256Of(bytes) }
    expect(await Promise.all([join(), join(), join()])).toEqual([stored, stored, stored])
    expect(await join()).toEqual(stored)
    expect(same(await read(store, key), bytes)).toBe(true)
  })

  test('parts out of order, never uploaded, of another ETag, or none are refused; then the right ones do', async () => {
    const { multipart, sizeOf } = methodsOf(await open())
    const key = newKey()
    const uploadId = await multipart.create(key)
    const etag = await multipart.putPart(key, uploadId, {
      part: 1,
      body: body(pattern(9), 9),
      sizeBytes: 9,
    })
    const wrong = [
      [],
      [
        { part: 2, etag },
        { part: 1, etag },
      ],
      [{ part: 2, etag }],
      [{ part: 1, etag: 'f'.repeat(etag.length) }],
      [{ part: 1, etag: '../../x' }],
      [{ part: 0, etag }],
      [{ part: 1.5, etag }],
    ]
    for (const parts of wrong) {
      await expect(multipart.complete(key, uploadId, parts)).rejects.toMatchObject({
        code: 'INVALID_PARAMETER_VALUE',
      })
    }
    expect(await sizeOf(key)).toBeUndefined()
    expect(await multipart.complete(key, uploadId, [{ part: 1, etag }])).toMatchObject({
      sizeBytes: 9,
    })
  })

  test('a part of another length than declared, or cut off, is not kept', async () => {
    const { multipart } = methodsOf(await open())
    const key = newKey()
    const uploadId = await multipart.create(key)
    await expect(
      multipart.putPart(key, uploadId, { part: 1, body: body(pattern(9), 9), sizeBytes: 10 }),
    ).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    await expect(
      multipart.putPart(key, uploadId, { part: 1, body: breaking(pattern(9)), sizeBytes: 10 }),
    ).rejects.toThrow('cut off')
    await multipart.abort(key, uploadId)
  })

  test('an aborted upload takes no more parts, cannot be completed, and may be aborted again', async () => {
    const { multipart, sizeOf } = methodsOf(await open())
    const key = newKey()
    const uploadId = await multipart.create(key)
    const etag = await multipart.putPart(key, uploadId, {
      part: 1,
      body: body(pattern(9), 9),
      sizeBytes: 9,
    })
    await multipart.abort(key, uploadId)
    await multipart.abort(key, uploadId)
    await expect(
      multipart.putPart(key, uploadId, { part: 1, body: body(pattern(9), 9), sizeBytes: 9 }),
    ).rejects.toMatchObject(latePart)
    await expect(multipart.complete(key, uploadId, [{ part: 1, etag }])).rejects.toMatchObject(
      latePart,
    )
    expect(await sizeOf(key)).toBeUndefined()
  })
}

/** The parts of a store that the tests pick from, each bound to it. */
function methodsOf(store: BlobStore) {
  return {
    multipart: store.multipart,
    sizeOf: (key: string) => store.sizeOf(key),
    get: store.get.bind(store),
  }
}

export function pattern(size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  for (let i = 0; i < size; i++) bytes[i] = (i * 31 + (i >> 12)) & 0xff
  return bytes
}

export async function* body(bytes: Uint8Array, chunkBytes: number): ByteStream {
  for (let at = 0; at < bytes.byteLength; at += chunkBytes) {
    yield bytes.slice(at, at + chunkBytes)
  }
}

async function* breaking(bytes: Uint8Array): ByteStream {
  yield bytes
  throw new Error('cut off')
}

async function read(
  store: Pick<BlobStore, 'get' | 'sizeOf'>,
  key: string,
  range?: { start: number; end: number },
): Promise<Uint8Array> {
  const blob = await store.get(key, range)
  if (!blob) throw new Error(`no ${key}`)
  expect(blob.sizeBytes).toBe(await store.sizeOf(key))
  return new Uint8Array(await new Response(blob.body).arrayBuffer())
}

async function keysBelow(store: BlobStore, prefix: string): Promise<string[]> {
  return (await collected(store.list(prefix))).map(({ key }) => key)
}

/** All that `items` gives. */
export async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** `toEqual` on megabytes takes seconds. */
function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.every((byte, i) => byte === b[i])
}

async function sha256Of(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new Uint8Array(bytes))
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
