import { sql } from 'drizzle-orm'
import type { Damage } from '../../artifacts/read.ts'
import type { Context } from '../../platform/context.ts'
import { auditFile } from './damaged-files.ts'

/** A blob that was read again: what is wrong with it, if anything, and what uses it. */
export type CheckedBlob = {
  readonly sha256: string
  readonly sizeBytes: number
  readonly problem?: Damage
  /**
   * Paths of the store, and files of versions as `models:/name/version/path`; only for a damaged
   * blob.
   */
  readonly shownAs: readonly string[]
}

const blobsPerRead = 500

/** How many blobs `verifyStore` will read. */
export async function readBlobCount({ db }: Pick<Context, 'db'>): Promise<number> {
  const found = await db.first(sql<{ count: number }>`select count(*) as count from blobs`)
  return found?.count ?? 0
}

/**
 * Read every blob of the store again, whole, oldest first. Damage is noted in the audit log, as
 * when a client reads the file.
 */
export async function* verifyStore(ctx: Context): AsyncGenerator<CheckedBlob> {
  let after = 0
  for (;;) {
    const page = await ctx.db.all(sql<{
      id: number
      sha256: string
      size_bytes: number
      key: string
    }>`
      select id, sha256, size_bytes, key from blobs where id > ${after}
      order by id limit ${blobsPerRead}`)
    for (const { id, sha256, size_bytes: sizeBytes, key } of page) {
      const shownAs = await readPlaces(ctx, id)
      const path = shownAs[0] ?? key
      const problem = await auditFile(ctx, { path, key, sha256, sizeBytes })
      yield problem ? { sha256, sizeBytes, problem, shownAs } : { sha256, sizeBytes, shownAs: [] }
      after = id
    }
    if (page.length < blobsPerRead) return
  }
}

/** Everything that uses a blob. */
async function readPlaces(ctx: Context, blob: number): Promise<string[]> {
  const rows = await ctx.db.all(sql<{ place: string }>`
    select path as place from artifact_files where blob = ${blob}
    union all
    select 'models:/' || m.name || '/' || v.version || '/' || f.path
    from manifest_files f join model_versions v on v.manifest = f.manifest
    join registered_models m on m.id = v.registered_model where f.blob = ${blob}
    order by place`)
  return rows.map(({ place }) => place)
}
