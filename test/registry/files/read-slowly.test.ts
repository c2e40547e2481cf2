import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import type { BlobStore } from '../../../src/platform/ports.ts'
import { readAsked, readSlowVerdict } from '../../../src/registry/files/verify-slowly.ts'
import { findManifestId } from '../../../src/registry/files/version-manifest.ts'
import { contextOf } from '../../support/accounts.ts'
import { registryServer } from '../../support/registry-server.ts'

const now = { ms: 1_800_000_000_000 }
const files = {
  a: 'a'.repeat(10),
  'b/large': 'b'.repeat(1000),
  c: 'c'.repeat(10),
  d: 'd'.repeat(10),
}
/** A step is two small files, or a piece of the large one. */
const pace = { forMs: 0, filesMax: 1000, stepBytes: 20, pieceBytes: 256 }

/** A sealed version of four files, one of them too large for a step; what is read of its files is counted. */
async function sealedVersion() {
  const server = await registryServer({ now: () => now.ms })
  const { runId, root } = await server.createRun()
  const watched = { bytes: 0 }
  const { blobs } = server.platform
  const get: typeof blobs.get = async (key, range) => {
    const found = await blobs.get(key, range)
    watched.bytes += range ? range.end - range.start : (found?.sizeBytes ?? 0)
    return found
  }
  const ctx = contextOf(server.platform)
  for (const [path, text] of Object.entries(files)) {
    await server.upload(`${root}/model/${path}`, text)
  }
  await server.createModel('m')
  await server.createVersion('m', `${root}/model`, { run_id: runId })
  const [version] = await ctx.db.all(sql<{ id: number }>`select id from model_versions`)
  const manifest = (await findManifestId(ctx, version?.id ?? 0)) ?? 0
  const platform = { ...server.platform, blobs: Object.assign(Object.create(blobs), { get }) }
  const keyOf = async (path: string) =>
    (
      await ctx.db.first(sql<{ key: string }>`select b.key from manifest_files f
      join blobs b on b.id = f.blob where f.path = ${path}`)
    )?.key ?? ''
  return { ...server, store: blobs, platform, ctx, manifest, watched, keyOf, root }
}

const [minuteMs, hourMs] = [60_000, 3_600_000]
const bytesOf = (text: string) => new Blob([text]).stream() as unknown as AsyncIterable<Uint8Array>

const size = Object.values(files).join('').length

test('the files of a version are read in steps, a large one in pieces, and nothing twice', async () => {
  const { platform, ctx, manifest, watched } = await sealedVersion()
  expect(await readSlowVerdict(ctx, manifest)).toEqual({
    status: 'reading',
    filesRead: 0,
    files: 4,
  })
  const seen: number[] = []
  for (let run = 0; run < 12; run++) {
    await readAsked(platform, pace)
    const verdict = await readSlowVerdict(ctx, manifest)
    if (verdict.status === 'read') {
      expect(verdict).toMatchObject({ isIntact: true, files: 4, differing: [] })
      expect(seen).toEqual([1, 1, 1, 1, 2])
      expect(watched.bytes).toBe(size)
      return
    }
    seen.push(verdict.filesRead)
  }
  expect.unreachable('it was never read to its end')
})

test('a process that dies is followed by another once its lease has ended, which reads its last step again', async () => {
  const { platform, ctx, manifest, watched } = await sealedVersion()
  await readSlowVerdict(ctx, manifest)
  const get: BlobStore['get'] = platform.blobs.get
  let reads = 0
  const dying: BlobStore['get'] = async (...given) => {
    if (++reads === 3) throw new Error('the process died')
    return get(...given)
  }
  const long = { ...pace, forMs: 60_000 }
  const blobs = Object.assign(Object.create(platform.blobs), { get: dying })
  await readAsked({ ...platform, blobs }, long)
  await readAsked(platform, long)
  expect(await readSlowVerdict(ctx, manifest)).toMatchObject({ status: 'reading', filesRead: 1 })
  now.ms += 60_000
  await readAsked(platform, long)
  expect(await readSlowVerdict(ctx, manifest)).toMatchObject({ status: 'read', isIntact: true })
  expect(watched.bytes).toBe(size)
})

test.each([
  ['missing', 'b/large', undefined],
  ['changed', 'b/large', 'B'.repeat(1000)],
  ['changed', 'b/large', 'short'],
  ['missing', 'd', undefined],
])('a file that is %s is told, and stands in the audit log', async (problem, path, other) => {
  const { platform, store, ctx, manifest, keyOf } = await sealedVersion()
  const key = await keyOf(path)
  await store.delete([key])
  if (other !== undefined) {
    const body = new Blob([other]).stream()
    await store.put(key, body as unknown as AsyncIterable<Uint8Array>, other.length)
  }
  await readSlowVerdict(ctx, manifest)
  await readAsked(platform, { ...pace, forMs: 60_000 })
  expect(await readSlowVerdict(ctx, manifest)).toMatchObject({
    status: 'read',
    isIntact: false,
    differing: [`${path} ${problem}`],
  })
  const entries = await ctx.db.all(
    sql`select 1 from audit_entries where action = 'model_version.damaged'`,
  )
  expect(entries).toHaveLength(1)
})

