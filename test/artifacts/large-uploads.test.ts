import { createHash } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { collectOrphans, collectUploads } from '../../src/artifacts/collect.ts'
import { findFile, showBlob } from '../../src/artifacts/files.ts'
import { hashUploads } from '../../src/artifacts/uploads/hash-joined.ts'
import {
  abortUpload,
  completeUpload,
  createUpload,
  getUpload,
  putPart,
} from '../../src/artifacts/uploads/multipart.ts'
import type { BlobStore, UploadedPart } from '../../src/platform/ports.ts'
import { contextOf } from '../support/accounts.ts'
import { testServer } from '../support/server.ts'

const mebibyte = 1024 ** 2
/** Three parts, and a last step that is no whole one. */
const whole = Uint8Array.from({ length: 10 * mebibyte + 777 }, (_, i) => (i * 7 + (i >> 12)) % 251)
const sum = createHash('sha256').update(whole).digest('hex')
const oneStep = { stepBytes: mebibyte, forMs: 0 }

/** A store that reads nothing when it joins, as a bucket with objects that are large; what is read is counted. */
function unmeasured(blobs: BlobStore) {
  const watched = { read: 0, failsAt: Number.POSITIVE_INFINITY }
  /** What happens once, when parts were joined or before a piece is read. */
  const meanwhile: { joined?: () => Promise<unknown>; reads?: () => Promise<unknown> } = {}
  const once = async (when: keyof typeof meanwhile) => {
    const what = meanwhile[when]
    delete meanwhile[when]
    await what?.()
  }
  const store: BlobStore = {
    put: (...given) => blobs.put(...given),
    sizeOf: (key) => blobs.sizeOf(key),
    delete: (keys) => blobs.delete(keys),
    list: (prefix) => blobs.list(prefix),
    leftovers: () => blobs.leftovers(),
    discard: (leftovers) => blobs.discard(leftovers),
    async get(key, range) {
      if (watched.read >= watched.failsAt) throw new Error('the process died')
      watched.read += range ? range.end - range.start : 0
      await once('reads')
      return blobs.get(key, range)
    },
    multipart: {
      create: (key) => blobs.multipart.create(key),
      putPart: (...given) => blobs.multipart.putPart(...given),
      abort: (...given) => blobs.multipart.abort(...given),
      complete: async (...given) => {
        const { sizeBytes } = await blobs.multipart.complete(...given)
        await once('joined')
        return { sizeBytes, sha256: undefined }
      },
    },
  }
  return { store, watched, meanwhile }
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}

/** An upload whose three parts are sent. */
async function sentUpload(sha256?: string) {
  const clock = { nowMs: 1_800_000_000_000 }
  const { platform: fresh } = await testServer()
  const { store, watched, meanwhile } = unmeasured(fresh.blobs)
  const server = await testServer({ ...fresh, blobs: store, now: () => clock.nowMs })
  const ctx = contextOf(server.platform)
  const expected = sha256 && { sha256, sizeBytes: whole.byteLength, partBytes: 5 * mebibyte }
  const id = await createUpload(ctx, 'd/big', ...(expected ? [expected] : []))
  const upload = await getUpload(ctx, id)
  const parts: UploadedPart[] = []
  for (const part of [1, 2, 3]) {
    const body = whole.subarray((part - 1) * 5 * mebibyte, part * 5 * mebibyte)
    const new_ = { part, body: once(body), sizeBytes: body.byteLength }
    parts.push({ part, etag: await putPart(ctx, upload, new_) })
  }
  const complete = (pace = oneStep) => completeUpload(ctx, id, { path: 'd/big', parts, pace })
  const named = parts.map(({ part, etag }) => ({ part_number: part, etag }))
  const askAgain = () =>
    server.call('POST', '/api/2.0/mlflow-artifacts/mpu/complete/d', {
      ...{ path: 'big', upload_id: id, parts: named },
    })
  return {
    ...server,
    ctx,
    id,
    parts,
    complete,
    askAgain,
    watched,
    meanwhile,
    clock,
    key: upload.key,
  }
}

