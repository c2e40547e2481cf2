import {
  ByteReader,
  type ByteSource,
  readHead,
  type ScanBudget,
  UnreadableError,
} from './byte-reader.ts'
import { PickledNames } from './pickle-machine.ts'
import { isPlausible, type PickledName } from './pickle-values.ts'
import { readPickle } from './read-pickle.ts'
import type { FoundCode } from './search-text.ts'

/** What was found in a file so far. */
export type ScanNotes = {
  readonly names: PickledNames
  readonly found: FoundCode[]
  unread: string | undefined
}

/** The reading of a file. */
export type Scan = { readonly notes: ScanNotes; readonly budget: ScanBudget }

/** Pickles in one file, one after the other. */
const picklesMax = 1000

/** An array of objects holds a pickle behind its header. */
export async function scanArray(source: ByteSource, scan: Scan): Promise<void> {
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
export async function scanPickles(source: ByteSource, file: PickledFile): Promise<void> {
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
      if (isPlausible(name) && !isDtypeByChance(name)) scan.notes.names.add(name)
    }
    await reader.close()
  }
}

/**
 * An array of objects is a pickle of its own that names its module, `numpy`, by a number in its memo. Taken
 * for a part of what stands before, the number means whatever text that has, and there is no such module.
 */
function isDtypeByChance(name: PickledName): boolean {
  return name?.name === 'dtype' && !name.module.includes('.')
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
