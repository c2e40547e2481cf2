import { unpack } from './codecs.ts'
import { cursorAt, ParquetError, readUint32, takeBytes } from './cursor.ts'
import {
  type Dictionary,
  dictionaryOf,
  hybridRuns,
  type Next,
  type Raw,
  valuesOf,
} from './encodings.ts'
import type { Chunk, RangeSource, RowGroup } from './footer.ts'
import { type PageHead, readPageHead } from './page-head.ts'
import type { Leaf } from './schema.ts'

/** What a column holds, flat: a value or a gap, and where a row or a list begins. */
export type Entry = {
  /** 0: a row begins. */
  readonly repetition: number
  readonly definition: number
  /** Undefined: it is absent, at the level that `definition` tells. */
  readonly value: Raw | undefined
}

/** The rows of one column that are read; of a few long ones fewer than were asked for. */
export type Entries = { readonly entries: readonly Entry[]; readonly rowCount: number }

const pageBytesMax = 64_000_000
const pagesMax = 1000
const entriesMax = 100_000

type Taken = {
  readonly entries: Entry[]
  /** That were begun. */
  rows: number
  /** Whether what follows is of no interest. */
  isEnough: boolean
}

/** The entries of the first rows of a column. @throws ParquetError */
export async function readEntries(
  source: RangeSource,
  leaf: Leaf,
  { groups, rowsMax }: { readonly groups: readonly RowGroup[]; readonly rowsMax: number },
): Promise<Entries> {
  const taken: Taken = { entries: [], rows: 0, isEnough: false }
  for (const { rowCount, chunks } of groups) {
    if (taken.rows === rowsMax || taken.isEnough) break
    const chunk = chunks.get(leaf.index)
    if (!chunk) throw new ParquetError('it has no place in the file')
    const rowsAfter = Math.min(rowsMax, taken.rows + rowCount)
    await takeChunk(source, { chunk, leaf, taken, rowsAfter })
    if (taken.rows < rowsAfter && taken.entries.length < entriesMax) {
      throw new ParquetError('it has fewer rows than the file says')
    }
  }
  return trimmed(taken)
}

/** Where too many entries were reached, the last row is not whole. */
function trimmed({ entries, rows }: Taken): Entries {
  if (entries.length < entriesMax) return { entries, rowCount: rows }
  const last = entries.findLastIndex(({ repetition }) => repetition === 0)
  return { entries: entries.slice(0, last), rowCount: rows - 1 }
}

type Taking = {
  readonly chunk: Chunk
  readonly leaf: Leaf
  readonly taken: Taken
  /** How many rows are taken, those before included, when the chunk has been read. */
  readonly rowsAfter: number
}

async function takeChunk(source: RangeSource, taking: Taking): Promise<void> {
  const { chunk, leaf, taken, rowsAfter } = taking
  if (chunk.isElsewhere) throw new ParquetError('it is in another file, or encrypted')
  const { dataAt, dictionaryAt = 0 } = chunk
  let at = dictionaryAt > 0 ? Math.min(dictionaryAt, dataAt) : dataAt
  const end = at + chunk.sizeBytes
  if (end > source.sizeBytes) throw new ParquetError('it reaches past the end of the file')
  let dictionary: Dictionary | undefined
  for (let count = 0; at < end && !isDone(taking); count++) {
    if (count === pagesMax) throw new ParquetError('it has too many small pages')
    const head = await readPageHead(source, at, end)
    const body = await readBody(source, at + head.headBytes, { head, end })
    at += head.headBytes + head.packedBytes
    if (head.kind === 'other') continue
    if (head.kind === 'dictionary') {
      dictionary = dictionaryOf(await unpack(body, { codec: chunk.codec, ...head }), leaf)
    } else {
      takePage(await pageOf(body, { head, chunk, leaf, dictionary }), { leaf, taken, rowsAfter })
    }
  }
  taken.isEnough = taken.entries.length >= entriesMax
}

async function readBody(
  source: RangeSource,
  at: number,
  { head, end }: { readonly head: PageHead; readonly end: number },
): Promise<Uint8Array> {
  if (at + head.packedBytes > end) throw new ParquetError('a page reaches past its end')
  if (Math.max(head.packedBytes, head.sizeBytes) > pageBytesMax) {
    throw new ParquetError('a page of it has more than the 64 MB that are read here')
  }
  return source.read(at, at + head.packedBytes)
}

/** A row that may repeat goes on until the next one begins. */
function isDone({ leaf, taken, rowsAfter }: Omit<Taking, 'chunk'>): boolean {
  return taken.isEnough || (leaf.repetitionMax === 0 && taken.rows >= rowsAfter)
}

type Page = {
  readonly valueCount: number
  readonly repetitions: Next<number>
  readonly definitions: Next<number>
  readonly values: Next<Raw>
}

function takePage(page: Page, { leaf, taken, rowsAfter }: Omit<Taking, 'chunk'>): void {
  for (let i = 0; i < page.valueCount && !isDone({ leaf, taken, rowsAfter }); i++) {
    const repetition = page.repetitions()
    if (repetition === 0 && taken.rows >= rowsAfter) {
      taken.isEnough = true
      return
    }
    const definition = page.definitions()
    if (repetition === 0) taken.rows++
    else if (taken.rows === 0) throw new ParquetError('its rows have no beginning')
    const value = definition === leaf.definitionMax ? page.values() : undefined
    taken.entries.push({ repetition, definition, value })
    if (taken.entries.length >= entriesMax) taken.isEnough = true
  }
}

type PageParts = {
  readonly head: PageHead
  readonly chunk: Chunk
  readonly leaf: Leaf
  readonly dictionary: Dictionary | undefined
}

async function pageOf(body: Uint8Array, parts: PageParts): Promise<Page> {
  const { head, chunk, leaf, dictionary } = parts
  const { repetitionMax, definitionMax } = leaf
  const { levelBytes, sizeBytes } = head
  const cursor = cursorAt(levelBytes ? body : await unpack(body, { codec: chunk.codec, sizeBytes }))
  const levels = (max: number, bytes: number | undefined): Next<number> => {
    const part = bytes === undefined && max === 0 ? 0 : (bytes ?? readUint32(cursor))
    const runs = hybridRuns(takeBytes(cursor, part), 32 - Math.clz32(max))
    return max === 0 ? () => 0 : runs
  }
  if (!levelBytes && head.hasOldLevels) {
    throw new ParquetError('its levels are packed in a way that is not read here')
  }
  const repetitions = levels(repetitionMax, levelBytes?.repetition)
  const definitions = levels(definitionMax, levelBytes?.definition)
  const rest = takeBytes(cursor, cursor.bytes.length - cursor.at)
  const restBytes = sizeBytes - (levelBytes ? levelBytes.repetition + levelBytes.definition : 0)
  const isPacked = levelBytes?.isPacked === true && restBytes > 0
  const bytes = isPacked ? await unpack(rest, { codec: chunk.codec, sizeBytes: restBytes }) : rest
  const encoded = { encoding: head.encoding, leaf, dictionary }
  let values: Next<Raw> | undefined
  return {
    valueCount: head.valueCount,
    repetitions,
    definitions,
    // Of a page without values not even a beginning may be there.
    values: () => {
      values ??= valuesOf(bytes, encoded)
      return values()
    },
  }
}
