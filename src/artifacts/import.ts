import { sql } from 'drizzle-orm'
import { RegistryError } from '../core/error.ts'
import { splitIntoRounds } from '../core/rounds.ts'
import type { Context } from '../platform/context.ts'
import type { ByteStream } from '../platform/ports.ts'
import { putFile } from './files.ts'
import { cleanFilePath, joinPaths } from './path.ts'

/** A file to take in: its path below the artifact root, and how to read it. */
export type FileToImport = {
  readonly path: string
  readonly sizeBytes: number
  /** When it last changed, Unix milliseconds. */
  readonly changedAtMs: number
  open(): ByteStream | Promise<ByteStream>
}

export type Imported = {
  readonly files: number
  readonly sizeBytes: number
  /** Those that an earlier run took in already. */
  readonly skipped: number
  /** Paths that this server does not accept, and why. */
  readonly refused: readonly { readonly path: string; readonly reason: string }[]
}

const pathsPerLookUp = 200

/**
 * Take files in below `folder`, under the paths they have: the layout that MLflow's server leaves
 * (`<experiment>/<run>/artifacts/...`) is ours. One file streams at a time, and equal bytes are
 * stored once. Stopped half-way, the next run goes on: what is there with the same size and was
 * written after the file last changed is not read again.
 */
export async function importFiles(
  ctx: Context,
  files: AsyncIterable<FileToImport>,
  folder: string,
): Promise<Imported> {
  const sum = { files: 0, sizeBytes: 0, skipped: 0 }
  const refused: { path: string; reason: string }[] = []
  for await (const round of splitIntoRounds(files, pathsPerLookUp)) {
    const there = await readFilesThere(
      ctx,
      round.map((file) => targetOf(file, folder)),
    )
    for (const file of round) {
      const outcome = await takeIn(ctx, file, { target: targetOf(file, folder), there })
      if (outcome === 'skipped') sum.skipped++
      else if (outcome === 'taken in') {
        sum.files++
        sum.sizeBytes += file.sizeBytes
      } else refused.push({ path: file.path, reason: outcome.message })
    }
  }
  return { ...sum, refused }
}

const refusals = ['INVALID_PARAMETER_VALUE', 'RESOURCE_CONFLICT']

/** @returns an error where the path is malformed, a folder, below a file or reserved */
async function takeIn(
  ctx: Context,
  file: FileToImport,
  {
    target,
    there,
  }: { readonly target: string | RegistryError; readonly there: ReadonlyMap<string, FileThere> },
): Promise<'taken in' | 'skipped' | RegistryError> {
  if (typeof target !== 'string') return target
  const known = there.get(target)
  if (known && known.size_bytes === file.sizeBytes && known.updated_at_ms > file.changedAtMs) {
    return 'skipped'
  }
  try {
    await putFile(ctx, target, { body: await file.open(), sizeBytes: file.sizeBytes })
    return 'taken in'
  } catch (err) {
    if (err instanceof RegistryError && refusals.includes(err.code)) return err
    throw err
  }
}

/** Where a file goes, or why it cannot: one bad name does not stop the others. */
function targetOf(file: FileToImport, folder: string): string | RegistryError {
  try {
    return joinPaths(folder, cleanFilePath(file.path))
  } catch (err) {
    if (err instanceof RegistryError) return err
    throw err
  }
}

type FileThere = { path: string; size_bytes: number; updated_at_ms: number }

async function readFilesThere(ctx: Context, paths: readonly (string | RegistryError)[]) {
  const wanted = JSON.stringify(paths.filter((path) => typeof path === 'string'))
  const rows = await ctx.db.all(sql<FileThere>`
    select f.path, b.size_bytes, f.updated_at_ms from artifact_files f join blobs b on b.id = f.blob
    where f.workspace = ${ctx.workspace} and f.path in (select value from json_each(${wanted}))`)
  return new Map(rows.map((row) => [row.path, row]))
}
