import { ByteReader, type ByteSource, type ScanBudget, UnreadableError } from '../byte-reader.ts'
import { partOf } from './zip-members.ts'

/** A file in an archive of tar, which packs nothing. */
export type TarMember = { readonly name: string; readonly source: ByteSource }

const blockBytes = 512
/** Smaller files are read with the archive; larger ones are opened where they stand. */
const keptBytesMax = 4 * 1024 * 1024
const membersMax = 20_000
const namesBytesMax = 64 * 1024
/** Archives are filled up to 10 kB with nothing. */
const fillBytesMax = 1024 * 1024
const utf8 = new TextDecoder()

/** Whether a file begins as an archive of tar: its first header has the sum that it says, as Python asks. */
export function isTarHead(head: Uint8Array): boolean {
  if (head.length < blockBytes) return false
  const [, digits = ''] = /^[\s+]*(?:0o)?([0-7_]+)/i.exec(textAt(head, 148, 8)) ?? []
  const said = Number.parseInt(digits.replaceAll('_', ''), 8)
  return said === sumOf(head) || said === sumOf(new Int8Array(head))
}

/** The place of the sum itself counts as blanks. Some have summed bytes that may be negative. */
function sumOf(header: Uint8Array | Int8Array): number {
  let sum = 0
  for (let i = 0; i < blockBytes; i++) sum += i >= 148 && i < 156 ? 32 : (header[i] ?? 0)
  return sum
}

/** A text of a header: up to its first NUL. */
function textAt(header: Uint8Array, at: number, count: number): string {
  return utf8.decode(header.subarray(at, at + count)).split('\0', 1)[0] ?? ''
}

/**
 * The files of an archive, one after the other. Each is read before the next is asked for.
 *
 * @throws UnreadableError the archive is damaged, or readers of tar take it for different files
 */
export async function* readTarMembers(
  source: ByteSource,
  budget: ScanBudget,
): AsyncGenerator<TarMember> {
  const reader = new ByteReader(source, budget)
  let said: Said = {}
  try {
    for (let count = 0; ; count++) {
      if (count > membersMax) throw new UnreadableError('its list of files is too long')
      const header = await readHeader(reader)
      if (!header) return await checkFill(reader)
      if (isAboutNext(header.type)) {
        said = { ...said, ...readSaid(header.type, await readText(reader, header.sizeBytes)) }
        continue
      }
      const member = { ...header, ...said }
      said = {}
      checkMember(member)
      if (member.type !== '5') yield await openMember(source, reader, member)
    }
  } finally {
    await reader.close()
  }
}

type Header = { readonly name: string; readonly type: string; readonly sizeBytes: number }
/** What an entry before a file says of it. */
type Said = Partial<Pick<Header, 'name' | 'sizeBytes'>>

/** @returns undefined: the archive ends here */
async function readHeader(reader: ByteReader): Promise<Header | undefined> {
  if (!(await reader.fill(blockBytes))) throw new UnreadableError('the archive ends too early')
  const block = reader.take(blockBytes).slice()
  if (block.every((byte) => byte === 0)) return undefined
  if (!isTarHead(block)) throw new UnreadableError('its list of files is damaged')
  const prefix = textAt(block, 345, 155)
  const own = textAt(block, 0, 100)
  const type = String.fromCharCode(block[156] ?? 0)
  const isFolder = type === '5' || (type === '\0' && own.endsWith('/'))
  return {
    name: prefix === '' ? own : `${prefix}/${own}`,
    type: isFolder ? '5' : type,
    sizeBytes: sizeIn(block),
  }
}

/** In octal digits or, for what is larger, as a number of bytes. */
function sizeIn(block: Uint8Array): number {
  const field = block.subarray(124, 136)
  const sizeBytes =
    field[0] === 0x80
      ? field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0)
      : octal(textAt(block, 124, 12).trim())
  if (Number.isSafeInteger(sizeBytes)) return sizeBytes
  throw new UnreadableError('a size in its list of files cannot be told')
}

function octal(digits: string): number {
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN
}

/** Long names, and what POSIX's newer archives say of the next file or of all. */
function isAboutNext(type: string): boolean {
  return ['L', 'K', 'x', 'X', 'g'].includes(type)
}

