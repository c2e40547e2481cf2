import { sql } from 'drizzle-orm'
import type { Context } from '../platform/context.ts'
import type { ManifestFile } from './manifest.ts'
import { folderRangeOf } from './path.ts'

type EntryRow = { path: string; sha256: string; size_bytes: number }

/** At most `count` files of a manifest that lie below `folder`, at any depth, by path. @param after a path */
export async function readFilesBelow(
  ctx: Context,
  manifest: number,
  {
    folder,
    after,
    count,
  }: { readonly folder: string; readonly after: string; readonly count: number },
): Promise<ManifestFile[]> {
  const { start, end } = folderRangeOf(folder)
  const rows = await ctx.db.all(sql<EntryRow>`
    select f.path, b.sha256, b.size_bytes from manifest_files f join blobs b on b.id = f.blob
    where f.manifest = ${manifest} and f.path >= ${start} and f.path < ${end}
      and f.path > ${after} order by f.path limit ${count}`)
  return rows.map(fileFrom)
}

/**
 * What there is at some paths of a manifest: those that are files, and those that are folders.
 *
 * @param paths in any order; one that is neither is in neither list
 */
export async function readEntriesAt(
  ctx: Context,
  manifest: number,
  paths: readonly string[],
): Promise<{ readonly files: readonly ManifestFile[]; readonly folders: readonly string[] }> {
  if (paths.length === 0) return { files: [], folders: [] }
  const wanted = sql`json_each(${JSON.stringify(paths)}) p`
  const { files, folders } = await ctx.db.batch({
    files: sql<EntryRow>`select f.path, b.sha256, b.size_bytes
      from (select distinct p.value as path from ${wanted}) w
      cross join manifest_files f on f.manifest = ${manifest} and f.path = w.path
      join blobs b on b.id = f.blob order by f.path`,
    folders: sql<{ path: string }>`select distinct p.value as path from ${wanted}
      where exists (select 1 from manifest_files f where f.manifest = ${manifest}
        and f.path >= p.value || '/' and f.path < p.value || '0') order by path`,
  })
  return { files: files.map(fileFrom), folders: folders.map(({ path }) => path) }
}

function fileFrom({ path, sha256, size_bytes }: EntryRow): ManifestFile {
  return { path, sha256, sizeBytes: size_bytes }
}
