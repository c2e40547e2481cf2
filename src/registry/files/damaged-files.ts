import { type SQL, sql } from 'drizzle-orm'
import type { ArtifactFile } from '../../artifacts/files.ts'
import { type PartToVerify, verifyFiles } from '../../artifacts/manifest.ts'
import { type Damage, findDamage, openFile } from '../../artifacts/read.ts'
import { commit, entryStatement } from '../../audit/commit.ts'
import { excerpt, RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import type { ByteRange } from '../../platform/ports.ts'

type StoredFile = Pick<ArtifactFile, 'path' | 'key' | 'sizeBytes' | 'sha256'>

/** Entries for one damaged blob, at most: equal files of many versions share one blob. */
const versionsMax = 100
const dayMs = 86_400_000

/** Up to this size a file is read whole before a range of it is given out: 16 MiB. */
const checkedBytesMax = 16 * 1024 * 1024

/**
 * As `openFile`; damage is noted in the audit log. A range cannot be checked against the hash of
 * the file. So a small file, and one that was damaged once, is read whole before a range of it is
 * given out.
 */
export async function openAudited(
  ctx: Context,
  file: StoredFile,
  range?: ByteRange,
): Promise<ReadableStream<Uint8Array>> {
  if (range) {
    if (await wasDamaged(ctx, file.key)) await refuseDamaged(ctx, file, auditFile)
    else if (file.sizeBytes <= checkedBytesMax) await refuseDamaged(ctx, file, noteIfDamaged)
  }
  return openFile(ctx, file, { onDamage: (damage) => recordDamage(ctx, file, damage), range })
}

async function wasDamaged(ctx: Context, key: string): Promise<boolean> {
  const row = await ctx.db.first(
    sql`select 1 from damaged_blobs d join blobs b on b.id = d.blob where b.key = ${key}`,
  )
  return row !== undefined
}

/** @throws DATA_LOSS the stored bytes are damaged */
async function refuseDamaged(
  ctx: Context,
  file: StoredFile,
  look: typeof auditFile,
): Promise<void> {
  const problem = await look(ctx, file)
  if (!problem) return
  throw new RegistryError(
    'DATA_LOSS',
    `The stored bytes of '${excerpt(file.path)}' are ${problem}; restore them from a backup, or upload the file again`,
  )
}

/**
 * Read a whole file. Damage is noted in the audit log; a file that is sound is no longer listed as
 * damaged.
 *
 * @returns what is wrong with its stored bytes, or undefined
 */
export async function auditFile(ctx: Context, file: StoredFile): Promise<Damage | undefined> {
  const problem = await noteIfDamaged(ctx, file)
  if (!problem) {
    await ctx.db.all(sql`delete from damaged_blobs
      where blob in (select id from blobs where key = ${file.key})`)
  }
  return problem
}

async function noteIfDamaged(ctx: Context, file: StoredFile): Promise<Damage | undefined> {
  const problem = await findDamage(ctx, file)
  if (problem) await recordDamage(ctx, file, problem)
  return problem
}

/** As `verifyFiles`; damage is noted in the audit log. */
export async function verifyAudited(ctx: Context, manifest: number, part: PartToVerify) {
  const found = await verifyFiles(ctx, manifest, part)
  for (const file of found.differing) await recordDamage(ctx, file, file.problem)
  return found
}

/**
 * Note in the audit log that stored bytes have changed or are gone: an entry for each version that
 * has the file, the newest first, or one entry for the file if no version has it. A blob is noted
 * at most once a day, since a client that fails tries again.
 */
export async function recordDamage(ctx: Context, file: StoredFile, problem: Damage): Promise<void> {
  const { path, key, sha256, sizeBytes } = file
  const now = ctx.now()
  const blob = sql`select b.id from blobs b where b.key = ${key} and not exists (
    select 1 from damaged_blobs d where d.blob = b.id and d.recorded_at_ms > ${now - dayMs})`
  const after = (shown: SQL) => sql`json_object('path', ${shown}, 'sha256', ${sha256},
    'size', ${sizeBytes}, 'problem', ${problem})`
  await commit(ctx, {
    versionEntries: entryStatement(ctx, {
      action: 'model_version.damaged',
      registeredModel: sql`m.id`,
      model: sql`m.name`,
      version: sql`v.version`,
      after: after(sql`f.path`),
      from: sql`manifest_files f join model_versions v on v.manifest = f.manifest
        join registered_models m on m.id = v.registered_model
        where f.blob = (${blob}) order by v.id desc limit ${versionsMax}`,
    }),
    fileEntry: entryStatement(ctx, {
      action: 'artifact.damaged',
      after: after(sql`${path}`),
      from: sql`(${blob}) b where not exists (select 1 from manifest_files f
        join model_versions v on v.manifest = f.manifest where f.blob = b.id)`,
    }),
    noted: sql`insert into damaged_blobs (blob, recorded_at_ms) select id, ${now} from (${blob}) where true
      on conflict (blob) do update set recorded_at_ms = excluded.recorded_at_ms`,
  })
}
