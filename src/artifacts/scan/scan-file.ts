import { letOthersRun } from '../../core/rounds.ts'
import {
  ByteReader,
  type ByteSource,
  readHead,
  type ScanBudget,
  UnreadableError,
} from './byte-reader.ts'
import { fileKindOf, isCodeName, isPickleName, isTemplateName } from './file-kinds.ts'
import { type PickledName, PickledNames } from './pickle-machine.ts'
import { readPickle } from './read-pickle.ts'
import { type FoundCode, searchGraph, searchKeras, searchSettings } from './search-text.ts'
import { openZipMember, readZipMembers, unpackStream, type ZipMember } from './zip-members.ts'

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
  const budget = { bytes: bytesMax, opcodes: opcodesMax }
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
  const head = await readHead(source, { count: 16, budget: scan.budget })
  const kind = fileKindOf(path)
  if (isArchive(head) || isPickleName(path)) {
    const members = await readZipMembers(source, scan.budget)
    if (members) await scanMembers(source, members, scan)
    // A file may be an archive by its end and a pickle by its beginning.
    if (members && isArchive(head)) return
  }
  if (kind === 'settings') return searchSettings(source, scan)
  if (kind === 'graph') return searchGraph(source, scan)
  if (startsWith(head, '\x89HDF')) return searchKeras(source, scan)
  await scanContent(source, path, { scan, head })
}

async function scanContent(
  source: ByteSource,
  path: string,
  { scan, head }: { scan: Scan; head: Uint8Array },
): Promise<void> {
  if (startsWith(head, '\x93NUMPY')) return scanArray(source, scan)
  const format = isPickleName(path) ? packingOf(head) : undefined
  if (format === 'other') throw new UnreadableError('it is compressed in a way that is not read')
  const unpacked = format
    ? {
        ...source,
        sizeBytes: undefined,
        canSeek: false,
        open: () => unpackStream(source.open(0), format),
      }
    : source
  await scanPickles(unpacked, { scan, isGuess: !isPickleName(path), start: 0 })
}

async function scanMembers(
  source: ByteSource,
  members: readonly ZipMember[],
  scan: Scan,
): Promise<void> {
  const { notes } = scan
  for (const [i, member] of members.entries()) {
    // Small files near each other are read at once, and followed without waiting for anything.
    if (i % membersPerTurn === 0) await letOthersRun()
    const { name } = member
    if (isCodeName(name)) noteFound(notes, { what: 'code', where: name })
    if (isTemplateName(name)) noteFound(notes, { what: 'template', where: name })
    const kind = fileKindOf(name)
    if (!isPickleName(name) && kind === 'plain' && !/\.(h5|hdf5)$/i.test(name)) continue
    await attemptPart(notes, async () => {
      const inner = await openZipMember(source, member, scan.budget)
      if (kind === 'settings') return searchSettings(inner, scan)
      if (kind === 'graph') return searchGraph(inner, scan)
      const head = await readHead(inner, { count: 16, budget: scan.budget })
      if (isArchive(head)) throw new UnreadableError(`'${name}' is an archive in an archive`)
      if (startsWith(head, '\x89HDF')) return searchKeras(inner, scan)
      await scanContent(inner, name, { scan, head })
    })
  }
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

/** Whether a type in the header of an array is that of objects. */
function mayHoldObjects(header: string): boolean {
  if (header.includes('\\') || !header.includes('descr')) return true
  return [...header.matchAll(/(['"])(.*?)\1/g)].some(([, , text = '']) =>
    /(^|[^A-Za-z])O\d*([^A-Za-z]|$)|object/.test(text),
  )
}

/** Pickles one after the other, until the bytes are none any more. */
async function scanPickles(
  source: ByteSource,
  { scan, isGuess, start }: { scan: Scan; isGuess: boolean; start: number },
): Promise<void> {
  const { notes, budget } = scan
  const reader = new ByteReader(source, budget, { start: source.canSeek ? start : 0 })
  try {
    if (!source.canSeek) await reader.skip(start)
    for (let count = 0; count < picklesMax; count++) {
      if (!reader.has(1) && !(await reader.fill(1))) return
      // What follows a pickle may be anything, such as the bytes of tensors.
      const isSure = await scanOne(reader, { ...scan, isGuess: isGuess || count > 0, notes })
      if (!isSure) return
    }
    throw new UnreadableError(`it has more than ${picklesMax} pickles`)
  } finally {
    await reader.close()
  }
}

/** @returns whether there was a pickle that has its end */
async function scanOne(
  reader: ByteReader,
  { notes, budget, isGuess }: Scan & { readonly isGuess: boolean },
): Promise<boolean> {
  const names = new PickledNames()
  const at = reader.offset
  // Newer protocols begin with a mark of their own: then it is no guess.
  await reader.fill(2)
  const isMarked = reader.isAtProtocol()
  const asGuess = isGuess && !isMarked
  try {
    const { end, machine } = await readPickle(reader, { names, budget, isGuess: asGuess })
    const isPickle = end === 'ended' || !asGuess || (machine.hasCalled && isPlausible(names))
    if (!isPickle) return false
    for (const name of names.list()) notes.names.add(name)
    if (end === 'ended' && !machine.isBroken) return true
    const why = end === 'cut' ? 'ends too early' : 'has bytes that are no opcodes'
    const told = machine.isBroken && end === 'ended' ? 'takes what is not there' : why
    notes.unread ??= `the pickle at byte ${at} ${told}, before byte ${reader.offset}`
    return end === 'ended'
  } catch (err) {
    for (const name of names.list()) notes.names.add(name)
    throw err
  }
}

/** Whether names could be those of Python: a text that was taken for a pickle has others. */
function isPlausible(names: PickledNames): boolean {
  return names
    .list()
    .every((one) => !one || /^[\p{L}_][\p{L}\p{N}_.]*$/u.test(`${one.module}.${one.name}`))
}

function noteFound({ found }: Notes, one: FoundCode): void {
  if (found.length >= foundMax)
    throw new UnreadableError(`it holds more than ${foundMax} such files`)
  found.push(one)
}

function isArchive(head: Uint8Array): boolean {
  return startsWith(head, 'PK\x03\x04') || startsWith(head, 'PK\x05\x06')
}

/** How a pickle is packed, as joblib packs them. */
function packingOf(head: Uint8Array): 'gzip' | 'deflate' | 'other' | undefined {
  if (startsWith(head, '\x1f\x8b')) return 'gzip'
  const [first = 0, second = 0] = head
  if (first === 0x78 && (first * 256 + second) % 31 === 0) return 'deflate'
  const others = [
    'BZh',
    '\xfd7zXZ',
    '\x5d\x00\x00',
    '\x04\x22\x4d\x18',
    '\x28\xb5\x2f\xfd',
    '7z\xbc',
  ]
  return others.some((mark) => startsWith(head, mark)) ? 'other' : undefined
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return [...text].every((char, i) => bytes[i] === char.charCodeAt(0))
}
