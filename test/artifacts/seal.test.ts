import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { freshPlatform } from '#platform'
import { digestManifest, readManifestFiles } from '../../src/artifacts/manifest.ts'
import { prepareSeal } from '../../src/artifacts/seal.ts'
import { anonymous } from '../../src/core/principal.ts'
import type { Context } from '../../src/platform/context.ts'

async function freshContext(): Promise<Context> {
  const platform = await freshPlatform()
  return { ...platform, principal: anonymous, workspace: 'default', requestId: 'test' }
}

/** Put rows for files as an upload would leave them; their sha256 is made from the content's name. */
async function addFile(ctx: Context, path: string, content: string) {
  const sha256 = content.padEnd(64, '0')
  await ctx.db.batch({
    blobs: sql`insert into blobs (sha256, size_bytes, key, created_at_ms)
        values (${sha256}, ${content.length}, ${`blobs/${content}`}, 1) on conflict do nothing`,
    artifactFiles: sql`insert into artifact_files (workspace, path, blob, updated_at_ms)
        select 'default', ${path}, id, 1 from blobs where sha256 = ${sha256}
        on conflict (workspace, path) do update set blob = excluded.blob`,
  })
}

async function seal(ctx: Context, path: string) {
  const sealing = await prepareSeal(ctx, path)
  if (!sealing) throw new Error(`nothing at ${path}`)
  await ctx.db.batch({ seal: sealing.statements() })
  const row = await ctx.db.first<{ id: number; key: string; file_count: number }>(
    sql`select id, key, file_count from manifests where digest = ${sealing.digest}`,
  )
  if (!row) throw new Error('no manifest')
  return { ...row, digest: sealing.digest }
}

describe('sealing', () => {
  test('a manifest holds every file below the folder, by relative path, and nothing beside it', async () => {
    const ctx = await freshContext()
    for (const path of ['m/b/c', 'm/a', 'm/ü', 'mm/no', 'm0', 'm.txt']) {
      await addFile(ctx, path, path)
    }
    const { id } = await seal(ctx, 'm')
    const files = await readManifestFiles(ctx, id, { after: '', count: 100 })
    expect(files.map((file) => file.path)).toEqual(['a', 'b/c', 'ü'])
  })

  test('one file is sealed under its own name, and nothing is no manifest', async () => {
    const ctx = await freshContext()
    await addFile(ctx, 'm/a.bin', 'bytes')
    const { id } = await seal(ctx, 'm/a.bin')
    expect(
      (await readManifestFiles(ctx, id, { after: '', count: 9 })).map((file) => file.path),
    ).toEqual(['a.bin'])
    expect(await prepareSeal(ctx, 'm/nothing')).toBeUndefined()
    expect(await prepareSeal(ctx, 'm/a')).toBeUndefined()
  })

  test('equal files in two folders share one manifest; another path, size or hash makes another digest', async () => {
    const ctx = await freshContext()
    await addFile(ctx, 'one/a', 'same')
    await addFile(ctx, 'two/a', 'same')
    await addFile(ctx, 'three/b', 'same')
    await addFile(ctx, 'four/a', 'other')
    const [one, two, three, four] = [
      await seal(ctx, 'one'),
      await seal(ctx, 'two'),
      await seal(ctx, 'three'),
      await seal(ctx, 'four'),
    ]
    expect(two.id).toBe(one.id)
    expect(new Set([one.digest, three.digest, four.digest]).size).toBe(3)
  })

  test('the digest is the sha256 of RFC 8785 JSON, as any other program can compute it', async () => {
    const ctx = await freshContext()
    const files = [{ path: 'MLmodel', sizeBytes: 3, sha256: 'ab'.repeat(32) }]
    // printf '[{"path":"MLmodel","sha256":"abab...","size":3}]' | sha256sum
    expect(await digestManifest(ctx, files)).toBe(
      'sha256:030d369ffc21d8bfac2ab1a4650a78776bc091a9565bda075642d6d5f90ce806',
    )
  })

  test('the manifest in the blob store lists path, size, hash and key of each file', async () => {
    const ctx = await freshContext()
    await addFile(ctx, 'm/a', 'abc')
    const { key, digest } = await seal(ctx, 'm')
    const blob = await ctx.blobs.get(key)
    expect(JSON.parse(await new Response(blob?.body).text())).toEqual({
      digest,
      files: [{ path: 'a', sha256: 'abc'.padEnd(64, '0'), size: 3, key: 'blobs/abc' }],
    })
  })

  test('a file that changes after it was read does not change what is sealed', async () => {
    const ctx = await freshContext()
    await addFile(ctx, 'm/a', 'first')
    const sealing = await prepareSeal(ctx, 'm')
    await addFile(ctx, 'm/a', 'second')
    await ctx.db.batch({ seal: sealing?.statements() })
    const row = await ctx.db.first<{ id: number }>(sql`select id from manifests`)
    const files = await readManifestFiles(ctx, row?.id ?? 0, { after: '', count: 9 })
    expect(files.map((file) => file.key)).toEqual(['blobs/first'])
  })

  test('a blob or a manifest that gc removed meanwhile fails the batch', async () => {
    const ctx = await freshContext()
    await addFile(ctx, 'm/a', 'first')
    const sealing = await prepareSeal(ctx, 'm')
    await ctx.db.batch({
      artifactFiles: sql`delete from artifact_files`,
      blobs: sql`delete from blobs`,
    })
    await expect(ctx.db.batch({ seal: sealing?.statements() })).rejects.toMatchObject({
      kind: 'foreign key',
    })

    await addFile(ctx, 'm/a', 'first')
    await seal(ctx, 'm')
    const again = await prepareSeal(ctx, 'm')
    await ctx.db.batch({ manifests: sql`delete from manifests` })
    await expect(ctx.db.batch({ seal: again?.statements() })).rejects.toMatchObject({
      kind: 'not null',
    })
  })

  test('10,000 files are sealed in a few statements', async () => {
    const ctx = await freshContext()
    const rows = JSON.stringify(Array.from({ length: 10_000 }, (_, i) => `m/part-${i}`))
    await ctx.db.batch({
      blobs: sql`insert into blobs (sha256, size_bytes, key, created_at_ms) values ('00', 1, 'k', 1)`,
      artifactFiles: sql`insert into artifact_files (workspace, path, blob, updated_at_ms)
          select 'default', value, 1, 1 from json_each(${rows})`,
    })
    const sealing = await prepareSeal(ctx, 'm')
    expect(sealing?.statements().length).toBeLessThan(6)
    expect((await seal(ctx, 'm')).file_count).toBe(10_000)
  })
})
