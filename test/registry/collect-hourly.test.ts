import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { putFile } from '../../src/artifacts/files.ts'
import { anonymous } from '../../src/core/principal.ts'
import type { Context } from '../../src/platform/context.ts'
import { collectAtHour } from '../../src/registry/collect-garbage.ts'
import { body, collected } from '../platform/blob-store-suite.ts'
import { testServer } from '../support/server.ts'

const day = 86_400_000
const graceMs = 30 * day

async function store() {
  const { platform } = await testServer()
  const ctx: Context = {
    ...platform,
    principal: anonymous,
    workspace: 'default',
    requestId: 'test',
  }
  const put = (path: string, text: string) =>
    putFile(ctx, path, { body: body(new TextEncoder().encode(text), 1000) })
  /** All that happens on one day, so many days from now. */
  const passDay = async (days: number) => {
    const collector = { ...platform, dryRun: false, graceMs, now: () => Date.now() + days * day }
    for (let hour = 0; hour < 24; hour++) await collectAtHour(collector, hour)
  }
  const keys = async () => (await collected(ctx.blobs.list('blobs/'))).map(({ key }) => key)
  const unlink = (path: string) => ctx.db.all(sql`delete from artifact_files where path = ${path}`)
  return { ctx, put, passDay, keys, unlink }
}

test('within a day every blob is looked at, and those that nothing needs go a month later', async () => {
  const { put, passDay, keys, unlink } = await store()
  for (let i = 0; i < 60; i++) await put(`1/${i}`, `text ${i}`)
  await put('1/kept', 'kept')
  for (let i = 0; i < 60; i++) await unlink(`1/${i}`)
  await passDay(0)
  await passDay(29)
  expect(await keys()).toHaveLength(61)
  await passDay(30.1)
  expect(await keys()).toHaveLength(1)
})

test('what is needed again meanwhile stays, and its month begins anew', async () => {
  const { put, passDay, keys, unlink } = await store()
  await put('1/a', 'text')
  await unlink('1/a')
  await passDay(0)
  await put('1/b', 'text')
  await passDay(20)
  await unlink('1/b')
  await passDay(31)
  await passDay(60)
  expect(await keys()).toHaveLength(1)
  await passDay(61.1)
  expect(await keys()).toEqual([])
})

test('the row and the object go in this order, so a death between them loses nothing', async () => {
  const { ctx, put, passDay, keys, unlink } = await store()
  await put('1/a', 'text')
  await unlink('1/a')
  await passDay(0)
  const dying = {
    ...ctx,
    dryRun: false,
    graceMs,
    now: () => Date.now() + 31 * day,
    blobs: Object.assign(Object.create(ctx.blobs), {
      delete: () => Promise.reject(new Error('killed')),
    }),
  }
  await expect(collectAtHour(dying, 0)).rejects.toThrow('killed')
  expect(await ctx.db.all(sql`select 1 from blobs`)).toEqual([])
  await put('1/a', 'text')
  await passDay(31)
  expect(await keys()).toHaveLength(1)
})

test('the list of files of a version that is gone stays in the store for a database that is put back', async () => {
  const { ctx, passDay } = await store()
  await ctx.blobs.put(`manifests/${'a'.repeat(32)}.json`, body(new Uint8Array(2), 2), 2)
  await passDay(365)
  expect(await collected(ctx.blobs.list('manifests/'))).toHaveLength(1)
})
