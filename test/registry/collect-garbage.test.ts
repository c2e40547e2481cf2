import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { collectBlobs } from '../../src/artifacts/collect.ts'
import { findFile, putFile } from '../../src/artifacts/files.ts'
import { createUpload } from '../../src/artifacts/uploads/multipart.ts'
import { anonymous } from '../../src/core/principal.ts'
import type { Context } from '../../src/platform/context.ts'
import type { BlobStore } from '../../src/platform/ports.ts'
import { collectGarbage } from '../../src/registry/collect-garbage.ts'
import { body, collected } from '../platform/blob-store-suite.ts'
import { testServer } from '../support/server.ts'

const day = 86_400_000

async function store() {
  const server = await testServer()
  const ctx: Context = {
    ...server.platform,
    principal: anonymous,
    workspace: 'default',
    requestId: 'test',
  }
  /** gc as it would be a day and a half from now, when all that is there now is past its grace. */
  const later = { ...server.platform, now: () => Date.now() + 1.5 * day }
  const collector = { ...later, dryRun: false, graceMs: day }
  const put = (path: string, text: string) =>
    putFile(ctx, path, { body: body(new TextEncoder().encode(text), 1000) })
  const readText = async (path: string) => {
    const file = await findFile(ctx, {}, path)
    const blob = file && (await ctx.blobs.get(file.key))
    return blob && (await new Response(blob.body).text())
  }
  const keys = async () => (await collected(ctx.blobs.list('blobs/'))).map(({ key }) => key)
  const unlink = (path: string) => ctx.db.all(sql`delete from artifact_files where path = ${path}`)
  return { ...server, ctx, collector, put, readText, keys, unlink }
}

/** A store that dies when it is to delete, as a process does that is killed just then. */
function dyingAtDelete(blobs: BlobStore): BlobStore {
  return {
    put: blobs.put.bind(blobs),
    get: blobs.get.bind(blobs),
    sizeOf: blobs.sizeOf.bind(blobs),
    list: blobs.list.bind(blobs),
    leftovers: blobs.leftovers.bind(blobs),
    discard: blobs.discard.bind(blobs),
    multipart: blobs.multipart,
    delete: () => Promise.reject(new Error('killed')),
  }
}

test('what a path shows stays, what none shows goes with its object', async () => {
  const { put, collector, keys, readText, unlink } = await store()
  await put('1/a', 'kept')
  await put('1/b', 'overwritten')
  await put('1/b', 'newer')
  await put('1/c', 'removed')
  await unlink('1/c')
  const garbage = await collectGarbage(collector)
  expect(garbage.blobs).toEqual({ count: 2, sizeBytes: 'overwritten'.length + 'removed'.length })
  expect(await keys()).toHaveLength(2)
  expect(await readText('1/a')).toBe('kept')
  expect(await readText('1/b')).toBe('newer')
})

test('equal bytes under two paths stay until the last path goes', async () => {
  const { put, collector, keys, readText, unlink } = await store()
  await put('1/a', 'same')
  await put('1/b', 'same')
  await unlink('1/a')
  await collectGarbage(collector)
  expect(await readText('1/b')).toBe('same')
  await unlink('1/b')
  await collectGarbage(collector)
  expect(await keys()).toEqual([])
})

test('a dry run counts and changes nothing', async () => {
  const { put, collector, keys, unlink, ctx } = await store()
  await put('1/a', 'unseen')
  await unlink('1/a')
  await ctx.blobs.put(`blobs/ab/${ctx.randomId()}`, body(new Uint8Array(3), 3), 3)
  const garbage = await collectGarbage({ ...collector, dryRun: true })
  expect(garbage).toMatchObject({ blobs: { count: 1, sizeBytes: 6 }, orphans: 1 })
  expect(await keys()).toHaveLength(2)
})

test('killed between row and object, it has lost nothing, and the next run finishes the job', async () => {
  const { put, collector, keys, readText, unlink } = await store()
  await put('1/a', 'kept')
  await put('1/b', 'removed')
  await unlink('1/b')
  const dying = { ...collector, blobs: dyingAtDelete(collector.blobs) }
  await expect(collectGarbage(dying)).rejects.toThrow('killed')
  expect(await keys()).toHaveLength(2)
  expect(await readText('1/a')).toBe('kept')
  expect(await collectGarbage(collector)).toMatchObject({ orphans: 1 })
  expect(await keys()).toHaveLength(1)
})

