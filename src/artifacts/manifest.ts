import { sql } from 'drizzle-orm'
import type { Context, Platform } from '../platform/context.ts'
import { hashText } from '../platform/hash.ts'
import { type Damage, findDamage } from './read.ts'
import type { blobs } from './tables.ts'

/** One file of a version: its path below the version's root, and what it holds. */
export type ManifestFile = {
  readonly path: string
  readonly sizeBytes: number
  /** Lower-case hex. */
  readonly sha256: string
}

/**
 * What a version's files are, as text that is the same wherever it is made: RFC 8785 JSON of
 * `[{"path", "sha256", "size"}, ...]`, one entry a file, ordered by the UTF-8 bytes of the path.
 *
 * @param files in that order already, as SQLite sorts text
 */
export function canonicalManifest(files: readonly ManifestFile[]): string {
  // Keys in alphabetical order, no blanks, and strings as JSON.stringify writes them: RFC 8785.
  return JSON.stringify(
    files.map(({ path, sha256, sizeBytes }) => ({ path, sha256, size: sizeBytes })),
  )
}

/** A version's digest: `sha256:` and the hash, in hex, of `canonicalManifest`. */
export async function digestManifest(
  on: Pick<Platform, 'sha256'>,
  files: readonly ManifestFile[],
): Promise<string> {
  return `sha256:${await hashText(on, canonicalManifest(files))}`
}

type ManifestFileRow = { path: string } & Pick<
  typeof blobs.$inferSelect,
  'sha256' | 'size_bytes' | 'key'
>

/** A file of a manifest, and the blob it lies in. */
export type SealedFile = ManifestFile & { readonly key: string }

/** At most `count` files of a manifest with paths after `after`, by path. */
export async function readManifestFiles(
  ctx: Context,
  manifest: number,
  { after, count }: { readonly after: string; readonly count: number },
): Promise<SealedFile[]> {
  const rows = await ctx.db.all(sql<ManifestFileRow>`
    select f.path, b.sha256, b.size_bytes, b.key
    from manifest_files f join blobs b on b.id = f.blob
    where f.manifest = ${manifest} and f.path > ${after}
    order by f.path limit ${count}`)
  return rows.map(({ path, sha256, size_bytes, key }) => ({
    path,
    sha256,
    sizeBytes: size_bytes,
    key,
  }))
}

/** Files of a manifest that one statement reads. */
const filesPerRead = 1000

/** All files of a manifest, by path. */
export async function readAllManifestFiles(ctx: Context, manifest: number): Promise<SealedFile[]> {
  const files: SealedFile[] = []
  for await (const page of manifestPages(ctx, manifest)) files.push(...page)
  return files
}

async function* manifestPages(
  ctx: Context,
  manifest: number,
  from = '',
): AsyncIterable<SealedFile[]> {
  let after = from
  let page: SealedFile[]
  do {
    page = await readManifestFiles(ctx, manifest, { after, count: filesPerRead })
    after = page.at(-1)?.path ?? after
    yield page
  } while (page.length === filesPerRead)
}

/** A file of a manifest whose stored bytes are not those that were sealed. */
export type DifferingFile = SealedFile & { readonly problem: Damage }

/** Which files of a manifest are to be read again: those behind a path, and no more once so much was read. */
export type PartToVerify = {
  readonly after: string
  readonly bytesMax: number
  readonly filesMax: number
  /** A larger file is not read. */
  readonly wholeBytesMax: number
}

/** What reading some files again told. */
export type FilesVerified = {
  /** Those that were read. */
  readonly files: readonly SealedFile[]
  /** Those of them whose stored bytes are not those sealed. */
  readonly differing: readonly DifferingFile[]
  /** Behind which path to go on; undefined: these were the last. */
  readonly next: string | undefined
  /** The file that comes next and was not read, since it is too large: then no other was read either. */
  readonly large: SealedFile | undefined
}

/**
 * Read files of a manifest again, one at least, unless that is too large.
 */
export async function verifyFiles(
  ctx: Context,
  manifest: number,
  { after, bytesMax, filesMax, wholeBytesMax }: PartToVerify,
): Promise<FilesVerified> {
  const files: SealedFile[] = []
  const differing: DifferingFile[] = []
  let bytes = 0
  for await (const page of manifestPages(ctx, manifest, after)) {
    for (const file of page) {
      const isLarge = file.sizeBytes > wholeBytesMax
      const isFull = isLarge || files.length >= filesMax || bytes + file.sizeBytes > bytesMax
      const next = files.at(-1)?.path
      if (isFull && next !== undefined) return { files, differing, next, large: undefined }
      if (isLarge) return { files, differing, next: after, large: file }
      const problem = await findDamage(ctx, file)
      if (problem) differing.push({ ...file, problem })
      files.push(file)
      bytes += file.sizeBytes
    }
  }
  return { files, differing, next: undefined, large: undefined }
}

/** Read every file of a manifest again. @returns the digest that its list has now, and the files that differ */
export async function verifyManifest(ctx: Context, manifest: number) {
  const all = Number.POSITIVE_INFINITY
  const bounds = { after: '', bytesMax: all, filesMax: all, wholeBytesMax: all }
  const { files, differing } = await verifyFiles(ctx, manifest, bounds)
  return { digest: await digestManifest(ctx, files), filesRead: files.length, differing }
}
