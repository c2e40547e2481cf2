import { hashPiece } from '../../artifacts/hash-piece.ts'
import { readManifestFiles, type SealedFile } from '../../artifacts/manifest.ts'
import type { Damage } from '../../artifacts/read.ts'
import type { Context } from '../../platform/context.ts'
import { recordDamage } from './damaged-files.ts'

/** A file that is too large to be read whole, and how far it is read. */
export type LargeFile = {
  readonly manifest: number
  readonly file: SealedFile
  /** The path before it. */
  readonly after: string
  /** Of the object that the file is; a multiple of 64. */
  readonly bytesRead: number
  /** What goes on with the hash; undefined where nothing is read yet. */
  readonly state: string | undefined
}

/** What reading a piece told: how far it is, or what is wrong with the whole file, or to begin anew. */
export type PieceRead =
  | { readonly is: 'part'; readonly bytesRead: number; readonly state: string }
  | { readonly is: 'whole'; readonly problem: Damage | undefined }
  | { readonly is: 'replaced' }

/** Read the next piece of a file. Damage is noted in the audit log. @param bytes a multiple of 64 */
export async function readPieceOf(
  ctx: Context,
  { manifest, file, after, bytesRead, state: before }: LargeFile,
  bytes: number,
): Promise<PieceRead> {
  const { key, sha256, sizeBytes } = file
  const to = Math.min(bytesRead + bytes, sizeBytes)
  const hashed = await hashPiece(ctx.blobs, key, { sizeBytes, from: bytesRead, to, state: before })
  const state = 'state' in hashed ? hashed.state : undefined
  if (state !== undefined && to < sizeBytes) return { is: 'part', bytesRead: to, state }
  if (state === sha256) return { is: 'whole', problem: undefined }
  const [now] = await readManifestFiles(ctx, manifest, { after, count: 1 })
  if (now && now.key !== key) return { is: 'replaced' }
  const isMissing = 'sizeFound' in hashed && hashed.sizeFound === undefined
  const problem = isMissing ? 'missing' : 'changed'
  await recordDamage(ctx, file, problem)
  return { is: 'whole', problem }
}
