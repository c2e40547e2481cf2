import { letOthersRun } from '../../../core/rounds.ts'
import { type ByteSource, readHead, type ScanBudget, UnreadableError } from '../byte-reader.ts'

/** A file in a ZIP archive. */
export type ZipMember = {
  readonly name: string
  readonly method: number
  readonly packedBytes: number
  readonly isEncrypted: boolean
  /** Where its local header stands. */
  readonly headerAt: number
}

/** The end of an archive: 22 bytes and a comment of up to 64 kB, with the locator of ZIP64 before it. */
const endBytesMax = 22 + 65_535 + 20
const directoryBytesMax = 4 * 1024 * 1024
const membersMax = 20_000
const utf8 = new TextDecoder()
const unset32 = 0xffff_ffff

type Directory = { readonly start: number; readonly length: number; readonly endsAt: number }

/**
 * The files that an archive lists.
 *
 * @returns undefined: it is no archive
 * @throws UnreadableError it is one, and what it lists cannot be told
 */
export async function readZipMembers(
  source: ByteSource,
  budget: ScanBudget,
): Promise<readonly ZipMember[] | undefined> {
  const sizeBytes = source.sizeBytes ?? 0
  if (sizeBytes < 22) return undefined
  const directory = await findDirectory(source, sizeBytes, budget)
  if (!directory) return undefined
  const { start, length, endsAt } = directory
  if (length > directoryBytesMax) throw new UnreadableError('its list of files is too long')
  // Bytes before the archive move all places; readers count from the end.
  const moved = endsAt - start - length
  if (moved < 0) throw new UnreadableError('its list of files lies outside of it')
  const bytes = await readHead(source, { start: start + moved, count: length, budget })
  return membersOf(bytes, moved)
}

async function findDirectory(
  source: ByteSource,
  sizeBytes: number,
  budget: ScanBudget,
): Promise<Directory | undefined> {
  const from = Math.max(0, sizeBytes - endBytesMax)
  const tail = await readHead(source, { start: from, count: sizeBytes - from, budget })
  const view = viewOf(tail)
  let at = tail.length - 22
  while (at >= 0 && view.getUint32(at, true) !== 0x06054b50) at--
  if (at < 0) return undefined
  const short = {
    length: view.getUint32(at + 12, true),
    start: view.getUint32(at + 16, true),
    endsAt: from + at,
  }
  const isLong = short.length === unset32 || short.start === unset32
  const hasLocator = at >= 20 && view.getUint32(at - 20, true) === 0x07064b50
  if (!hasLocator) {
    if (isLong) throw new UnreadableError('its list of files lies outside of it')
    return short
  }
  const longAt = Number(view.getBigUint64(at - 12, true))
  const long = viewOf(await readHead(source, { start: longAt, count: 56, budget }))
  if (long.byteLength < 56 || long.getUint32(0, true) !== 0x06064b50) {
    throw new UnreadableError('its list of files lies outside of it')
  }
  return {
    length: Number(long.getBigUint64(40, true)),
    start: Number(long.getBigUint64(48, true)),
    endsAt: longAt,
  }
}

function membersOf(bytes: Uint8Array, moved: number): ZipMember[] {
  const view = viewOf(bytes)
  const members: ZipMember[] = []
  let at = 0
  while (at < bytes.length) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== 0x02014b50) {
      throw new UnreadableError('its list of files is damaged')
    }
    const nameBytes = view.getUint16(at + 28, true)
    const extraBytes = view.getUint16(at + 30, true)
    const end = at + 46 + nameBytes + extraBytes + view.getUint16(at + 32, true)
    if (end > bytes.length) throw new UnreadableError('its list of files is damaged')
    if (members.length >= membersMax) throw new UnreadableError('its list of files is too long')
    const long = longFieldsOf(view, at, { start: at + 46 + nameBytes, length: extraBytes })
    members.push({
      name: utf8.decode(bytes.subarray(at + 46, at + 46 + nameBytes)),
      method: view.getUint16(at + 10, true),
      isEncrypted: (view.getUint16(at + 8, true) & 1) === 1,
      packedBytes: long.packedBytes,
      headerAt: long.headerAt + moved,
    })
    at = end
  }
  return members
}

