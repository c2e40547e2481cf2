/** Bytes that can be read from any place on. */
export type ByteSource = {
  /** Undefined: not known before they are read. */
  readonly sizeBytes: number | undefined
  /** @param end nothing from there on is needed */
  open(start: number, end?: number): AsyncIterable<Uint8Array>
  /** Whether `open` costs little anywhere, so that long parts need not be read to be passed. */
  readonly canSeek: boolean
}

/** What a scan may still take; it is shared by all that is read for one file. */
export type ScanBudget = {
  bytes: number
  packedBytes: number
  /** Unpacked to be passed over. */
  passedBytes: number
  opcodes: number
}

/** Nothing more is read of a file; the message says why, for people. */
export class UnreadableError extends Error {
  override name = 'UnreadableError'
}

/** Parts above this are passed by opening the source behind them. */
const seekBytesMin = 1024 * 1024

/** Reads a source from its beginning, a piece at a time. */
export class ByteReader {
  /** Of the next byte. */
  offset = 0
  #chunks: AsyncIterator<Uint8Array>
  #buffer: Uint8Array = new Uint8Array(0)
  #at = 0

  readonly #source: ByteSource
  readonly #budget: ScanBudget

  constructor(
    source: ByteSource,
    budget: ScanBudget,
    { start = 0, end }: { readonly start?: number; readonly end?: number } = {},
  ) {
    this.#source = source
    this.#budget = budget
    this.offset = start
    this.#chunks = source.open(start, end)[Symbol.asyncIterator]()
  }

  /** Whether so many bytes can be taken without waiting. */
  has(count: number): boolean {
    return this.#buffer.length - this.#at >= count
  }

  /** Read on until `has(count)`. @returns false: the source ends before */
  async fill(count: number): Promise<boolean> {
    const parts = [this.#buffer.subarray(this.#at)]
    let there = this.#buffer.length - this.#at
    while (there < count) {
      const { done, value } = await this.#chunks.next()
      if (done) break
      this.#budget.bytes -= value.length
      if (this.#budget.bytes < 0) throw new UnreadableError('it is too long to be read whole')
      parts.push(value)
      there += value.length
    }
    this.#at = 0
    this.#buffer = joinedOf(parts, there)
    return there >= count
  }

  /** Whether the next bytes, as far as they were read, are the mark that protocols from 2 on begin with. */
  isAtProtocol(): boolean {
    return this.#buffer[this.#at] === 0x80 && (this.#buffer[this.#at + 1] ?? 255) <= 5
  }

  /** The next byte, which `has` or `fill` said is there. */
  takeByte(): number {
    this.offset++
    return this.#buffer[this.#at++] ?? 0
  }

  /** The next bytes, which `has` or `fill` said are there; valid until the next call. */
  take(count: number): Uint8Array {
    const bytes = this.#buffer.subarray(this.#at, this.#at + count)
    this.#at += count
    this.offset += count
    return bytes
  }

  /** The next bytes, which `has` said are there, without taking them. */
  peek(count: number): Uint8Array {
    return this.#buffer.subarray(this.#at, this.#at + count)
  }

  /** Where a byte stands among those that were read, counted from the next one; -1: not there. */
  find(byte: number, from: number): number {
    const at = this.#buffer.indexOf(byte, this.#at + from)
    return at === -1 ? -1 : at - this.#at
  }

  /** All that can be had without waiting. */
  takeAll(): Uint8Array {
    return this.take(this.#buffer.length - this.#at)
  }

  /** Pass bytes. @returns false: the source ends before */
  async skip(count: number): Promise<boolean> {
    let left = count
    const ready = Math.min(left, this.#buffer.length - this.#at)
    this.take(ready)
    left -= ready
    if (this.#source.canSeek && left >= seekBytesMin) return this.#seek(left)
    while (left > 0) {
      if (!(await this.fill(1))) return false
      const some = Math.min(left, this.#buffer.length - this.#at)
      this.take(some)
      left -= some
    }
    return true
  }

  async #seek(count: number): Promise<boolean> {
    const to = this.offset + count
    if (this.#source.sizeBytes !== undefined && to > this.#source.sizeBytes) return false
    await this.close()
    this.offset = to
    this.#chunks = this.#source.open(to)[Symbol.asyncIterator]()
    return true
  }

  /** End what it reads from. */
  async close(): Promise<void> {
    await this.#chunks.return?.()
  }
}

/** All parts in one, which is copied once, however many come. */
function joinedOf(parts: readonly Uint8Array[], count: number): Uint8Array {
  const [only, another, ...more] = parts.filter(({ length }) => length > 0)
  if (!only || !another) return only ?? new Uint8Array(0)
  const joined = new Uint8Array(count)
  let at = 0
  for (const part of [only, another, ...more]) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

/** The first bytes of a source, at most `count`. */
export async function readHead(
  source: ByteSource,
  { start = 0, count, budget }: { start?: number; count: number; budget: ScanBudget },
): Promise<Uint8Array> {
  const reader = new ByteReader(source, budget, { start, end: start + count })
  try {
    await reader.fill(count)
    const all = reader.takeAll()
    return all.slice(0, count)
  } finally {
    await reader.close()
  }
}
