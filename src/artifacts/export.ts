import { sql } from 'drizzle-orm'
import { absent } from '../core/error.ts'
import { messages } from '../core/messages.ts'
import type { Context } from '../platform/context.ts'
import { type ArtifactFile, type FilePlace, findFile, rowsOf } from './files.ts'
import { baseNameOf, folderRangeOf } from './path.ts'

/** A file to be written out by `gatehouse artifacts export`. */
export type FileToExport = Pick<ArtifactFile, 'sizeBytes' | 'sha256' | 'key'> & {
  /** Relative to what was asked for. */
  readonly path: string
}

type FileToExportRow = { path: string; sha256: string; size_bytes: number; key: string }

const perRead = 500

/**
 * The files at `path`, a file or a folder, ordered by path. Their bodies are not read.
 *
 * @throws RESOURCE_DOES_NOT_EXIST nothing is there
 */
export async function* readFilesBelow(
  ctx: Context,
  place: FilePlace,
  path: string,
): AsyncIterable<FileToExport> {
  const file = path === '' ? undefined : await findFile(ctx, place, path)
  if (file) {
    yield { ...file, path: baseNameOf(path) }
    return
  }
  const { from, where } = rowsOf(ctx, place)
  const { start, end } = folderRangeOf(path)
  let after = start
  for (;;) {
    const rows = await ctx.db.all(sql<FileToExportRow>`
      select f.path, b.sha256, b.size_bytes, b.key from ${from} join blobs b on b.id = f.blob
      where ${where} and f.path > ${after} and f.path < ${end} order by f.path limit ${perRead}`)
    if (rows.length === 0 && after === start) throw absent(messages.noArtifact(path))
    for (const { path: whole, sha256, size_bytes, key } of rows) {
      yield { path: whole.slice(start.length), sha256, key, sizeBytes: size_bytes }
    }
    const last = rows.at(-1)
    if (!last || rows.length < perRead) return
    after = last.path
  }
}

/** Up to `count` files below a folder, by path, of those behind `after`; none where nothing is there. */
export async function readStoredFiles(
  ctx: Context,
  folder: string,
  { after, count }: { readonly after: string; readonly count: number },
): Promise<FileToExport[]> {
  const { start, end } = folderRangeOf(folder)
  const rows = await ctx.db.all(sql<FileToExportRow>`
    select f.path, b.sha256, b.size_bytes, b.key from artifact_files f join blobs b on b.id = f.blob
    where f.workspace = ${ctx.workspace} and f.path > ${start + after} and f.path < ${end}
    order by f.path limit ${count}`)
  return rows.map(({ path, sha256, size_bytes, key }) => ({
    path: path.slice(start.length),
    sha256,
    key,
    sizeBytes: size_bytes,
  }))
}
