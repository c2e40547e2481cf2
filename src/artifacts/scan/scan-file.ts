import { letOthersRun } from '../../core/rounds.ts'
import { isTarHead, readTarMembers } from './archives/tar-members.ts'
import {
  openZipMember,
  readZipMembers,
  unpackFrom,
  type ZipMember,
} from './archives/zip-members.ts'
import { type ByteSource, readHead, type ScanBudget, UnreadableError } from './byte-reader.ts'
import {
  headBytes,
  isHdf,
  isOldTorch,
  isOtherArchive,
  isZipHead,
  packingOf,
  startsWith,
} from './file-heads.ts'
import { fileKindOf, isCodeName, isHdfName, isPickleName, isTemplateName } from './file-kinds.ts'
import { PickledNames } from './pickle-machine.ts'
import type { PickledName } from './pickle-values.ts'
import { type Scan, type ScanNotes, scanArray, scanPickles } from './scan-pickles.ts'
import { searchGguf } from './search-gguf.ts'
import { type FoundCode, searchGraph, searchKeras, searchSettings } from './search-text.ts'

/** What reading a file told of it. */
export type FileScan = {
  readonly imports: readonly PickledName[]
  readonly found: readonly FoundCode[]
  /** Why it could not be read whole; undefined: it was. */
  readonly unread?: string | undefined
}

/** What is read of one file at most, unpacked. */
const bytesMax = 512 * 1024 * 1024
/** And before it is unpacked: packed bytes may come to nothing, and files of an archive may share them. */
const packedBytesMax = 2 * bytesMax
const opcodesMax = 5_000_000
const foundMax = 500
const membersPerTurn = 20

/**
 * Find what runs when a file is loaded, by reading it. Nothing of it is loaded or made.
 *
 * @param path says what a file without marks of its own is
 */
export async function scanFile(source: ByteSource, path: string): Promise<FileScan> {
  const notes: ScanNotes = { names: new PickledNames(), found: [], unread: undefined }
  const budget = {
    ...{ bytes: bytesMax, packedBytes: packedBytesMax },
    ...{ passedBytes: packedBytesMax, opcodes: opcodesMax },
  }
  await attemptPart(notes, () => scanWhole(source, path, { notes, budget }))
  return { imports: notes.names.list(), found: notes.found, unread: notes.unread }
}

/** What cannot be read is noted; the first reason stands. */
async function attemptPart(notes: ScanNotes, read: () => Promise<void>): Promise<void> {
  try {
    await read()
  } catch (err) {
    if (!(err instanceof UnreadableError)) throw err
    notes.unread ??= err.message
  }
}

/** @param isMember it is a file in an archive of tar, which itself may be one of PyTorch */
async function scanWhole(
  source: ByteSource,
  path: string,
  { isMember = false, ...scan }: Scan & { readonly isMember?: boolean },
): Promise<void> {
  const head = await readHead(source, { count: headBytes, budget: scan.budget })
  if (isZipHead(head) && !source.canSeek) {
    throw new UnreadableError(`'${path}' is an archive in one that is compressed`)
  }
  if (isZipHead(head) || (isPickleName(path) && source.canSeek)) {
    const members = await readZipMembers(source, scan.budget)
    if (members) await scanMembers(source, members, { ...scan, path })
    // A file may be an archive by its end, and a pickle or an archive of tar by its beginning.
    if (members && isZipHead(head) && !isTarHead(head)) return
  }
  await scanContent(source, path, { scan, head, isMember })
}

type Content = {
  readonly scan: Scan
  readonly head: Uint8Array
  readonly isPacked?: boolean
  readonly isMember?: boolean
}

async function scanContent(
  source: ByteSource,
  path: string,
  { scan, head, isPacked = false, isMember = false }: Content,
): Promise<void> {
  const kind = fileKindOf(path)
  if (kind === 'settings') return searchSettings(source, scan)
  const isLayers = kind !== 'graph' && (isHdfName(path) || (await hasHdf(source, head, scan)))
  // What loads a pickle looks neither at its name nor at what stands behind it: it may be one all the same.
  if (kind === 'graph') await searchGraph(source, scan)
  if (isLayers) await attemptPart(scan.notes, () => searchKeras(source, scan))
  if (startsWith(head, 'GGUF')) await attemptPart(scan.notes, () => searchGguf(source, scan))
  const isTar = await scanIfTar(source, path, { scan, head, isMember })
  if (startsWith(head, '\x93NUMPY')) return scanArray(source, scan)
  const format = packingOf(head, isPickleName(path))
  if (format && isPacked) throw new UnreadableError('it is compressed twice')
  if (format === 'other') throw new UnreadableError('it is compressed in a way that is not read')
  if (format && (await scanPacked(source, path, { scan, format, isMember }))) return
  await scanPickles(source, {
    ...{ scan, start: 0, isGuess: isLayers || isTar || !isPickleName(path) },
    mayEndOtherwise: isOldTorch(head),
  })
}