test('a reading that is too old, or followed by damage, does not count, and another is begun', async () => {
  const { platform, store, ctx, manifest, keyOf, call } = await sealedVersion()
  const read = async () => {
    await readAsked(platform, { ...pace, forMs: 60_000 })
    return readSlowVerdict(ctx, manifest)
  }
  await readSlowVerdict(ctx, manifest)
  expect(await read()).toMatchObject({ isIntact: true })
  now.ms += hourMs + 1
  expect(await readSlowVerdict(ctx, manifest)).toMatchObject({ status: 'reading', filesRead: 0 })
  expect(await read()).toMatchObject({ isIntact: true })
  await store.delete([await keyOf('c')])
  expect(await readSlowVerdict(ctx, manifest)).toMatchObject({ isIntact: true })
  await call('POST', '/api/v1/models/m/versions/1/verify')
  expect(await readSlowVerdict(ctx, manifest)).toMatchObject({ status: 'reading' })
  expect(await read()).toMatchObject({ isIntact: false, differing: ['c missing'] })
})

test('what did not hold is read again once a minute has passed', async () => {
  const { platform, store, ctx, manifest, keyOf } = await sealedVersion()
  const key = await keyOf('c')
  await store.delete([key])
  await readSlowVerdict(ctx, manifest)
  await readAsked(platform, { ...pace, forMs: 60_000 })
  expect(await readSlowVerdict(ctx, manifest)).toMatchObject({ isIntact: false })
  const body = new Blob([files.c]).stream()
  await store.put(key, body as unknown as AsyncIterable<Uint8Array>, files.c.length)
  now.ms += 60_001
  expect(await readSlowVerdict(ctx, manifest)).toMatchObject({ status: 'reading' })
  await readAsked(platform, { ...pace, forMs: 60_000 })
  expect(await readSlowVerdict(ctx, manifest)).toMatchObject({ isIntact: true })
})

test.each(['c', 'b/large'])(
  'damage of %s that is found again on the day it was repaired ends that the reading counts',
  async (path) => {
    const { platform, store, ctx, manifest, keyOf, call } = await sealedVersion()
    const key = await keyOf(path)
    const read = async () => {
      await readSlowVerdict(ctx, manifest)
      await readAsked(platform, { ...pace, forMs: 60_000 })
      return readSlowVerdict(ctx, manifest)
    }
    const verify = () => call('POST', '/api/v1/models/m/versions/1/verify')
    await store.delete([key])
    expect(await read()).toMatchObject({ isIntact: false })
    const text = files[path as keyof typeof files]
    const body = new Blob([text]).stream()
    await store.put(key, body as unknown as AsyncIterable<Uint8Array>, text.length)
    now.ms += 60_001
    expect(await read()).toMatchObject({ isIntact: true })
    now.ms += 1000
    await store.delete([key])
    await verify()
    expect(await readSlowVerdict(ctx, manifest)).toMatchObject({ status: 'reading' })
    expect(await read()).toMatchObject({ isIntact: false })
    const entries = await ctx.db.all(
      sql`select 1 from audit_entries where action = 'model_version.damaged'`,
    )
    expect(entries).toHaveLength(2)
  },
)

test.each([
  ['a reading of no time counts for an hour', 0, 60],
  ['one of 25 minutes for an hour from its first file', 25, 60],
  ['one of 50 minutes for half an hour after its last file', 50, 80],
  ['one of five hours too', 300, 330],
  ['one of a day less ten minutes until the day is over', 1430, 1440],
])('what was read counts from when the first file was: %s', async (_, takesMin, countsMin) => {
  const { platform, ctx, manifest } = await sealedVersion()
  await readSlowVerdict(ctx, manifest)
  // Waiting for its turn makes nothing older.
  now.ms += 5 * hourMs
  const startMs = now.ms
  await readAsked(platform, pace)
  now.ms += takesMin * minuteMs
  await readAsked(platform, { ...pace, forMs: 1 })
  expect(await readSlowVerdict(ctx, manifest)).toMatchObject({
    ...{ status: 'read', startedAtMs: startMs, endedAtMs: now.ms },
  })
  now.ms = startMs + countsMin * minuteMs
  expect(await readSlowVerdict(ctx, manifest)).toMatchObject({ status: 'read' })
  now.ms += 1
  expect(await readSlowVerdict(ctx, manifest)).toMatchObject({ status: 'reading', filesRead: 0 })
})

