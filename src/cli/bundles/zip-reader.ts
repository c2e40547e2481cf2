import { type Entry, type LocalFileHeader, openPromise, type ZipFile } from 'yauzl'
import { BundleFormatError, type BundleReader } from '../../bundles/verify/bundle-reader.ts'
import { excerpt } from '../../core/error.ts'
import { isPlainPath } from '../../core/names.ts'
import { measureBody } from '../../platform/hash.ts'
import { isMissing } from '../../platform/node/read-file.ts'
import { sha256 } from '../../platform/node/sha256.ts'
import type { ByteStream } from '../../platform/ports.ts'
import { StartError } from '../../platform/start-error.ts'

/** An open bundle; `close` ends it. */
export type OpenZip = BundleReader & {
  /** The bytes of a file. @throws BundleFormatError there are more */
  stream(path: string, bytesMax: number): ByteStream
  close(): void
}

/** Files of one bundle: far more than this server writes. */
const entriesMax = 500_000
const fileTypes = 0xf000
const regularFile = 0x8000
const encrypted = 1
const sizesBehind = 8
const largeFile = 0xffffffff
/** What may follow an entry: its sizes and its CRC once more. Less than the 30 bytes that an entry begins with. */
const trailerBytesMax = 24
/** A second name for an entry, by which some programs would unpack it. */
const otherNameField = 0x7075

/**
 * Open a zip without believing anything of it: names that lead elsewhere, links, names that stand twice and
 * files that grow beyond what was said are refused, and what only some programs see. Nothing is unpacked.
 *
 * @throws StartError the file cannot be read
 * @throws BundleFormatError it is no zip of plain files
 */
export async function openZip(path: string): Promise<OpenZip> {
  const zip = await openFile(path)
  try {
    const entries = await readEntries(zip)
    const stream = (name: string, bytesMax: number) => streamEntry(zip, entries.get(name), bytesMax)
    return {
      paths: [...entries.keys()],
      stream,
      read: async (name, bytesMax) => {
        const chunks: Uint8Array[] = []
        for await (const chunk of stream(name, bytesMax)) chunks.push(chunk)
        return Buffer.concat(chunks)
      },
      measure: (name, bytesMax) => measureBody(stream(name, bytesMax), sha256()),
      close: () => zip.close(),
    }
  } catch (err) {
    zip.close()
    throw err
  }
}

async function openFile(path: string): Promise<ZipFile> {
  try {
    // Names are read here: the library would change some of them.
    return await openPromise(path, { autoClose: false, decodeStrings: false })
  } catch (err) {
    if (isMissing(err)) throw new StartError(`there is no file ${path}`, { cause: err })
    if (err instanceof Error && 'code' in err) {
      throw new StartError(`cannot read ${path}: ${String(err.code)}`, { cause: err })
    }
    throw notZip(err)
  }
}

async function readEntries(zip: ZipFile): Promise<ReadonlyMap<string, Entry>> {
  if (zip.entryCount > entriesMax) throw new BundleFormatError('it has too many files')
  // Where the list of the files begins, until it is read; its type is wrong.
  const listStart = Number(zip.readEntryCursor)
  const all: Entry[] = []
  const entries = new Map<string, Entry>()
  try {
    for await (const entry of zip.eachEntry()) {
      all.push(entry)
      const name = nameOf(entry.fileNameRaw)
      if (isFolder(entry, name)) continue
      refuseOdd(entry, name)
      if (entries.has(name)) throw new BundleFormatError(`it has two files ${shown(name)}`)
      entries.set(name, entry)
    }
    await refuseHidden(zip, all, listStart)
  } catch (err) {
    throw notZip(err)
  }
  return entries
}

/** Programs that read from the beginning go by what stands there, and not by the list at the end. */
async function refuseHidden(zip: ZipFile, entries: readonly Entry[], listStart: number) {
  let end = 0
  const refuseGap = (next: number) => {
    if (next >= end && next <= end + trailerBytesMax) return
    throw new BundleFormatError('it has bytes that are in no file of its list')
  }
  const inOrder = entries.toSorted(
    (a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader,
  )
  for (const entry of inOrder) {
    refuseGap(entry.relativeOffsetOfLocalHeader)
    const name = nameOf(entry.fileNameRaw)
    const header = await zip.readLocalFileHeaderPromise(entry, { minimal: false })
    if (nameOf(header.fileName) !== name) {
      throw new BundleFormatError(`${shown(name)} has two names`)
    }
    if (!hasOneSize(header, entry)) throw new BundleFormatError(`${shown(name)} has two sizes`)
    end = header.fileDataStart + entry.compressedSize
  }
  refuseGap(listStart)
}

/** An entry that programs unpack as a folder; what lies in it is nothing, packed or not. */
function isFolder({ uncompressedSize, compressedSize }: Entry, name: string): boolean {
  return name.endsWith('/') && uncompressedSize === 0 && compressedSize <= trailerBytesMax
}

/** The size before an entry is that of the list, or stands behind it or in a field for large files. */
function hasOneSize({ generalPurposeBitFlag, compressedSize }: LocalFileHeader, entry: Entry) {
  const isElsewhere = (generalPurposeBitFlag & sizesBehind) !== 0 || compressedSize === largeFile
  return isElsewhere || compressedSize === entry.compressedSize
}

function refuseOdd(
  { externalFileAttributes, generalPurposeBitFlag, extraFields }: Entry,
  name: string,
) {
  if (!isPlainPath(name) || name.includes('\0')) {
    throw new BundleFormatError(`the name ${shown(name)} in it leads elsewhere`)
  }
  const type = (externalFileAttributes >>> 16) & fileTypes
  if (type !== 0 && type !== regularFile) {
    throw new BundleFormatError(`${shown(name)} in it is a link or the like, and no file`)
  }
  const isOdd = extraFields.some(({ id }) => id === otherNameField)
  if (isOdd || (generalPurposeBitFlag & encrypted) !== 0) {
    throw new BundleFormatError(`${shown(name)} in it has a second name, or is encrypted`)
  }
}

async function* streamEntry(
  zip: ZipFile,
  entry: Entry | undefined,
  bytesMax: number,
): AsyncGenerator<Uint8Array> {
  if (!entry) throw new BundleFormatError('a file of it is missing')
  const name = nameOf(entry.fileNameRaw)
  if (entry.uncompressedSize > bytesMax) throw tooLarge(name)
  let sizeBytes = 0
  try {
    for await (const chunk of await zip.openReadStreamPromise(entry)) {
      sizeBytes += chunk.length
      if (sizeBytes > bytesMax) throw tooLarge(name)
      yield chunk
    }
  } catch (err) {
    throw notZip(err)
  }
}

function tooLarge(name: string): BundleFormatError {
  return new BundleFormatError(`${shown(name)} is larger than what was signed`)
}

/** The library throws plain errors for whatever is no zip. */
function notZip(err: unknown): Error {
  if (err instanceof BundleFormatError) return err
  const detail = err instanceof Error ? err.message : String(err)
  return new BundleFormatError(`it is no zip that can be read: ${excerpt(detail)}`, { cause: err })
}

function nameOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (err) {
    throw new BundleFormatError('a name in it is not UTF-8', { cause: err })
  }
}

function shown(name: string): string {
  return `'${excerpt(name)}'`
}
