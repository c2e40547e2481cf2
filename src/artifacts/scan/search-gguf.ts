import { letOthersRun } from '../../core/rounds.ts'
import { ByteReader, type ByteSource, type ScanBudget, UnreadableError } from './byte-reader.ts'
import type { FoundCode } from './search-text.ts'

type Search = { readonly notes: { readonly found: FoundCode[] }; readonly budget: ScanBudget }

/** Values that the header of one file has, those of its lists among them: vocabularies have 300,000. */
const valuesMax = 3_000_000
/** And how deep lists lie in lists, which nobody writes. */
const depthMax = 1000
/** After so many the server's other work has a turn. */
const valuesPerTurn = 5000
const keyBytesMax = 65_535
const templatesMax = 20
const damaged = 'its header of GGUF is damaged'

/** Bytes of a value, by its type; texts and lists say their own length. */
const sizes: Readonly<Record<number, number>> = {
  ...{ 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 },
}
const textType = 8
const listType = 9

/**
 * Chat templates in the header of a GGUF file, which are programs of Jinja. Tensors are not read.
 *
 * @throws UnreadableError the header is cut, or made to take a reader's time
 */
export async function searchGguf(source: ByteSource, { notes, budget }: Search): Promise<void> {
  const header = new GgufHeader(new ByteReader(source, budget))
  const found = new Set<string>()
  try {
    await header.begin()
    for (let left = await header.count(); left > 0; left--) {
      const key = await header.text()
      if (/(^|\.)chat_template/.test(key) && found.size < templatesMax) found.add(key)
      await header.passValue(await header.u32())
    }
  } finally {
    for (const where of found) notes.found.push({ what: 'template', where: where.slice(0, 100) })
    await header.close()
  }
}

class GgufHeader {
  #isLittle = true
  #version = 0
  #values = 0

  readonly #reader: ByteReader

  constructor(reader: ByteReader) {
    this.#reader = reader
  }

  /** Its mark, its version and the number of its tensors. */
  async begin(): Promise<void> {
    await this.#take(4)
    const version = await this.#take(4)
    this.#isLittle = version.getUint32(0, true) <= 0xffff
    this.#version = version.getUint32(0, this.#isLittle)
    await this.count()
  }

  /** A length or a number of things; the first version had shorter ones. */
  async count(): Promise<number> {
    if (this.#version === 1) return this.u32()
    const view = await this.#take(8)
    return Number(view.getBigUint64(0, this.#isLittle))
  }

  async u32(): Promise<number> {
    const view = await this.#take(4)
    return view.getUint32(0, this.#isLittle)
  }

  async text(): Promise<string> {
    const length = await this.count()
    if (length > keyBytesMax) throw new UnreadableError(damaged)
    return new TextDecoder().decode(await this.#take(length))
  }

  /** Lists in lists are read without recursion. */
  async passValue(type: number): Promise<void> {
    const waiting = [{ type, left: 1 }]
    for (let at = waiting.at(-1); at !== undefined; at = waiting.at(-1)) {
      const size = sizes[at.type]
      const count = size === undefined ? 1 : at.left
      if (at.left === 0) waiting.pop()
      else if (size !== undefined) await this.#skip(size * count)
      else if (at.type === textType) await this.#skip(await this.count())
      else waiting.push(await this.#beginList(at.type, waiting.length))
      at.left -= Math.min(count, at.left)
      await this.#countValue()
    }
  }

  async #beginList(type: number, depth: number) {
    if (type !== listType || depth > depthMax) throw new UnreadableError(damaged)
    return { type: await this.u32(), left: await this.count() }
  }

  async close(): Promise<void> {
    await this.#reader.close()
  }

  async #countValue(): Promise<void> {
    this.#values++
    if (this.#values % valuesPerTurn === 0) await letOthersRun()
    if (this.#values > valuesMax)
      throw new UnreadableError('its header of GGUF has too many values')
  }

  async #take(length: number): Promise<DataView> {
    const reader = this.#reader
    if (!reader.has(length) && !(await reader.fill(length))) throw new UnreadableError(damaged)
    const { buffer, byteOffset } = reader.take(length)
    return new DataView(buffer, byteOffset, length)
  }

  async #skip(length: number): Promise<void> {
    if (!Number.isSafeInteger(length) || !(await this.#reader.skip(length))) {
      throw new UnreadableError(damaged)
    }
  }
}
