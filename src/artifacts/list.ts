import { sql } from 'drizzle-orm'
import type { Context } from '../platform/context.ts'
import { type FilePlace, rowsOf } from './files.ts'
import { folderRangeOf } from './path.ts'

/** A file or a folder just below the folder that was asked for. */
export type FolderItem = {
  /** Its last segment. */
  readonly name: string
  readonly isFolder: boolean
  /** Of a file. */
  readonly sizeBytes: number | undefined
}

export type FolderPage = {
  readonly entries: readonly FolderItem[]
  /** Where the next page starts, for `listFolder`; undefined on the last one. */
  readonly next: string | undefined
}

type FolderItemRow = { name: string; is_folder: number; size_bytes: number | null; next: string }

/** Entries that one statement reads: what a page costs is bounded, whatever is asked. */
const entriesPerRead = 5_000

/**
 * What lies directly in `folder`, at most `count` entries, folders ordered as `name/`. Of a
 * missing folder, or a file, there is nothing.
 *
 * @param from `next` of the page before
 */
export async function listFolder(
  ctx: Context,
  place: FilePlace,
  {
    folder,
    count,
    from,
  }: { readonly folder: string; readonly count: number; readonly from?: string | undefined },
): Promise<FolderPage> {
  const entries: FolderItem[] = []
  let next: string | undefined = from ?? folderRangeOf(folder).start
  while (next !== undefined && entries.length < count) {
    const wanted = Math.min(count - entries.length, entriesPerRead)
    const rows: FolderItemRow[] = await readEntries(ctx, place, {
      folder,
      start: next,
      count: wanted + 1,
    })
    const shown = rows.slice(0, wanted)
    for (const { name, is_folder, size_bytes } of shown) {
      entries.push({ name, isFolder: is_folder === 1, sizeBytes: size_bytes ?? undefined })
    }
    next = rows.length > wanted ? shown.at(-1)?.next : undefined
  }
  return { entries, next }
}

/**
 * A loose index scan: each step seeks the first path past the entry before, so a folder of a
 * million files costs one step. `next` is past a file and all that begins with its name and a
 * control character, which no path holds; past a folder it is `folder0`, since `0` follows `/`.
 */
function readEntries(
  ctx: Context,
  place: FilePlace,
  {
    folder,
    start,
    count,
  }: { readonly folder: string; readonly start: string; readonly count: number },
): Promise<FolderItemRow[]> {
  const { from, where } = rowsOf(ctx, place)
  const { start: prefix, end } = folderRangeOf(folder)
  const seek = (low: ReturnType<typeof sql>) => sql`(
    select f.path from ${from} where ${where} and f.path >= ${low} and f.path < ${end}
    order by f.path limit 1)`
  const rest = sql`substr(step.path, length(${prefix}) + 1)`
  const next = sql`iif(instr(${rest}, '/') > 0,
    ${prefix} || substr(${rest}, 1, instr(${rest}, '/') - 1) || '0', step.path || char(1))`
  return ctx.db.all(sql<FolderItemRow>`
    with recursive step (path) as (
      select ${seek(sql`${start}`)}
      union all
      select ${seek(next)} from step where step.path is not null
      limit ${count + 1})
    select iif(instr(rest, '/') > 0, substr(rest, 1, instr(rest, '/') - 1), rest) as name,
      instr(rest, '/') > 0 as is_folder, next,
      iif(instr(rest, '/') > 0, null, (
        select b.size_bytes from ${from} join blobs b on b.id = f.blob
        where ${where} and f.path = entry.path)) as size_bytes
    from (
      select step.path, ${rest} as rest, ${next} as next from step where step.path is not null) entry
    limit ${count}`)
}