const notYet = { code: 'TEMPORARILY_UNAVAILABLE', retryAfterS: 2 }

test('a large upload is hashed over several calls, none of which reads what another did', async () => {
  const { ctx, complete, watched } = await sentUpload()
  for (let call = 1; call <= 10; call++) {
    await expect(complete()).rejects.toMatchObject({
      ...notYet,
      message: expect.stringContaining(
        `${call * mebibyte} of ${whole.byteLength} bytes are hashed`,
      ),
    })
    expect(watched.read).toBe(call * mebibyte)
    expect(await findFile(ctx, {}, 'd/big')).toBeUndefined()
  }
  await complete()
  await complete()
  expect(watched.read).toBe(whole.byteLength)
  expect(await findFile(ctx, {}, 'd/big')).toMatchObject({
    sha256: sum,
    sizeBytes: whole.byteLength,
  })
})

test('it goes on where a process died, once that is certain', async () => {
  const { ctx, complete, watched, clock } = await sentUpload()
  watched.failsAt = 3 * mebibyte
  const minute = { ...oneStep, forMs: 60_000 }
  await expect(complete(minute)).rejects.toThrow('the process died')
  watched.failsAt = Number.POSITIVE_INFINITY
  await expect(complete(minute)).rejects.toMatchObject(notYet)
  expect(watched.read).toBe(3 * mebibyte)
  clock.nowMs += 30_000
  await complete(minute)
  expect(watched.read).toBe(whole.byteLength)
  expect(await findFile(ctx, {}, 'd/big')).toMatchObject({ sha256: sum })
})

test('of two that complete it at once one reads, and the other is told when to ask again', async () => {
  const { complete, askAgain, watched } = await sentUpload()
  await expect(complete()).rejects.toMatchObject(notYet)
  const minute = { ...oneStep, forMs: 60_000 }
  const both = await Promise.allSettled([complete(minute), complete(minute)])
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(watched.read).toBe(whole.byteLength)
  expect((await askAgain()).status).toBe(200)
})

test('clients are told by 503 and Retry-After, which they wait for', async () => {
  const { askAgain, platform, complete } = await sentUpload()
  await expect(complete()).rejects.toMatchObject(notYet)
  const until = platform.now() + 1000
  await platform.db.all(sql`update multipart_uploads set hashing_until_ms = ${until}`)
  const res = await askAgain()
  expect([res.status, res.json.error_code]).toEqual([503, 'TEMPORARILY_UNAVAILABLE'])
  expect(res.headers.get('retry-after')).toBe('2')
})

test('the background hashes it too, and then completing it reads nothing', async () => {
  const { ctx, complete, watched, platform } = await sentUpload()
  await expect(complete()).rejects.toMatchObject(notYet)
  await hashUploads(platform, 60_000)
  expect(watched.read).toBe(whole.byteLength)
  await hashUploads(platform, 60_000)
  await complete()
  expect(watched.read).toBe(whole.byteLength)
  expect(await findFile(ctx, {}, 'd/big')).toMatchObject({ sha256: sum })
})

test('other bytes than were declared are refused once all are hashed, and nothing of them stays', async () => {
  const { ctx, complete, platform } = await sentUpload('0'.repeat(64))
  for (let call = 1; call <= 10; call++) await expect(complete()).rejects.toMatchObject(notYet)
  await expect(complete()).rejects.toMatchObject({
    code: 'INVALID_PARAMETER_VALUE',
    message: expect.stringContaining(`have the SHA-256 ${sum}, and not 0000`),
  })
  expect(await findFile(ctx, {}, 'd/big')).toBeUndefined()
  expect(await Array.fromAsync(platform.blobs.list('blobs/'))).toEqual([])
})

