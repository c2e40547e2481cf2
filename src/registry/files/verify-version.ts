import { pieceBytes } from '../../artifacts/hash-piece.ts'
import {
  type DifferingFile,
  digestManifest,
  type FilesVerified,
  readAllManifestFiles,
  type SealedFile,
} from '../../artifacts/manifest.ts'
import { RegistryError } from '../../core/error.ts'
import {
  decodePageToken,
  encodePageToken,
  foreignPageToken,
  type PageKey,
} from '../../core/page-token.ts'
import type { Context } from '../../platform/context.ts'
import { isSigned, signText } from '../../platform/own-signature.ts'
import { verifyAudited } from './damaged-files.ts'
import { readPieceOf } from './read-piece.ts'
import { getVersionFiles, sealedManifest } from './version-manifest.ts'

/** What one call reads, unless its caller wants less: some seconds of a processor. A larger file is read in pieces. */
export const bytesMaxDefault = 2 * 1024 ** 3
/** Each is a read of the store, and notes its damage; a call of a Worker has a thousand. */
export const filesMax = 400

export type FileReading = {
  readonly path: string
  readonly bytesRead: number
  readonly sizeBytes: number
}

/** What reading the files of a version again told so far. */
export type VersionVerdict = {
  /** Of the list of files: as it was sealed and, once all were read, as it is. */
  readonly digest: string
  /** In this call and in those before it. */
  readonly filesRead: number
  readonly filesDiffering: number
  /** Found in this call. */
  readonly differing: readonly DifferingFile[]
  /** A large file of which a part was read. */
  readonly reading: FileReading | undefined
  /** Undefined: not all were read yet. */
  readonly isIntact: boolean | undefined
  /** With it the next call goes on; undefined: all were read. */
  readonly nextPageToken: string | undefined
}

/**
 * Where to go on: the path of the last file that was read, how many were, how many of them differ; of a large file
 * behind that also how many bytes of it were read, what goes on with its hash, and that this server says so.
 */
type Place = {
  readonly after: string
  readonly filesRead: number
  readonly filesDiffering: number
  readonly piece: SignedPiece | undefined
}

type SignedPiece = {
  readonly bytesRead: number
  readonly state: string
  readonly signature: string
}

/**
 * Read the files of a version again, or as many as one call may. Damage is noted in the audit log.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such version
 * @throws INVALID_PARAMETER_VALUE its files lie elsewhere, or the token is that of other files
 */
export async function verifyVersion(
  ctx: Context,
  of: { readonly name: string; readonly version: number },
  part: {
    /** What this call reads at most, but one file or one piece of a file at least. */
    readonly bytesMax?: number | undefined
    readonly token: string | undefined
    /** The least that is read of a larger file; by default `pieceBytes`. */
    readonly pieceBytesMin?: number
  },
): Promise<VersionVerdict> {
  const sealed = await getVersionFiles(ctx, of.name, of.version)
  const manifest = sealedManifest(sealed, of.name, of.version)
  const fingerprint = ['verify', manifest]
  const place = placeOf(decodePageToken(fingerprint, part.token))
  const bytesMax = part.bytesMax ?? bytesMaxDefault
  const pieceMax = wholeBlocks(Math.max(bytesMax, part.pieceBytesMin ?? pieceBytes))
  const found = await verifyAudited(ctx, manifest, {
    ...{ after: place.after, bytesMax, filesMax, wholeBytesMax: pieceMax },
  })
  const { files, differing, next, piece } = found.large
    ? await verifyPiece(ctx, { manifest, file: found.large, place, pieceMax })
    : { ...found, piece: undefined }
  const counts = {
    filesRead: place.filesRead + files.length,
    filesDiffering: place.filesDiffering + differing.length,
  }
  const digest = sealed.digest ?? ''
  if (next !== undefined) {
    const nextPageToken = encodePageToken(fingerprint, keyOf({ ...counts, after: next, piece }))
    const reading = piece && found.large && { ...found.large, bytesRead: piece.bytesRead }
    return { ...counts, differing, digest, reading, isIntact: undefined, nextPageToken }
  }
  const list = place.filesRead === 0 ? files : await readAllManifestFiles(ctx, manifest)
  const now = await digestManifest(ctx, list)
  const isIntact = counts.filesDiffering === 0 && now === sealed.digest
  const isOver = { reading: undefined, nextPageToken: undefined }
  return { ...counts, differing, digest: now, isIntact, ...isOver }
}

/** A hash is kept between two blocks of 64 bytes. */
const wholeBlocks = (bytes: number) => Math.max(64, bytes - (bytes % 64))

/**
 * The next piece of a file that is too large for one call. What a token says of the piece before counts only if this
 * server signed it, for the object that the file is now: nobody makes damage of a sound file by a token of their own,
 * and no file is judged by bytes of two objects.
 */
async function verifyPiece(
  ctx: Context,
  {
    manifest,
    file,
    place: { after, piece },
    pieceMax,
  }: {
    readonly manifest: number
    readonly file: SealedFile
    readonly place: Place
    readonly pieceMax: number
  },
): Promise<Omit<FilesVerified, 'large'> & { readonly piece: SignedPiece | undefined }> {
  const key = signingKeyOf(ctx)
  const textOf = ({ bytesRead, state }: Pick<SignedPiece, 'bytesRead' | 'state'>) =>
    JSON.stringify(['verify', file.key, bytesRead, state])
  const isOurs = piece && (await isSigned(key, textOf(piece), piece.signature))
  const [bytesRead, state] = isOurs ? [piece.bytesRead, piece.state] : [0, undefined]
  const read = await readPieceOf(ctx, { manifest, file, after, bytesRead, state }, pieceMax)
  if (read.is === 'whole') {
    const { problem } = read
    const differing = problem ? [{ ...file, problem }] : []
    return { files: [file], differing, next: file.path, piece: undefined }
  }
  const signed =
    read.is === 'part' ? { ...read, signature: await signText(key, textOf(read)) } : undefined
  return { files: [], differing: [], next: after, piece: signed }
}

/** On a Worker without a signing key, reading it throws a message that is not about this. */
function signingKeyOf({ settings }: Context): string {
  try {
    return settings.signingKey
  } catch (err) {
    throw new RegistryError(
      'NOT_IMPLEMENTED',
      'This server has no key to sign how far it read a large file; set GATEHOUSE_SIGNING_KEY',
      { cause: err },
    )
  }
}

function keyOf({ after, filesRead, filesDiffering, piece }: Place): PageKey {
  const key = [after, filesRead, filesDiffering]
  return piece ? [...key, piece.bytesRead, piece.state, piece.signature] : key
}

/** @throws INVALID_PARAMETER_VALUE it is the key of no such token */
function placeOf(key: PageKey | undefined): Place {
  if (!key) return { after: '', filesRead: 0, filesDiffering: 0, piece: undefined }
  const [after, filesRead, filesDiffering, ...rest] = key
  if (typeof after !== 'string' || !isCount(filesRead) || !isCount(filesDiffering)) {
    throw foreignPageToken()
  }
  return { after, filesRead, filesDiffering, piece: pieceOf(rest) }
}

/** @throws INVALID_PARAMETER_VALUE */
function pieceOf(rest: PageKey): SignedPiece | undefined {
  const [bytesRead, state, signature] = rest
  if (rest.length === 0) return undefined
  if (!isCount(bytesRead) || typeof state !== 'string' || typeof signature !== 'string') {
    throw foreignPageToken()
  }
  return { bytesRead, state, signature }
}

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0
