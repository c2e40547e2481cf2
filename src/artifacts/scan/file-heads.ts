import { type ByteSource, readHead, type ScanBudget } from './byte-reader.ts'

/** Bytes of a file's beginning by which it is known. */
export const headBytes = 512

/** How bytes are packed; `other`: in a way that this server does not read. */
export type Packing = 'gzip' | 'deflate' | 'other'

export function startsWith(bytes: Uint8Array, text: string): boolean {
  return [...text].every((char, i) => bytes[i] === char.charCodeAt(0))
}

export function isZipHead(head: Uint8Array): boolean {
  return startsWith(head, 'PK\x03\x04') || startsWith(head, 'PK\x05\x06')
}

/** Archives that are not read. */
export function isOtherArchive(head: Uint8Array): boolean {
  const marks = ['7z\xbc\xaf\x27\x1c', 'Rar!\x1a\x07']
  return startsWith(head.subarray(257), 'ustar') || marks.some((mark) => startsWith(head, mark))
}

/** PyTorch wrote so before it wrote archives: pickles, and tensors behind them. */
export function isOldTorch(head: Uint8Array): boolean {
  const text = String.fromCharCode(...head.subarray(0, 32))
  return text.startsWith('\x80') && text.includes('\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.')
}

/**
 * How a file is packed. Marks of two bytes may begin other files too.
 *
 * @param isPickle its name says that it is a pickle, as joblib packs them
 */
export function packingOf(head: Uint8Array, isPickle: boolean): Packing | undefined {
  if (startsWith(head, '\x1f\x8b\x08')) return 'gzip'
  const [first = 0, second = 0] = head
  if (first === 0x78 && (first * 256 + second) % 31 === 0) return 'deflate'
  const marks = isPickle ? pickleMarks : fileMarks
  const isOther =
    marks.some((mark) => startsWith(head, mark)) ||
    (startsWith(head, '\x5d\x00') && (isPickle || isLzma(head)))
  return isOther ? 'other' : undefined
}

/** Behind its properties LZMA has the size of its dictionary, one or three times a power of 2, and of all, if it is known. */
function isLzma(head: Uint8Array): boolean {
  if (head.length < 13) return false
  const view = new DataView(head.buffer, head.byteOffset, 13)
  const dictionary = view.getUint32(1, true)
  const odd = dictionary / (dictionary & -dictionary)
  const [low, high] = [view.getUint32(5, true), view.getUint32(9, true)]
  const isUnknown = low === 0xffff_ffff && high === 0xffff_ffff
  // Of no dictionary at all, which is taken too, `odd` is no number.
  return !(Math.abs(odd) > 3) && (isUnknown || (high < 64 && low + high > 0))
}

const sureMarks = ['\xfd7zXZ\x00', '\x04\x22\x4d\x18', '\x28\xb5\x2f\xfd']
const pickleMarks = [...sureMarks, 'BZh']
/** Of bzip2, what follows its mark: a block, or the end. */
const fileMarks = [
  ...sureMarks,
  ...Array.from('123456789').flatMap((level) => [
    `BZh${level}1AY&SY`,
    `BZh${level}\x17\x72\x45\x38\x50\x90`,
  ]),
]

const hdfMark = '\x89HDF\r\n\x1a\n'
/** HDF5 may begin behind a block of the user's: at 512 bytes, or twice that, and so on. */
const hdfStartMax = 128 * 1024

export async function isHdf(source: ByteSource, budget: ScanBudget): Promise<boolean> {
  for (let start = 0; start <= hdfStartMax; start = start === 0 ? 512 : start * 2) {
    const head = await readHead(source, { start, count: hdfMark.length, budget })
    if (head.length < hdfMark.length) return false
    if (startsWith(head, hdfMark)) return true
  }
  return false
}