test('no part is replaced while it is hashed, and no other list completes it', async () => {
  const { ctx, id, complete, parts } = await sentUpload()
  const upload = await getUpload(ctx, id)
  await expect(complete()).rejects.toMatchObject(notYet)
  const again = { part: 3, body: once(new Uint8Array(9)), sizeBytes: 9 }
  await expect(putPart(ctx, upload, again)).rejects.toMatchObject({
    code: 'RESOURCE_DOES_NOT_EXIST',
  })
  const fewer = completeUpload(ctx, id, { path: 'd/big', parts: parts.slice(0, 2), pace: oneStep })
  await expect(fewer).rejects.toMatchObject({ code: 'RESOURCE_CONFLICT' })
})

test('an object that is lost or another one meanwhile is no file', async () => {
  const lost = await sentUpload()
  await expect(lost.complete()).rejects.toMatchObject(notYet)
  await lost.platform.blobs.delete([lost.key])
  await expect(lost.complete()).rejects.toMatchObject({ code: 'DATA_LOSS' })
  const other = await sentUpload()
  await expect(other.complete()).rejects.toMatchObject(notYet)
  await other.platform.blobs.delete([other.key])
  await other.platform.blobs.put(other.key, once(whole.subarray(1)))
  await expect(other.complete()).rejects.toMatchObject({
    code: 'DATA_LOSS',
    message: expect.stringContaining(`has ${whole.byteLength - 1} bytes`),
  })
})

test('one that is aborted while it is hashed leaves nothing', async () => {
  const { ctx, id, complete, platform } = await sentUpload()
  await expect(complete()).rejects.toMatchObject(notYet)
  await abortUpload(ctx, id, 'd/big')
  await expect(complete()).rejects.toMatchObject({ code: 'RESOURCE_DOES_NOT_EXIST' })
  expect(await Array.fromAsync(platform.blobs.list('blobs/'))).toEqual([])
  await hashUploads(platform, 60_000)
})

const gone = { code: 'RESOURCE_DOES_NOT_EXIST' }

test.each(['aborted', 'swept'])(
  'one that is %s while its parts are joined leaves no object',
  async (how) => {
    const { ctx, id, complete, platform, meanwhile, clock } = await sentUpload()
    clock.nowMs += 1
    meanwhile.joined = () =>
      how === 'aborted'
        ? abortUpload(ctx, id, 'd/big')
        : collectUploads({ ...platform, dryRun: false, graceMs: 0 })
    await expect(complete()).rejects.toMatchObject(gone)
    expect(await Array.fromAsync(platform.blobs.list('blobs/'))).toEqual([])
    expect(await findFile(ctx, {}, 'd/big')).toBeUndefined()
  },
)

test('one that is joined while an abort of it is under way leaves no object', async () => {
  const { ctx, id, complete, platform } = await sentUpload()
  const abort = platform.blobs.multipart.abort
  const joining = async (...given: Parameters<typeof abort>) => {
    // The abort has looked for what was joined, and found nothing.
    await platform.db.all(sql`update multipart_uploads set parts = null`)
    await expect(complete()).rejects.toMatchObject(notYet)
    await platform.db.all(sql`update multipart_uploads set parts = 'aborted'`)
    await abort(...given)
  }
  const blobs: BlobStore = {
    ...platform.blobs,
    multipart: { ...platform.blobs.multipart, abort: joining },
  }
  await abortUpload({ ...ctx, blobs }, id, 'd/big')
  expect(await Array.fromAsync(platform.blobs.list('blobs/'))).toEqual([])
})

test('a completion that was overtaken by another, and by gc, leaves the file alone', async () => {
  const { ctx, complete, platform, meanwhile, clock } = await sentUpload()
  meanwhile.joined = async () => {
    await complete({ ...oneStep, forMs: 60_000 })
    clock.nowMs += 1
    await collectUploads({ ...platform, dryRun: false, graceMs: 0 })
  }
  await expect(complete()).rejects.toMatchObject(gone)
  const file = await findFile(ctx, {}, 'd/big')
  expect(file).toMatchObject({ sha256: sum })
  expect(await platform.blobs.sizeOf(file?.key ?? '')).toBe(whole.byteLength)
})

test('one that is aborted while a piece of it is read was aborted, and lost nothing', async () => {
  const { ctx, id, complete, meanwhile } = await sentUpload()
  await expect(complete()).rejects.toMatchObject(notYet)
  meanwhile.reads = () => abortUpload(ctx, id, 'd/big')
  await expect(complete()).rejects.toMatchObject(gone)
})

