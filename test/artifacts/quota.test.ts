import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { collectBlobs, collectUploads } from '../../src/artifacts/collect.ts'
import { deleteFiles, findFile, putFile } from '../../src/artifacts/files.ts'
import {
  abortUpload,
  completeUpload,
  createUpload,
  getUpload,
  putPart,
} from '../../src/artifacts/uploads/multipart.ts'
import { anonymous } from '../../src/core/principal.ts'
import type { Context } from '../../src/platform/context.ts'
import { testServer } from '../support/server.ts'

async function withQuota(storageQuotaBytes: number) {
  const { platform } = await testServer()
  const settings = { ...platform.settings, storageQuotaBytes }
  const as = (accountId: number, isAdmin = false): Context => ({
    ...platform,
    settings,
    principal: { ...anonymous, name: `u${accountId}`, verified: true, accountId, isAdmin },
    workspace: 'default',
    requestId: 'r',
  })
  const use = (accountId: number) =>
    platform.db.first(sql`select size_bytes from storage_use where account = ${accountId}`)
  return { as, use, platform }
}

/** `size` bytes that begin with `text`. */
async function* bytes(text: string, size = 10): AsyncIterable<Uint8Array> {
  yield new TextEncoder().encode(text.padEnd(size, '.'))
}

const refused = {
  code: 'REQUEST_LIMIT_EXCEEDED',
  retryAfterS: 1,
  message: expect.stringContaining('may store 25 bytes'),
}

test('what an account stores is counted, and what is more than its quota is refused', async () => {
  const { as, use, platform } = await withQuota(25)
  await putFile(as(1), 'a', { body: bytes('a'), sizeBytes: 10 })
  await putFile(as(1), 'b', { body: bytes('b') })
  expect(await use(1)).toEqual({ size_bytes: 20 })
  await expect(putFile(as(1), 'c', { body: bytes('c'), sizeBytes: 10 })).rejects.toMatchObject(
    refused,
  )
  await expect(putFile(as(1), 'c', { body: bytes('c') })).rejects.toMatchObject(refused)
  expect(await findFile(as(1), {}, 'c')).toBeUndefined()
  await putFile(as(1), 'c', { body: bytes('c', 5), sizeBytes: 5 })
  await putFile(as(2), 'd', { body: bytes('d'), sizeBytes: 10 })
  expect(await use(2)).toEqual({ size_bytes: 10 })
  const keys = []
  for await (const { key } of platform.blobs.list('blobs/')) keys.push(key)
  expect(keys).toHaveLength(4)
})

test('a declared length that is too much is refused before a byte is read', async () => {
  const { as } = await withQuota(25)
  const never: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]() {
      throw new Error('the body was read')
    },
  }
  await expect(putFile(as(1), 'a', { body: never, sizeBytes: 26 })).rejects.toMatchObject(refused)
})

test('of uploads that end at once no more are kept than the quota has room for', async () => {
  const { as, use } = await withQuota(25)
  const uploads = Array.from({ length: 16 }, (_, i) =>
    putFile(as(1), `f${i}`, { body: bytes(`${i}`), sizeBytes: 10 }),
  )
  const outcomes = await Promise.allSettled(uploads)
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
  expect(await use(1)).toEqual({ size_bytes: 20 })
})

test('equal bytes count once, for who stored them first; gc gives back what nothing shows', async () => {
  const { as, use, platform } = await withQuota(25)
  await putFile(as(1), 'a', { body: bytes('a'), sizeBytes: 10 })
  await putFile(as(1), 'b', { body: bytes('a'), sizeBytes: 10 })
  await putFile(as(2), 'c', { body: bytes('a'), sizeBytes: 10 })
  expect(await use(1)).toEqual({ size_bytes: 10 })
  expect(await use(2)).toBeUndefined()
  for (const path of ['a', 'b', 'c']) await deleteFiles(as(1), path)
  expect(await use(1)).toEqual({ size_bytes: 10 })
  await collectBlobs({ ...platform, dryRun: false, graceMs: 0 })
  expect(await use(1)).toEqual({ size_bytes: 0 })
})

test('parts of an upload count from when they are sent, until they are a file or gone', async () => {
  const { as, use, platform } = await withQuota(25)
  const ctx = as(1)
  const uploadId = await createUpload(ctx, 'big')
  const upload = await getUpload(ctx, uploadId)
  const put = (part: number, text: string, sizeBytes: number) =>
    putPart(ctx, upload, { part, body: bytes(text, sizeBytes), sizeBytes })
  await expect(put(1, 'x', 26)).rejects.toMatchObject(refused)
  await put(1, 'x', 20)
  const etag = await put(1, 'y', 15)
  expect(await use(1)).toEqual({ size_bytes: 15 })
  await expect(put(2, 'z', 11)).rejects.toMatchObject(refused)
  await expect(putFile(ctx, 'a', { body: bytes('a', 11), sizeBytes: 11 })).rejects.toMatchObject(
    refused,
  )
  await completeUpload(ctx, uploadId, { path: 'big', parts: [{ part: 1, etag }] })
  expect(await use(1)).toEqual({ size_bytes: 15 })
  const dropped = await createUpload(ctx, 'dropped')
  const other = await getUpload(ctx, dropped)
  await putPart(ctx, other, { part: 1, body: bytes('d', 10), sizeBytes: 10 })
  await expect(createUpload(ctx, 'more')).rejects.toMatchObject(refused)
  await abortUpload(ctx, dropped, 'dropped')
  const stale = await createUpload(ctx, 'stale')
  await putPart(ctx, await getUpload(ctx, stale), { part: 1, body: bytes('s', 10), sizeBytes: 10 })
  const later = () => platform.now() + 1
  await collectUploads({ ...platform, now: later, dryRun: false, graceMs: 0 })
  expect(await use(1)).toEqual({ size_bytes: 15 })
})

test('of parts that are sent at once no more are kept than the quota has room for', async () => {
  const { as, use } = await withQuota(25)
  const upload = await getUpload(as(1), await createUpload(as(1), 'big'))
  const outcomes = await Promise.allSettled(
    Array.from({ length: 8 }, (_, i) =>
      putPart(as(1), upload, { part: i + 1, body: bytes(`${i}`), sizeBytes: 10 }),
    ),
  )
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
  expect(await use(1)).toEqual({ size_bytes: 20 })
})

test('administrators, and everybody where no quota is set, store what they like', async () => {
  const { as, use } = await withQuota(5)
  await putFile(as(1, true), 'a', { body: bytes('a'), sizeBytes: 10 })
  expect(await use(1)).toEqual({ size_bytes: 10 })
  const { as: free } = await withQuota(0)
  await putFile(free(1), 'a', { body: bytes('a'), sizeBytes: 10 })
})
