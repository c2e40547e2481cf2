import { type SQL, sql } from 'drizzle-orm'
import { streamBytes } from '../core/bytes.ts'
import { jsonChunksOf } from '../db/sql.ts'
import type { Context } from '../platform/context.ts'
import { digestManifest, type SealedFile } from './manifest.ts'
import { baseNameOf, folderRangeOf } from './path.ts'
import type { blobs } from './tables.ts'

/** The files of a folder as they were read, ready to be sealed. */
export type Sealing = {
  /** `sha256:` and hex; the manifest's row is found by it. */
  readonly digest: string
  /** One of the files, by its path below the folder. */
  find(path: string): SealedFile | undefined
  /**
   * The statements that write the manifest, if it is not there yet. They belong into the caller's
   * batch, before the statement that refers to it by `(select id from manifests where digest = ...)`.
   * A ConstraintError of kind `foreign key` or `not null` means that gc removed a blob or the manifest
   * meanwhile; then seal again.
   */
  statements(): SQL[]
}

type SourceFileRow = { path: string } & Pick<
  typeof blobs.$inferSelect,
  'id' | 'sha256' | 'size_bytes' | 'key'
>

/**
 * Read what lies at `path` in the store and write its manifest to the blob store, so that the
 * caller's one batch can seal it. Nothing refers to the manifest before that batch.
 *
 * @param path without leading slash, e.g. `1/<run id>/artifacts/model`: a folder, or one file,
 *   which is then the manifest's only entry under its own name
 * @returns undefined when the store has nothing there
 */
export async function prepareSeal(ctx: Context, path: string): Promise<Sealing | undefined> {
  const rows = await readFiles(ctx, path)
  const first = rows[0]
  if (!first) return undefined
  const files = rows.map(({ path, sha256, size_bytes }) => ({
    path,
    sha256,
    sizeBytes: size_bytes,
  }))
  const digest = await digestManifest(ctx, files)
  const find = (path: string) => {
    const row = rows.find((one) => one.path === path)
    return row && { path, sha256: row.sha256, sizeBytes: row.size_bytes, key: row.key }
  }
  const known = await ctx.db.first(sql`select 1 from manifests where digest = ${digest}`)
  if (known) return { digest, find, statements: () => fileRows(digest, [first]) }

  const key = `manifests/${ctx.randomId()}.json`
  const text = manifestJson(digest, rows)
  await ctx.blobs.put(key, streamBytes(text), text.byteLength)
  return {
    digest,
    find,
    statements: () => [manifestRow(ctx, { digest, key, rows }), ...fileRows(digest, rows)],
  }
}

/** By one statement, hence as they were at one moment; paths relative to `path`, in byte order. */
async function readFiles(ctx: Context, path: string): Promise<SourceFileRow[]> {
  const { start, end } = folderRangeOf(path)
  return ctx.db.all(sql<SourceFileRow>`
    select substr(f.path, length(${start}) + 1) as path, b.id, b.sha256, b.size_bytes, b.key
    from artifact_files f join blobs b on b.id = f.blob
    where f.workspace = ${ctx.workspace} and f.path >= ${start} and f.path < ${end}
    union all
    select ${baseNameOf(path)}, b.id, b.sha256, b.size_bytes, b.key
    from artifact_files f join blobs b on b.id = f.blob
    where f.workspace = ${ctx.workspace} and f.path = ${path}
    order by 1`)
}

/** The manifest with its blob keys: enough to read a version back from the blob store alone. */
function manifestJson(digest: string, rows: readonly SourceFileRow[]): Uint8Array {
  const files = rows.map(({ path, sha256, size_bytes, key }) => ({
    path,
    sha256,
    size: size_bytes,
    key,
  }))
  return new TextEncoder().encode(JSON.stringify({ digest, files }))
}

function manifestRow(
  ctx: Context,
  {
    digest,
    key,
    rows,
  }: { readonly digest: string; readonly key: string; readonly rows: readonly SourceFileRow[] },
): SQL {
  const sizeBytes = rows.reduce((sum, row) => sum + row.size_bytes, 0)
  return sql`
    insert into manifests (digest, key, file_count, size_bytes, created_at_ms)
    values (${digest}, ${key}, ${rows.length}, ${sizeBytes}, ${ctx.now()})
    on conflict (digest) do nothing`
}

/** A manifest that is gone gives NULL, which fails the batch; so does a blob that is gone. */
function fileRows(digest: string, rows: readonly SourceFileRow[]): SQL[] {
  return jsonChunksOf(rows.map((row) => [row.path, row.id])).map(
    (chunk) => sql`
      insert into manifest_files (manifest, path, blob)
      select (select id from manifests where digest = ${digest}), value ->> 0, value ->> 1
      from json_each(${chunk}) where true
      on conflict (manifest, path) do nothing`,
  )
}