test('an upload of the bytes that gc is removing shows whole, whoever comes first', async () => {
  const { put, collector, readText, unlink, ctx } = await store()
  for (let round = 0; round < 8; round++) {
    await put('1/old', 'contested')
    await unlink('1/old')
    await Promise.all([
      put('1/new', 'contested'),
      collectBlobs(collector),
      put('2/new', 'contested'),
      collectBlobs(collector),
    ])
    expect(await readText('1/new')).toBe('contested')
    expect(await readText('2/new')).toBe('contested')
    await ctx.db.all(sql`delete from artifact_files`)
  }
})

test('an object without a row goes after the grace time and not before', async () => {
  const { collector, keys, ctx } = await store()
  await ctx.blobs.put(`blobs/ab/${ctx.randomId()}`, body(new Uint8Array(3), 3), 3)
  expect(await collectGarbage({ ...collector, now: Date.now })).toMatchObject({ orphans: 0 })
  expect(await keys()).toHaveLength(1)
  expect(await collectGarbage(collector)).toMatchObject({ orphans: 1 })
  expect(await keys()).toEqual([])
})

test('objects of others in the same bucket stay', async () => {
  const { collector, keys, ctx } = await store()
  await ctx.blobs.put('blobs/holiday.jpg', body(new Uint8Array(3), 3), 3)
  await ctx.blobs.put('other/x', body(new Uint8Array(3), 3), 3)
  expect(await collectGarbage(collector)).toMatchObject({ orphans: 0 })
  expect(await keys()).toEqual(['blobs/holiday.jpg'])
  expect(await ctx.blobs.sizeOf('other/x')).toBe(3)
})

test('an upload in parts that nobody ended is aborted after the grace time', async () => {
  const { collector, ctx } = await store()
  await createUpload(ctx, '1/big')
  expect(await collectGarbage({ ...collector, now: Date.now })).toMatchObject({ uploads: 0 })
  expect(await collectGarbage(collector)).toMatchObject({ uploads: 1 })
  expect(await ctx.db.all(sql`select 1 from multipart_uploads`)).toEqual([])
  expect(await collected(ctx.blobs.leftovers())).toEqual([])
})

test('purging deletes what was deleted long enough ago, with its paths, and nothing that is active', async () => {
  const { put, post, collector, readText } = await store()
  const run = async () =>
    (await post('runs/create', { experiment_id: '0' })).json.run.info.run_id as string
  const [kept, gone] = [await run(), await run()]
  await put(`0/${kept}/artifacts/model`, 'kept')
  await put(`0/${gone}/artifacts/model`, 'gone')
  await post('runs/delete', { run_id: gone })
  expect((await collectGarbage(collector, Date.now() - day)).purged).toMatchObject({ runs: 0 })
  expect(await readText(`0/${gone}/artifacts/model`)).toBe('gone')
  const garbage = await collectGarbage(collector, Date.now())
  expect(garbage).toMatchObject({
    purged: { runs: 1, loggedModels: 0, experiments: 0 },
    blobs: { count: 1 },
  })
  expect(await readText(`0/${kept}/artifacts/model`)).toBe('kept')
  expect(await readText(`0/${gone}/artifacts/model`)).toBeUndefined()
  expect((await post('runs/restore', { run_id: gone })).status).toBe(404)
})

test('purging a deleted experiment takes its runs and logged models along', async () => {
  const { put, post, collector, ctx, readText } = await store()
  const { json } = await post('experiments/create', { name: 'old' })
  const id = json.experiment_id as string
  const run = (await post('runs/create', { experiment_id: id })).json.run.info.run_id as string
  await put(`${id}/${run}/artifacts/x`, 'x')
  await put(`${id}/other`, 'y')
  await post('experiments/delete', { experiment_id: id })
  const garbage = await collectGarbage(collector, Date.now())
  expect(garbage.purged).toMatchObject({ runs: 1, experiments: 1 })
  expect(await readText(`${id}/${run}/artifacts/x`)).toBeUndefined()
  expect(await readText(`${id}/other`)).toBeUndefined()
  expect(await ctx.db.all(sql`select id from experiments where id = ${Number(id)}`)).toEqual([])
})