/** Sizes and places of 64 bits stand in an extra field, in this order, where the short ones are unset. */
function longFieldsOf(
  view: DataView,
  at: number,
  extra: { readonly start: number; readonly length: number },
) {
  const short = [
    view.getUint32(at + 24, true),
    view.getUint32(at + 20, true),
    view.getUint32(at + 42, true),
  ]
  let field = extra.start
  const end = extra.start + extra.length
  while (field + 4 <= end && view.getUint16(field, true) !== 1) {
    field += 4 + view.getUint16(field + 2, true)
  }
  let next = field + 4
  const values = short.map((value) => {
    if (value !== unset32 || next + 8 > end) return value
    next += 8
    return Number(view.getBigUint64(next - 8, true))
  })
  const [, packedBytes = 0, headerAt = 0] = values
  return { packedBytes, headerAt }
}

/**
 * The bytes of a member, unpacked.
 *
 * @throws UnreadableError its header says something else than the list, or it is packed in another way
 */
export async function openZipMember(
  source: ByteSource,
  member: ZipMember,
  budget: ScanBudget,
): Promise<ByteSource> {
  const { name, method, packedBytes, headerAt } = member
  const count = 30 + new TextEncoder().encode(name).length
  const head = await readHead(source, { start: headerAt, count, budget })
  const view = viewOf(head)
  if (head.length < 30 || view.getUint32(0, true) !== 0x04034b50) {
    throw new UnreadableError(`'${name}' is not where its list of files says`)
  }
  const nameBytes = view.getUint16(26, true)
  if (utf8.decode(head.subarray(30, 30 + nameBytes)) !== name) {
    throw new UnreadableError(`'${name}' has another name where it stands`)
  }
  if (member.isEncrypted) throw new UnreadableError(`'${name}' says that it is encrypted`)
  const dataAt = headerAt + 30 + nameBytes + view.getUint16(28, true)
  if (method === 0) return partOf(source, dataAt, packedBytes)
  if (method !== 8) throw new UnreadableError(`'${name}' is packed by method ${method}`)
  const packed = partOf(source, dataAt, packedBytes)
  return {
    sizeBytes: undefined,
    canSeek: false,
    open: (start) => unpackFrom(packed.open(0), { format: 'deflate-raw', start, budget }),
  }
}

/** A part of a source, such as a file in an archive that is not packed. */
export function partOf(source: ByteSource, from: number, count: number): ByteSource {
  return {
    sizeBytes: count,
    canSeek: source.canSeek,
    async *open(start, end = count) {
      let left = Math.min(end, count) - start
      if (left <= 0) return
      for await (const chunk of source.open(from + start, from + start + left)) {
        yield chunk.length > left ? chunk.subarray(0, left) : chunk
        left -= chunk.length
        if (left <= 0) return
      }
    },
  }
}

type Unpacking = {
  readonly format: 'deflate-raw' | 'deflate' | 'gzip'
  readonly budget: ScanBudget
}

/** Unpack bytes and leave out the first. @throws UnreadableError they are damaged, or too many */
export async function* unpackFrom(
  packed: AsyncIterable<Uint8Array>,
  { start, ...unpacking }: Unpacking & { readonly start: number },
): AsyncGenerator<Uint8Array> {
  let left = start
  for await (const chunk of unpackStream(packed, unpacking)) {
    // What is passed was unpacked all the same, and may be again for each part that lies behind it.
    unpacking.budget.passedBytes -= Math.min(left, chunk.length)
    if (unpacking.budget.passedBytes < 0) {
      throw new UnreadableError('it would have to be unpacked too often')
    }
    if (chunk.length > left) yield chunk.subarray(left)
    left = Math.max(0, left - chunk.length)
  }
}

async function* unpackStream(
  packed: AsyncIterable<Uint8Array>,
  { format, budget }: Unpacking,
): AsyncGenerator<Uint8Array> {
  const from = packed[Symbol.asyncIterator]()
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { done, value } = await from.next()
      if (done) return controller.close()
      budget.packedBytes -= value.length
      // An error here would end Node's process: what it unpacked before has no place to go then.
      if (budget.packedBytes < 0) return controller.close()
      controller.enqueue(new Uint8Array(value))
    },
    async cancel() {
      await from.return?.()
    },
  })
  const reader = source.pipeThrough(new DecompressionStream(format)).getReader()
  let isOver = false
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((err: unknown) => {
        isOver = true
        const why = budget.packedBytes < 0 ? 'too many' : 'damaged'
        throw new UnreadableError(`its packed bytes are ${why}`, { cause: err })
      })
      if (done) {
        isOver = true
        return
      }
      yield value
    }
  } finally {
    if (!isOver) {
      // Node's process ends where a stream is cancelled while unpacked bytes are on their way to it.
      await letOthersRun()
      // What is damaged behind that, whoever reads on is told.
      await reader.cancel().catch(() => undefined)
    }
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}
