import { fromBase64, toBase64 } from '../../core/bytes.ts'
import type { Int64 } from '../../core/int64.ts'
import { narrow } from '../../core/int64.ts'

/** A logged point without its name. */
export type Point = {
  readonly timestampMs: Int64
  readonly step: Int64
  readonly value: number
}

/** As `packPoints`, in base64 for a row. */
export function encodePoints(points: readonly Point[]): string {
  return toBase64(packPoints(points))
}

/** The points of `encodePoints`, in their order. @throws what is damaged is not read as fewer points */
export function decodePoints(text: string): Point[] {
  const bytes = fromBase64(text)
  if (!bytes) throw new Error('Points of a metric are damaged: they are no base64')
  return unpackPoints(bytes)
}

/**
 * Points as bytes: one of flags; how many there are; their times, then their steps, each as the
 * difference from the one before; their values. Every value comes back to the bit, but that all NaN are one.
 */
export function packPoints(points: readonly Point[]): Uint8Array<ArrayBuffer> {
  const isWide = !points.every(({ timestampMs, step }) => isNear(timestampMs) && isNear(step))
  const isSingle = points.every(({ value }) => Object.is(Math.fround(value), value))
  const writer = new Writer(16 + points.length * 24)
  writer.byte((isWide ? wide : 0) | (isSingle ? single : 0))
  writer.varint(points.length)
  for (const name of ['timestampMs', 'step'] as const) {
    let before = 0
    for (const point of points) {
      if (isWide) {
        writer.int64(BigInt(point[name]))
      } else {
        const near = Number(point[name])
        writer.signed(near - before)
        before = near
      }
    }
  }
  for (const { value } of points) writer.real(value, isSingle)
  return writer.bytes()
}

/** The points of `packPoints`, in their order. @throws what is damaged is not read as fewer points */
export function unpackPoints(bytes: Uint8Array<ArrayBuffer>): Point[] {
  const reader = new Reader(bytes)
  const flags = reader.byte()
  if (flags > (wide | single)) throw new Error(`Points of a metric are in an unknown form ${flags}`)
  const count = reader.varint()
  const column = () => {
    let before = 0
    return Array.from({ length: count }, (): Int64 => {
      if (flags & wide) return narrow(reader.int64())
      before += reader.signed()
      return before
    })
  }
  const [times, steps] = [column(), column()]
  const points = times.map((timestampMs, i) => ({
    timestampMs,
    step: steps[i] ?? 0,
    value: reader.real((flags & single) !== 0),
  }))
  reader.end()
  return points
}

/** Times and steps are 64 bits each. */
const wide = 1
/** Values are floats of 32 bits, which is what many that train have. */
const single = 2

/** So that a difference, and twice it, is exact. */
const nearMax = 2 ** 51

function isNear(value: Int64): boolean {
  return typeof value === 'number' && Math.abs(value) <= nearMax
}

class Writer {
  readonly #view: DataView<ArrayBuffer>
  #at = 0

  constructor(bytesMax: number) {
    this.#view = new DataView(new ArrayBuffer(bytesMax))
  }

  byte(value: number): void {
    this.#view.setUint8(this.#at++, value)
  }

  varint(value: number): void {
    let left = value
    for (; left > 127; left = Math.floor(left / 128)) this.byte((left % 128) + 128)
    this.byte(left)
  }

  /** Small numbers of either sign take few bytes. */
  signed(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value)
  }

  int64(value: bigint): void {
    this.#view.setBigInt64(this.#at, value)
    this.#at += 8
  }

  real(value: number, isSingle: boolean): void {
    if (isSingle) this.#view.setFloat32(this.#at, value)
    else this.#view.setFloat64(this.#at, value)
    this.#at += isSingle ? 4 : 8
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#view.buffer, 0, this.#at)
  }
}

/** Each read past the end throws. */
class Reader {
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  byte(): number {
    return this.#view.getUint8(this.#at++)
  }

  varint(): number {
    let value = 0
    for (let unit = 1; ; unit *= 128) {
      const byte = this.byte()
      value += (byte % 128) * unit
      if (byte < 128) return value
    }
  }

  signed(): number {
    const value = this.varint()
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2
  }

  int64(): bigint {
    this.#at += 8
    return this.#view.getBigInt64(this.#at - 8)
  }

  real(isSingle: boolean): number {
    this.#at += isSingle ? 4 : 8
    return isSingle ? this.#view.getFloat32(this.#at - 4) : this.#view.getFloat64(this.#at - 8)
  }

  end(): void {
    if (this.#at !== this.#view.byteLength)
      throw new Error('Points of a metric are damaged: bytes are left over')
  }
}
