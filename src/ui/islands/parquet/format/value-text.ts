import { cutText } from '../../../../core/error.ts'
import { bitsAt, cursorAt, ParquetError } from './cursor.ts'
import type { Raw } from './encodings.ts'
import type { TimeUnit } from './footer.ts'
import { type Leaf, physical, type ValueMeaning } from './schema.ts'

/** How much of a long text is read. */
const charsMax = 600

/** A value in words, exactly; of a long text its beginning. */
export function valueText(raw: Raw, { type, meaning }: Leaf): string {
  if (raw instanceof Uint8Array) return bytesText(raw, type, meaning)
  if (typeof raw === 'boolean') return String(raw)
  return meaning.kind === 'plain' ? plainText(raw, type) : numberText(raw, meaning)
}

function plainText(raw: number | bigint, type: number): string {
  if (typeof raw === 'number' && type === physical.float) return floatText(raw)
  return Object.is(raw, -0) ? '-0' : String(raw)
}

/** As few digits as tell a number of 32 bits from the ones beside it. */
function floatText(value: number): string {
  if (!Number.isFinite(value) || value === 0) return plainText(value, physical.double)
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return String(short)
  }
  return String(Number(value.toPrecision(9)))
}

function numberText(raw: number | bigint, meaning: ValueMeaning): string {
  switch (meaning.kind) {
    case 'unsigned':
      return String(BigInt.asUintN(Math.min(64, Math.max(1, meaning.bits)), wholeOf(raw)))
    case 'decimal':
      return decimalText(wholeOf(raw), meaning.scale)
    case 'date':
      return dateText(wholeOf(raw))
    case 'time':
      return clockText(wholeOf(raw), meaning.unit)
    case 'timestamp':
      return momentText(wholeOf(raw), meaning.unit) + (meaning.isUtc ? 'Z' : '')
    default:
      return String(raw)
  }
}

function wholeOf(raw: number | bigint): bigint {
  if (typeof raw === 'bigint') return raw
  if (!Number.isSafeInteger(raw)) throw new ParquetError('its values are not of its type')
  return BigInt(raw)
}

const scaleMax = 400

function decimalText(value: bigint, scale: number): string {
  if (scale <= 0 || scale > scaleMax) return scale === 0 ? String(value) : `${value}e${-scale}`
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0')
  const sign = value < 0n ? '-' : ''
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

const msPerDay = 86_400_000n

function dateText(days: bigint): string {
  return dayText(days) ?? `day ${days}`
}

/** Undefined: no calendar of ours has it. */
function dayText(days: bigint): string | undefined {
  const at = new Date(Number(days * msPerDay))
  return Number.isNaN(at.getTime()) ? undefined : (at.toISOString().split('T')[0] ?? undefined)
}

const perSecond: Readonly<Record<TimeUnit, bigint>> = {
  ms: 1000n,
  us: 1_000_000n,
  ns: 1_000_000_000n,
}

function clockText(value: bigint, unit: TimeUnit): string {
  const per = perSecond[unit]
  const seconds = value / per
  const parts = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n]
  const part = value % per
  if (value < 0n || seconds >= 172_800n) return `${value} ${unit}`
  const digits = String(part).padStart(String(per).length - 1, '0')
  const clock = parts.map((one) => String(one).padStart(2, '0')).join(':')
  return part === 0n ? clock : `${clock}.${digits}`
}

function momentText(value: bigint, unit: TimeUnit): string {
  const perDay = perSecond[unit] * 86_400n
  const rest = ((value % perDay) + perDay) % perDay
  const day = dayText((value - rest) / perDay)
  return day === undefined ? `${value} ${unit} since 1970` : `${day}T${clockText(rest, unit)}`
}

function bytesText(bytes: Uint8Array, type: number, meaning: ValueMeaning): string {
  switch (meaning.kind) {
    case 'text':
      return writtenText(bytes) ?? hexText(bytes)
    case 'decimal':
      return bytes.length > 64 ? hexText(bytes) : decimalText(bigEndian(bytes), meaning.scale)
    case 'uuid':
      return bytes.length === 16 ? uuidText(bytes) : hexText(bytes)
    case 'float16':
      return bytes.length === 2 ? plainText(halfFloat(bytes), physical.double) : hexText(bytes)
    case 'interval':
      return bytes.length === 12 ? intervalText(bytes) : hexText(bytes)
    default:
      if (type === physical.int96) return oldMomentText(bytes)
      return type === physical.bytes ? (looksWritten(bytes) ?? hexText(bytes)) : hexText(bytes)
  }
}

/** The beginning of a text; undefined: it is none. */
function writtenText(bytes: Uint8Array): string | undefined {
  const isCut = bytes.length > charsMax * 4
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    return cutText(decoder.decode(bytes.subarray(0, charsMax * 4), { stream: isCut }), charsMax)
  } catch {
    return undefined
  }
}

/** Old writers did not say which bytes are texts. */
function looksWritten(bytes: Uint8Array): string | undefined {
  const text = writtenText(bytes)
  return text !== undefined && !/(?![\t\n\r])\p{Cc}/u.test(text) ? text : undefined
}

const hexBytesMax = 64

function hexText(bytes: Uint8Array): string {
  const shown = [...bytes.subarray(0, hexBytesMax)]
  const hex = shown.map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return bytes.length > hexBytesMax ? `0x${hex}… (${bytes.length} bytes)` : `0x${hex}`
}

function uuidText(bytes: Uint8Array): string {
  const hex = hexText(bytes).slice(2)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-')
}

function bigEndian(bytes: Uint8Array): bigint {
  const value = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)
  return BigInt.asIntN(bytes.length * 8, value)
}

function halfFloat(bytes: Uint8Array): number {
  const fraction = bitsAt(bytes, 0, 10) / 1024
  const exponent = bitsAt(bytes, 10, 5)
  const sign = bitsAt(bytes, 15, 1) === 1 ? -1 : 1
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (exponent === 0 ? 2 ** -14 * fraction : 2 ** (exponent - 15) * (1 + fraction))
}

function intervalText(bytes: Uint8Array): string {
  const { view } = cursorAt(bytes)
  const [months, days, ms] = [0, 4, 8].map((at) => view.getUint32(at, true))
  return `${months} months ${days} days ${ms} ms`
}

/** Days are counted from noon of a day in 4714 BC, with the nanoseconds of the day before them. */
function oldMomentText(bytes: Uint8Array): string {
  const { view } = cursorAt(bytes)
  const days = BigInt(view.getInt32(8, true)) - 2_440_588n
  return momentText(days * msPerDay * 1_000_000n + view.getBigInt64(0, true), 'ns')
}
