import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DiskBlobStore } from '../../../src/platform/node/disk-blob-store.ts'
import { body, collected, pattern } from '../../platform/blob-store-suite.ts'

const mebibyte = 1024 * 1024

const folder = () => mkdtemp(join(tmpdir(), 'gatehouse-disk-'))

/** A file system of 4 MiB, or why there can be none here. */
async function tinyDisk(): Promise<{ root: string; unmount: () => Promise<void> } | undefined> {
  const root = await folder()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', root], { stdio: 'ignore' })
  } catch {
    await rm(root, { recursive: true })
    return undefined
  }
  const unmount = async () => {
    execFileSync('umount', [root])
    await rm(root, { recursive: true })
  }
  return { root, unmount }
}

test('a full disk is said plainly and leaves nothing; reads go on, and writes once there is room', async ({
  skip,
}) => {
  const disk = await tinyDisk()
  if (!disk) return skip('mounting a small file system needs root on Linux')
  try {
    const store = new DiskBlobStore(disk.root)
    await store.put('blobs/ab/kept', body(pattern(mebibyte), 65_536))
    let sent = 0
    async function* large() {
      for (let i = 0; i < 16; i++) {
        sent += mebibyte
        yield pattern(mebibyte)
      }
    }
    await expect(store.put('blobs/ab/large', large())).rejects.toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
    })
    expect(sent).toBe(16 * mebibyte)
    expect(await readdir(join(disk.root, 'incoming'))).toEqual([])
    expect(await store.sizeOf('blobs/ab/kept')).toBe(mebibyte)
    await store.put('blobs/ab/small', body(pattern(mebibyte), 65_536))
  } finally {
    await disk.unmount()
  }
})

test('a store that flushes keeps what one that does not keeps', async () => {
  const [flushing, plain] = [
    new DiskBlobStore(await folder(), 'FULL'),
    new DiskBlobStore(await folder()),
  ]
  const put = (store: DiskBlobStore) =>
    store.put('blobs/ab/x', body(pattern(33 * mebibyte), mebibyte))
  expect(await put(flushing)).toEqual(await put(plain))
  expect(await flushing.sizeOf('blobs/ab/x')).toBe(33 * mebibyte)
})

test('what a killed process left is a leftover, until it is discarded', async () => {
  const root = await folder()
  const store = new DiskBlobStore(root)
  const uploadId = await store.multipart.create('blobs/ab/x')
  await store.multipart.putPart('blobs/ab/x', uploadId, {
    part: 1,
    body: body(pattern(9), 9),
    sizeBytes: 9,
  })
  await mkdir(join(root, 'incoming'), { recursive: true })
  const stuck = store.put('blobs/ab/y', stuckAfter(pattern(9)))
  stuck.catch(() => undefined)
  await expect.poll(async () => (await collected(store.leftovers())).length).toBe(2)
  const found = await collected(store.leftovers())
  expect(found.map((leftover) => leftover.uploadId).filter(Boolean)).toEqual([uploadId])
  await store.discard(found)
  await store.discard(found)
  expect(await collected(store.leftovers())).toEqual([])
  expect(await collected(store.list(''))).toEqual([])
})

test('a key or an upload id that climbs leads nowhere', async () => {
  const store = new DiskBlobStore(await folder())
  await expect(store.get('../../etc/passwd')).rejects.toThrow('leads out')
  await expect(store.multipart.abort('x', '/../../..')).rejects.toThrow('leads out')
})

test('a blob that is being read stays whole when it is deleted meanwhile', async () => {
  const store = new DiskBlobStore(await folder())
  const bytes = pattern(5 * mebibyte)
  await store.put('blobs/ab/x', body(bytes, mebibyte))
  const blob = await store.get('blobs/ab/x')
  await store.delete(['blobs/ab/x'])
  expect(await store.sizeOf('blobs/ab/x')).toBeUndefined()
  expect((await new Response(blob?.body ?? null).arrayBuffer()).byteLength).toBe(bytes.byteLength)
})

async function* stuckAfter(bytes: Uint8Array) {
  yield bytes
  await new Promise(() => undefined)
}

test('who asks again while parts are being joined waits for that, and nothing is joined twice', async () => {
  const root = await folder()
  const store = new DiskBlobStore(root)
  const id = await store.multipart.create('blobs/ab/x')
  const new_ = { part: 1, body: body(pattern(mebibyte), 65_536), sizeBytes: mebibyte }
  const parts = [{ part: 1, etag: await store.multipart.putPart('blobs/ab/x', id, new_) }]
  const join = () => store.multipart.complete('blobs/ab/x', id, parts)
  const [first, second] = [join(), join()]
  expect(await second).toBe(await first)
  expect(await join()).not.toBe(await first)
  expect(await join()).toEqual(await first)
  await rm(root, { recursive: true })
})
