import { letOthersRun } from '../../core/rounds.ts'
import {
  ByteReader,
  type ByteSource,
  readHead,
  type ScanBudget,
  UnreadableError,
} from './byte-reader.ts'
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
import { isPlausible, type PickledName } from './pickle-values.ts'
import { readPickle } from './read-pickle.ts'
import { searchGguf } from './search-gguf.ts'
import { type FoundCode, searchGraph, searchKeras, searchSettings } from './search-text.ts'
import { openZipMember, readZipMembers, unpackFrom, type ZipMember } from './zip-members.ts'

/** What reading a file told of it. */
export type FileScan = {
  readonly imports: readonly PickledName[]
  readonly found: readonly FoundCode[]
  /** Why it could not be read whole; undefined: it was. */
  readonly unread?: string | undefined
}

type Notes = {
  readonly names: PickledNames
  readonly found: FoundCode[]
  unread: string | undefined
}

/** What is read of one file at most, unpacked. */
const bytesMax = 512 * 1024 * 1024
/** And before it is unpacked: packed bytes may come to nothing, and files of an archive may share them. */
const packedBytesMax = 2 * bytesMax
const opcodesMax = 5_000_000
const foundMax = 500
/** Pickles in one file, one after the other. */
const picklesMax = 1000
const membersPerTurn = 20

/**
 * Find what runs when a file is loaded, by reading it. Nothing of it is loaded or made.
 *
 * @param path says what a file without marks of its own is
 */
export async function scanFile(source: ByteSource, path: string): Promise<FileScan> {
  const notes: Notes = { names: new PickledNames(), found: [], unread: undefined }
  const budget = { bytes: bytesMax, packedBytes: packedBytesMax, opcodes: opcodesMax }
  await attemptPart(notes, () => scanWhole(source, path, { notes, budget }))
  return { imports: notes.names.list(), found: notes.found, unread: notes.unread }
}

type Scan = { readonly notes: Notes; readonly budget: ScanBudget }

/** What cannot be read is noted; the first reason stands. */
async function attemptPart(notes: Notes, read: () => Promise<void>): Promise<void> {
  try {
    await read()
  } catch (err) {
    if (!(err instanceof UnreadableError)) throw err
    notes.unread ??= err.message
  }
}

async function scanWhole(source: ByteSource, path: string, scan: Scan): Promise<void> {
  const head = await readHead(source, { count: headBytes, budget: scan.budget })
  if (isZipHead(head) || isPickleName(path)) {
    const members = await readZipMembers(source, scan.budget)
    if (members) await scanMembers(source, members, { ...scan, path })
    // A file may be an archive by its end and a pickle by its beginning.
    if (members && isZipHead(head)) return
  }
  await scanContent(source, path, { scan, head })
}

type Content = { readonly scan: Scan; readonly head: Uint8Array; readonly isPacked?: boolean }

async function scanContent(
  source: ByteSource,
  path: string,
  { scan, head, isPacked = false }: Content,
): Promise<void> {
  const kind = fileKindOf(path)
  if (kind === 'settings') return searchSettings(source, scan)
  const isGraph = kind === 'graph'
  const isLayers = !isGraph && (isHdfName(path) || (await hasHdf(source, head, scan)))
  // What loads a pickle looks neither at its name nor at what stands behind it: it may be one all the same.
  if (isGraph) await searchGraph(source, scan)
  if (isLayers) await attemptPart(scan.notes, () => searchKeras(source, scan))
  if (startsWith(head, 'GGUF')) await attemptPart(scan.notes, () => searchGguf(source, scan))
  if (startsWith(head, '\x93NUMPY')) return scanArray(source, scan)
  if (isOtherArchive(head)) throw new UnreadableError('it is an archive of a kind that is not read')
  const format = packingOf(head, isPickleName(path))
  if (format && isPacked) throw new UnreadableError('it is compressed twice')
  if (format === 'other') throw new UnreadableError('it is compressed in a way that is not read')
  if (format && (await scanPacked(source, path, { scan, format }))) return
  await scanPickles(source, {
    ...{ scan, start: 0, isGuess: isLayers || !isPickleName(path) },
    mayEndOtherwise: isOldTorch(head),
  })
}

/** What is unpacked as it is read would be unpacked again for each place. */
async function hasHdf(source: ByteSource, head: Uint8Array, { budget }: Scan): Promise<boolean> {
  return source.canSeek ? isHdf(source, budget) : startsWith(head, '\x89HDF')
}

/** @returns false: two bytes look so by chance */
async function scanPacked(
  source: ByteSource,
  path: string,
  { scan, format }: { readonly scan: Scan; readonly format: 'gzip' | 'deflate' },
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
  await scanContent(unpacked, path, { scan, head, isPacked: true })
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
    if (isCodeName(name)) noteFound(notes, { what: 'code', where: name })
    if (isTemplateName(name)) noteFound(notes, { what: 'template', where: name })
    if (name.endsWith('/') || isStorage(name, names) || isSpent(scan.budget)) continue
    await attemptPart(notes, async () => {
      const inner = await openZipMember(source, member, scan.budget)
      const head = await readHead(inner, { count: headBytes, budget: scan.budget })
      if (isZipHead(head)) throw new UnreadableError(`'${name}' is an archive in an archive`)
      await scanContent(inner, name, { scan, head })
    })
  }
}

/** Then the reason is noted, and each further file would cost a read in vain. */
function isSpent({ bytes, packedBytes, opcodes }: ScanBudget): boolean {
  return Math.min(bytes, packedBytes, opcodes) < 0
}