function readSaid(type: string, text: string): Said {
  if (type === 'L') return { name: nameOf(text.split('\0', 1)[0] ?? '') }
  return type === 'K' ? {} : readRecords(type, text)
}

function readRecords(type: string, text: string): Said {
  const said: { name?: string; sizeBytes?: number } = {}
  for (const { key, value } of recordsIn(text)) {
    const isOfFile = key === 'path' || key === 'size'
    if (key.startsWith('GNU.sparse') || (isOfFile && type === 'g')) throw untold()
    if (key === 'path') said.name = nameOf(value)
    if (key === 'size') said.sizeBytes = Number(/^\d{1,15}$/.test(value) ? value : Number.NaN)
  }
  return said
}

/** Each begins with its own length: `19 path=model.ckpt` and the end of a line. */
function* recordsIn(text: string): Generator<{ readonly key: string; readonly value: string }> {
  for (let at = 0; at < text.length; ) {
    const [, digits = ''] = /^(\d{1,6}) /.exec(text.slice(at, at + 7)) ?? []
    const end = at + Number(digits)
    const [, key = '', value] =
      /^([^=]*)=([\s\S]*)\n$/.exec(text.slice(at + digits.length + 1, end)) ?? []
    if (digits === '' || end > text.length || value === undefined) throw untold()
    yield { key, value }
    at = end
  }
}

function untold(): UnreadableError {
  return new UnreadableError('what its list says of a file cannot be told')
}

/** @param text one character a byte */
function nameOf(text: string): string {
  return utf8.decode(Uint8Array.from(text, (char) => char.charCodeAt(0)))
}

/** One character a byte, since records are counted in bytes. */
async function readText(reader: ByteReader, count: number): Promise<string> {
  if (count > namesBytesMax) throw new UnreadableError('a name in its list of files is too long')
  const bytes = await takeFilled(reader, count)
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
}

/** The bytes of a file, and past what fills its last block. */
async function takeFilled(reader: ByteReader, count: number): Promise<Uint8Array> {
  const all = filledOf(count)
  if (!(await reader.fill(all))) throw new UnreadableError('the archive ends too early')
  return reader.take(all).slice(0, count)
}

function filledOf(count: number): number {
  return Math.ceil(count / blockBytes) * blockBytes
}

/** @throws UnreadableError for what is unpacked elsewhere, or to another length than readers agree on */
function checkMember({ name, type, sizeBytes }: Header): void {
  const told = JSON.stringify(name.slice(0, 100))
  if (!Number.isSafeInteger(sizeBytes)) {
    throw new UnreadableError(`the size of ${told} cannot be told`)
  }
  if (/^[12346S]$/.test(type)) throw new UnreadableError(`${told} is a link or no plain file`)
  if (type === '5' && sizeBytes > 0) {
    throw new UnreadableError(`${told} is a folder that has bytes`)
  }
  if (name.startsWith('/') || /(^|[/\\])\.\.([/\\]|$)/.test(name)) {
    throw new UnreadableError(`${told} would be unpacked outside of its folder`)
  }
}

async function openMember(
  source: ByteSource,
  reader: ByteReader,
  { name, sizeBytes }: Header,
): Promise<TarMember> {
  if (sizeBytes <= keptBytesMax) {
    return { name, source: bytesSource(await takeFilled(reader, sizeBytes)) }
  }
  const from = reader.offset
  if (!(await reader.skip(filledOf(sizeBytes)))) {
    throw new UnreadableError('the archive ends too early')
  }
  return { name, source: partOf(source, from, sizeBytes) }
}

function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    sizeBytes: bytes.length,
    canSeek: true,
    async *open(start, end = bytes.length) {
      if (end > start) yield bytes.subarray(start, end)
    },
  }
}

/** Behind its end an archive has nothing: some readers go on there. */
async function checkFill(reader: ByteReader): Promise<void> {
  for (let passed = 0; await reader.fill(1); ) {
    const bytes = reader.takeAll()
    passed += bytes.length
    if (passed > fillBytesMax || bytes.some((byte) => byte !== 0)) {
      throw new UnreadableError('something stands behind the end of the archive')
    }
  }
}
