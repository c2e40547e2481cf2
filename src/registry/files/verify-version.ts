import {
  type DifferingFile,
  digestManifest,
  readAllManifestFiles,
} from '../../artifacts/manifest.ts'
import {
  decodePageToken,
  encodePageToken,
  foreignPageToken,
  type PageKey,
} from '../../core/page-token.ts'
import type { Context } from '../../platform/context.ts'
import { verifyAudited } from './damaged-files.ts'
import { getVersionFiles, sealedManifest } from './version-manifest.ts'

/** What one call reads, unless its caller wants less: some seconds of a processor. A file is read whole. */
export const bytesMaxDefault = 2 * 1024 ** 3
/** Each is a read of the store, and notes its damage; a call of a Worker has a thousand. */
export const filesMax = 400

/** What reading the files of a version again told so far. */
export type VersionVerdict = {
  /** Of the list of files: as it was sealed and, once all were read, as it is. */
  readonly digest: string
  /** In this call and in those before it. */
  readonly filesRead: number
  readonly filesDiffering: number
  /** Found in this call. */
  readonly differing: readonly DifferingFile[]
  /** Undefined: not all were read yet. */
  readonly isIntact: boolean | undefined
  /** With it the next call goes on; undefined: all were read. */
  readonly nextPageToken: string | undefined
}

/** Where to go on: the path of the last file that was read, how many were, how many of them differ. */
type Place = readonly [after: string, filesRead: number, filesDiffering: number]

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
    /** What this call reads at most, but one file at least. */
    readonly bytesMax?: number | undefined
    readonly token: string | undefined
  },
): Promise<VersionVerdict> {
  const sealed = await getVersionFiles(ctx, of.name, of.version)
  const manifest = sealedManifest(sealed, of.name, of.version)
  const fingerprint = ['verify', manifest]
  const [after, readBefore, differingBefore] = placeOf(decodePageToken(fingerprint, part.token))
  const bytesMax = part.bytesMax ?? bytesMaxDefault
  const { files, differing, next } = await verifyAudited(ctx, manifest, {
    ...{ after, bytesMax, filesMax },
  })
  const found = {
    filesRead: readBefore + files.length,
    filesDiffering: differingBefore + differing.length,
    differing,
  }
  if (next !== undefined) {
    const place: Place = [next, found.filesRead, found.filesDiffering]
    const nextPageToken = encodePageToken(fingerprint, place)
    return { ...found, digest: sealed.digest ?? '', isIntact: undefined, nextPageToken }
  }
  const list = readBefore === 0 ? files : await readAllManifestFiles(ctx, manifest)
  const digest = await digestManifest(ctx, list)
  const isIntact = found.filesDiffering === 0 && digest === sealed.digest
  return { ...found, digest, isIntact, nextPageToken: undefined }
}

/** @throws INVALID_PARAMETER_VALUE it is the key of no such token */
function placeOf(key: PageKey | undefined): Place {
  if (!key) return ['', 0, 0]
  const [after, filesRead, filesDiffering] = key
  if (typeof after !== 'string' || !isCount(filesRead) || !isCount(filesDiffering)) {
    throw foreignPageToken()
  }
  return [after, filesRead, filesDiffering]
}

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0
