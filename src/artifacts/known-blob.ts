import { sql } from 'drizzle-orm'
import { excerpt, invalid } from '../core/error.ts'
import { messages } from '../core/messages.ts'
import type { Context } from '../platform/context.ts'
import type { Stored } from '../platform/ports.ts'
import { freePathSql } from './files.ts'

/** Bytes that are stored, whoever may read them. */
export type KnownBlob = Stored & { readonly id: number }

/** The sound bytes of a sum. @param sha256 lower-case hex */
export async function findKnownBlob(ctx: Context, sha256: string): Promise<KnownBlob | undefined> {
  const row = await ctx.db.first(sql<{ id: number; size_bytes: number; key: string }>`
    select b.id, b.size_bytes, b.key from blobs b
    where b.sha256 = ${sha256} and not exists (select 1 from damaged_blobs d where d.blob = b.id)`)
  if (!row || (await ctx.blobs.sizeOf(row.key)) !== row.size_bytes) return undefined
  return { id: row.id, sizeBytes: row.size_bytes, sha256 }
}

/**
 * Point `path` at bytes that are stored. Who may read them is for the caller to judge.
 *
 * @returns false: they are gone meanwhile
 * @throws INVALID_PARAMETER_VALUE `path` is a folder, or lies below a file
 */
export async function showKnownBlob(ctx: Context, path: string, id: number): Promise<boolean> {
  const isFree = freePathSql(ctx, path)
  const { shown, free } = await ctx.db.batch({
    free: sql`select 1 where ${isFree}`,
    shown: sql`insert into artifact_files (workspace, path, blob, updated_at_ms)
      select ${ctx.workspace}, ${path}, id, ${ctx.now()} from blobs
      where id = ${id} and ${isFree}
      on conflict (workspace, path) do update
      set blob = excluded.blob, updated_at_ms = excluded.updated_at_ms
      returning path`,
  })
  if (free.length === 0) {
    throw invalid(`${messages.wrongPath} '${excerpt(path)}': it is a folder, or lies below a file`)
  }
  return shown.length > 0
}