test('a reading that is a day old and not done is begun anew', async () => {
  const { platform, ctx, manifest } = await sealedVersion()
  await readSlowVerdict(ctx, manifest)
  await readAsked(platform, pace)
  now.ms += 24 * hourMs
  expect(await readSlowVerdict(ctx, manifest)).toMatchObject({ status: 'reading', filesRead: 1 })
  now.ms += 1
  expect(await readSlowVerdict(ctx, manifest)).toMatchObject({ status: 'reading', filesRead: 0 })
})

test('what was begun is read to its end before another is begun', async () => {
  const { platform, ctx, manifest, createVersion, upload, createRun } = await sealedVersion()
  const { runId, root } = await createRun()
  await upload(`${root}/other/e`, 'e')
  await createVersion('m', `${root}/other`, { run_id: runId })
  const [newest] = await ctx.db.all(sql<{ id: number }>`select max(id) as id from model_versions`)
  const other = (await findManifestId(ctx, newest?.id ?? 0)) ?? 0
  await readSlowVerdict(ctx, manifest)
  now.ms += 1
  await readSlowVerdict(ctx, other)
  now.ms += 1
  for (let run = 0; run < 5; run++) await readAsked(platform, pace)
  expect(await readSlowVerdict(ctx, other)).toMatchObject({ status: 'reading', filesRead: 0 })
  await readAsked(platform, { ...pace, forMs: 1 })
  for (const each of [manifest, other]) {
    expect(await readSlowVerdict(ctx, each)).toMatchObject({ status: 'read', isIntact: true })
  }
})

const large = files['b/large']
/** Damaged where the first piece of it is. */
const damaged = `B${large.slice(1)}`

test.each([
  ['sound by a damaged one', large, damaged, false],
  ['damaged by a sound one', damaged, large, true],
])('no file is judged by bytes of two objects: one %s', async (_, first, then, isIntact) => {
  const { platform, store, ctx, manifest, keyOf } = await sealedVersion()
  const key = await keyOf('b/large')
  await store.delete([key])
  await store.put(key, bytesOf(first), first.length)
  await readSlowVerdict(ctx, manifest)
  for (let run = 0; run < 3; run++) await readAsked(platform, pace)
  const replaced = `blobs/aa/${'0'.repeat(32)}`
  await store.put(replaced, bytesOf(then), then.length)
  await ctx.db.all(sql`update blobs set key = ${replaced} where key = ${key}`)
  await store.delete([key])
  await readAsked(platform, { ...pace, forMs: 60_000 })
  expect(await readSlowVerdict(ctx, manifest)).toMatchObject({ status: 'read', isIntact })
})

test('a file whose object is replaced while a piece of it is read is not missing', async () => {
  const { platform, store, ctx, manifest, keyOf } = await sealedVersion()
  const key = await keyOf('b/large')
  const replaced = `blobs/aa/${'0'.repeat(32)}`
  const get: BlobStore['get'] = async (asked, range) => {
    if (asked === key && range && range.start > 0) {
      await store.put(replaced, bytesOf(large), large.length)
      await ctx.db.all(sql`update blobs set key = ${replaced} where key = ${key}`)
      await store.delete([key])
    }
    return store.get(asked, range)
  }
  const blobs = Object.assign(Object.create(store), { get })
  await readSlowVerdict(ctx, manifest)
  await readAsked({ ...platform, blobs }, { ...pace, forMs: 60_000 })
  expect(await readSlowVerdict(ctx, manifest)).toMatchObject({ status: 'read', isIntact: true })
})

test('who was taken for dead does not end the lease of the next', async () => {
  const { platform, ctx, manifest } = await sealedVersion()
  await readSlowVerdict(ctx, manifest)
  await readAsked(platform, pace)
  const get: BlobStore['get'] = platform.blobs.get
  const place = () =>
    ctx.db.all(sql`select reading_until_ms as until_ms, piece_bytes from manifest_readings`)
  let reads = 0
  const slow: BlobStore['get'] = async (...given) => {
    if (++reads === 1) {
      now.ms += minuteMs
      // Another has taken the lease, and dies with it.
      const dying: BlobStore['get'] = async () => {
        throw new Error('the process died')
      }
      const blobs = Object.assign(Object.create(platform.blobs), { get: dying })
      await readAsked({ ...platform, blobs }, { ...pace, forMs: 60_000 })
    }
    return get(...given)
  }
  const blobs = Object.assign(Object.create(platform.blobs), { get: slow })
  await readAsked({ ...platform, blobs }, { ...pace, forMs: 60_000 })
  // What it read is kept, and it begins no further step.
  expect(await place()).toEqual([{ until_ms: now.ms + minuteMs, piece_bytes: 256 }])
})