test('who was taken for dead does not end the lease of the next', async () => {
  const { complete, platform, meanwhile, watched, clock } = await sentUpload()
  await expect(complete()).rejects.toMatchObject(notYet)
  const untilOf = async () =>
    (
      await platform.db.first(
        sql<{ ms: number | null }>`select hashing_until_ms as ms from multipart_uploads`,
      )
    )?.ms
  let untilMs: number | null | undefined
  meanwhile.reads = async () => {
    clock.nowMs += 30_000
    // Another has taken the lease, and dies with it.
    watched.failsAt = 0
    await expect(complete()).rejects.toThrow('the process died')
    watched.failsAt = Number.POSITIVE_INFINITY
    untilMs = await untilOf()
  }
  const asked = complete({ ...oneStep, forMs: 60_000 })
  // What it hashed is kept, and it begins no further step.
  const hashed = expect.stringContaining(`${2 * mebibyte} of ${whole.byteLength} bytes are hashed`)
  await expect(asked).rejects.toMatchObject({ ...notYet, message: hashed })
  expect([await untilOf(), untilMs]).toEqual([clock.nowMs + 30_000, clock.nowMs + 30_000])
})

test('gc leaves an object alone that is being hashed', async () => {
  const { complete, platform, clock } = await sentUpload()
  await expect(complete()).rejects.toMatchObject(notYet)
  clock.nowMs = Date.now() + 1000
  const collector = { ...platform, dryRun: false, graceMs: 0 }
  expect(await collectOrphans(collector, () => sql`0`)).toBe(0)
  await complete({ ...oneStep, forMs: 60_000 })
})

/** A stored file that is said to be of 3 GiB, as is the store's object of it, and the same bytes on their way in. */
async function storedLarge() {
  const { platform } = await testServer()
  const same = { sizeBytes: 3 * 1024 ** 3, sha256: 'a'.repeat(64) }
  const found: { sizeBytes: number | undefined } = { sizeBytes: same.sizeBytes }
  const { blobs: store } = platform
  const blobs: BlobStore = Object.assign(Object.create(store), {
    get: () => expect.unreachable('a large file is not read again'),
    sizeOf: async () => found.sizeBytes,
    delete: (given: readonly string[]) => store.delete(given),
  })
  const ctx = contextOf({ ...platform, blobs })
  const show = async (path: string, key: string) => {
    await store.put(key, once(new Uint8Array(3)))
    await showBlob(ctx, path, { blob: { key, ...same } })
  }
  const keys = async () => {
    const files = await Promise.all(['one', 'two'].map((path) => findFile(ctx, {}, path)))
    const stored = await Array.fromAsync(store.list('blobs/'))
    return { shown: files.map((file) => file?.key), stored: stored.map(({ key }) => key) }
  }
  await show('one', 'blobs/aa/old')
  return { platform, found, show, keys }
}

const only = (key: string) => ({ shown: [key, key], stored: [key] })

test('a large file whose bytes are there already shows those: manifests in the store name their object', async () => {
  const { show, keys } = await storedLarge()
  await show('two', 'blobs/aa/new')
  expect(await keys()).toEqual(only('blobs/aa/old'))
})

test.each(['found damaged', 'missing', 'cut off'])(
  'a large file of which the object was %s is whole again once somebody uploads it',
  async (how) => {
    const { platform, found, show, keys } = await storedLarge()
    if (how === 'missing') found.sizeBytes = undefined
    if (how === 'cut off') found.sizeBytes = 5
    if (how === 'found damaged') {
      await platform.db.all(
        sql`insert into damaged_blobs (blob, recorded_at_ms) select id, 1 from blobs`,
      )
    }
    await show('two', 'blobs/aa/new')
    expect(await keys()).toEqual(only('blobs/aa/new'))
    expect(await platform.db.all(sql`select 1 from damaged_blobs`)).toEqual([])
  },
)