/** The numbers of a tensor, beside the pickle of PyTorch that names it: never loaded as anything else. */
function isStorage(name: string, names: ReadonlySet<string>): boolean {
  const [, folder] = /^(.*\/)?data\/\d+$/.exec(name) ?? []
  return /(^|\/)data\/\d+$/.test(name) && names.has(`${folder ?? ''}data.pkl`)
}

/** An array of objects holds a pickle behind its header. */
async function scanArray(source: ByteSource, scan: Scan): Promise<void> {
  const start = await readHead(source, { count: 12, budget: scan.budget })
  const isShort = (start[6] ?? 0) < 2
  const at = isShort ? 10 : 12
  const bytes = start.subarray(8, at)
  let length = 0
  for (let i = bytes.length - 1; i >= 0; i--) length = length * 256 + (bytes[i] ?? 0)
  if (length > 1_000_000) throw new UnreadableError('the header of an array is too long')
  const whole = await readHead(source, { count: at + length, budget: scan.budget })
  const header = new TextDecoder().decode(whole.subarray(at))
  if (!mayHoldObjects(header)) return
  await scanPickles(source, { scan, isGuess: false, start: at + length })
}

/**
 * Whether a type in the header of an array may be that of objects. Python puts texts that stand side by side
 * together, so that `'obj' 'ect'` is one; such a header, and one with a comment, nobody writes.
 */
function mayHoldObjects(header: string): boolean {
  if (header.includes('\\') || !header.includes('descr')) return true
  const text = /(['"])(.*?)\1/g
  if (/#|['"]|\0\s*[A-Za-z]*\0/.test(header.replace(text, '\0'))) return true
  return [...header.matchAll(text)].some(([, , found = '']) =>
    /(^|[^A-Za-z])O\d*([^A-Za-z]|$)|object/.test(found),
  )
}

type PickledFile = {
  readonly scan: Scan
  readonly isGuess: boolean
  readonly start: number
  /** What follows the pickles may be anything. */
  readonly mayEndOtherwise?: boolean
}

/** Pickles one after the other, until the bytes are none any more. */
async function scanPickles(source: ByteSource, file: PickledFile): Promise<void> {
  const { scan, start, isGuess, mayEndOtherwise = false } = file
  const reader = await readerAt(source, start, scan)
  try {
    for (let count = 0; count < picklesMax; count++) {
      if (!reader.has(1) && !(await reader.fill(1))) return
      const at = reader.offset
      const read = await scanOne(reader, { ...scan, isGuess: isGuess || count > 0 })
      if (read.hasArrays) await scanWithoutArrays(source, at, scan)
      if (read.isPickle) continue
      if (count > 0 && !isGuess && !mayEndOtherwise) {
        throw new UnreadableError(`what follows the pickle before byte ${at} is none`)
      }
      return
    }
    throw new UnreadableError(`it has more than ${picklesMax} pickles`)
  } finally {
    await reader.close()
  }
}

async function readerAt(source: ByteSource, start: number, { budget }: Scan): Promise<ByteReader> {
  const reader = new ByteReader(source, budget, { start: source.canSeek ? start : 0 })
  if (!source.canSeek) await reader.skip(start)
  return reader
}

/**
 * `pickle` itself would take the bytes of joblib's arrays for opcodes, and mostly fail there: what it would
 * import before that counts too.
 */
async function scanWithoutArrays(source: ByteSource, at: number, scan: Scan): Promise<void> {
  const reader = await readerAt(source, at, scan)
  const names = new PickledNames()
  try {
    for (let count = 0; count < picklesMax; count++) {
      if (!reader.has(1) && !(await reader.fill(1))) return
      const { end, machine } = await readPickle(reader, { ...scan, names, isGuess: true })
      if (end !== 'ended' || machine.isBroken) return
    }
    throw new UnreadableError(`it has more than ${picklesMax} pickles`)
  } finally {
    for (const name of names.list()) {
      if (isPlausible(name)) scan.notes.names.add(name)
    }
    await reader.close()
  }
}

async function scanOne(
  reader: ByteReader,
  { notes, budget, isGuess }: Scan & { readonly isGuess: boolean },
): Promise<{ readonly isPickle: boolean; readonly hasArrays?: boolean }> {
  const names = new PickledNames()
  const at = reader.offset
  // Newer protocols begin with a mark of their own: then it is no guess.
  await reader.fill(2)
  const isMarked = reader.isAtProtocol()
  const asGuess = isGuess && !isMarked
  try {
    const reading = { names, budget, isGuess: asGuess, hasArrays: true }
    const { end, machine } = await readPickle(reader, reading)
    const isSure = end === 'ended' || !asGuess
    const isPickle = isSure || machine.hasCalled
    if (!isPickle) return { isPickle }
    for (const name of names.list()) notes.names.add(name)
    const hasArrays = (machine.arrays ?? 0) > 0
    if (end === 'ended' && !machine.isBroken) return { isPickle, hasArrays }
    const why = end === 'cut' ? 'ends too early' : 'has bytes that are no opcodes'
    const told = machine.isBroken && end === 'ended' ? 'takes what is not there' : why
    notes.unread ??= `the pickle at byte ${at} ${told}, before byte ${reader.offset}`
    return { isPickle: end === 'ended', hasArrays }
  } catch (err) {
    for (const name of names.list()) notes.names.add(name)
    throw err
  }
}

function noteFound({ found }: Notes, one: FoundCode): void {
  if (found.length >= foundMax)
    throw new UnreadableError(`it holds more than ${foundMax} such files`)
  found.push(one)
}
