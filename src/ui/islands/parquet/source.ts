import { ParquetError } from './format/cursor.ts'
import type { RangeSource } from './format/footer.ts'

/** The file at an address, as it was when its page was made. */
export type FileAtUrl = {
  readonly url: string
  readonly sizeBytes: number
  /** Of what the file had then. */
  readonly sha256: string
}

const blockBytes = 64 * 1024
/** What follows is mostly wanted next. */
const aheadBlocks = 4
/** Of all that is read for one look. */
const totalBytesMax = 64_000_000

/** A block is a part of what one request brings. */
type Block = { readonly request: Promise<Uint8Array>; readonly at: number }

/** Reads whole blocks, each once, by requests for a range. */
export function sourceAt(file: FileAtUrl): RangeSource {
  const { sizeBytes } = file
  const blocks = new Map<number, Block>()
  let total = 0
  const load = (first: number, count: number) => {
    const start = first * blockBytes
    const end = Math.min(sizeBytes, start + count * blockBytes)
    total += end - start
    if (total > totalBytesMax) {
      throw new ParquetError('more than the 64 MB that are read here would be needed')
    }
    const request = loadRange(file, start, end)
    for (let i = 0; i < count; i++) blocks.set(first + i, { request, at: i * blockBytes })
  }
  const loadMissing = (first: number, last: number) => {
    for (let at = first; at < last; at++) {
      if (blocks.has(at)) continue
      const until = Math.min(Math.ceil(sizeBytes / blockBytes), Math.max(last, at + aheadBlocks))
      let count = 1
      while (at + count < until && !blocks.has(at + count)) count++
      load(at, count)
    }
  }
  return {
    sizeBytes,
    async read(start, end) {
      const [first, last] = [Math.floor(start / blockBytes), Math.ceil(end / blockBytes)]
      loadMissing(first, last)
      const bytes = new Uint8Array(end - start)
      for (let i = first; i < last; i++) {
        const block = blocks.get(i)
        if (!block) throw new Error(`block ${i} was not asked for`)
        const from = i * blockBytes
        const all = (await block.request).subarray(block.at, block.at + blockBytes)
        bytes.set(all.subarray(Math.max(0, start - from), end - from), Math.max(0, from - start))
      }
      return bytes
    },
  }
}

async function loadRange(
  { url, sha256 }: FileAtUrl,
  start: number,
  end: number,
): Promise<Uint8Array> {
  const headers = { Range: `bytes=${start}-${end - 1}`, 'If-Range': `"${sha256}"` }
  const res = await fetch(url, { headers, cache: 'no-store' }).catch(() => {
    throw new ParquetError('the server cannot be reached')
  })
  if (res.status !== 206) {
    await res.body?.cancel()
    throw new ParquetError(
      res.status === 200
        ? 'it has changed: load the page again'
        : `the server answered ${res.status}`,
    )
  }
  const bytes = new Uint8Array(await res.arrayBuffer())
  if (bytes.length !== end - start) throw new ParquetError('the server sent another part')
  return bytes
}