/** @returns whether it is an archive of tar; its name in its first bytes may be a pickle besides */
async function scanIfTar(
  source: ByteSource,
  path: string,
  { scan, head, isMember = false }: Content,
): Promise<boolean> {
  if (isTarHead(head)) {
    if (isMember) throw new UnreadableError(`'${path}' is an archive in an archive`)
    await attemptPart(scan.notes, () => scanTar(source, scan))
    return true
  }
  if (isOtherArchive(head)) throw new UnreadableError('it is an archive of a kind that is not read')
  return false
}

/** What is unpacked as it is read would be unpacked again for each place. */
async function hasHdf(source: ByteSource, head: Uint8Array, { budget }: Scan): Promise<boolean> {
  return source.canSeek ? isHdf(source, budget) : startsWith(head, '\x89HDF')
}

/** @returns false: two bytes look so by chance */
async function scanPacked(
  source: ByteSource,
  path: string,
  {
    scan,
    format,
    isMember,
  }: {
    readonly scan: Scan
    readonly format: 'gzip' | 'deflate'
    readonly isMember: boolean
  },
): Promise<boolean> {
  const unpacked: ByteSource = {
    sizeBytes: undefined,
    canSeek: false,
    open: (start) => unpackFrom(source.open(0), { format, start, budget: scan.budget }),
  }
  const head = await readHead(unpacked, { count: headBytes, budget: scan.budget }).catch((err) => {
    if (err instanceof UnreadableError && format === 'deflate' && !isPickleName(path)) return
    throw err
  })
  if (!head) return false
  if (isZipHead(head)) throw new UnreadableError('it is an archive that is compressed')
  await scanContent(unpacked, path, { scan, head, isPacked: true, isMember })
  return true
}

async function scanMembers(
  source: ByteSource,
  members: readonly ZipMember[],
  { path, ...scan }: Scan & { readonly path: string },
): Promise<void> {
  const { notes } = scan
  // NumPy loads all that an archive of its arrays has.
  const names = new Set(fileKindOf(path) === 'arrays' ? [] : members.map(({ name }) => name))
  for (const [i, member] of members.entries()) {
    // Small files near each other are read at once, and followed without waiting for anything.
    if (i % membersPerTurn === 0) await letOthersRun()
    const { name } = member
    noteName(notes, name)
    if (name.endsWith('/') || isStorage(name, names) || isSpent(scan.budget)) continue
    await attemptPart(notes, async () => {
      const inner = await openZipMember(source, member, scan.budget)
      const head = await readHead(inner, { count: headBytes, budget: scan.budget })
      if (isZipHead(head)) throw new UnreadableError(`'${name}' is an archive in an archive`)
      await scanContent(inner, name, { scan, head, isMember: true })
    })
  }
}

/** Files of an archive that packs nothing: also those of NVIDIA's NeMo, and of PyTorch before it wrote pickles. */
async function scanTar(source: ByteSource, scan: Scan): Promise<void> {
  let count = 0
  for await (const member of readTarMembers(source, scan.budget)) {
    if (count++ % membersPerTurn === 0) await letOthersRun()
    const { name } = member
    noteName(scan.notes, name)
    if (isSpent(scan.budget)) return
    await attemptPart(scan.notes, () => scanWhole(member.source, name, { ...scan, isMember: true }))
  }
}

function noteName(notes: ScanNotes, name: string): void {
  if (isCodeName(name)) noteFound(notes, { what: 'code', where: name })
  if (isTemplateName(name)) noteFound(notes, { what: 'template', where: name })
}

/** Then the reason is noted, and each further file would cost a read in vain. */
function isSpent({ bytes, packedBytes, passedBytes, opcodes }: ScanBudget): boolean {
  return Math.min(bytes, packedBytes, passedBytes, opcodes) < 0
}

/** The numbers of a tensor, beside the pickle of PyTorch that names it: never loaded as anything else. */
function isStorage(name: string, names: ReadonlySet<string>): boolean {
  const [, folder] = /^(.*\/)?data\/\d+$/.exec(name) ?? []
  return /(^|\/)data\/\d+$/.test(name) && names.has(`${folder ?? ''}data.pkl`)
}

function noteFound({ found }: ScanNotes, one: FoundCode): void {
  if (found.length >= foundMax)
    throw new UnreadableError(`it holds more than ${foundMax} such files`)
  found.push(one)
}
