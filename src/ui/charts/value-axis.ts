import { numberText } from '../parts/text.tsx'
import { roundedOf } from './draw-series.ts'

/** What a run has of a column. An infinity is kept as the largest double. */
export type AxisValue = number | string | undefined

/** Where a value stands: from 0, the least, to 1, or in a lane of its own. */
export type AxisPlace = number | 'none' | 'nan'

/** The values of one column as places along a line. */
export type ValueAxis = {
  readonly column: string
  readonly title: string
  /** Undefined: they are texts. */
  readonly numbers:
    | { readonly from: number; readonly to: number; readonly isLog: boolean }
    | undefined
  /** From the greatest to the least. */
  readonly ticks: readonly { readonly text: string; readonly at: number }[]
  readonly placeOf: (value: AxisValue) => AxisPlace
  /** How many different texts there are, where not all have a tick. */
  readonly texts: number | undefined
}

type AxisOptions = {
  readonly column: string
  readonly title: string
  readonly values: readonly AxisValue[]
  /** Undefined: where they are all above 0 and reach over many powers of ten. */
  readonly isLog?: boolean | undefined
}

/** Numbers by their size, where all values are numbers; else texts in their order. */
export function axisOf({ column, title, values, isLog }: AxisOptions): ValueAxis {
  const numbers = values.map(numberFrom)
  const isText = numbers.includes('text')
  const finite = numbers.filter((one): one is number => isFiniteValue(one))
  return isText || finite.length === 0
    ? { column, title, numbers: undefined, ...textPlaces(values) }
    : { column, title, ...numberPlaces(finite, isLog) }
}

const isFiniteValue = (value: unknown): value is number =>
  typeof value === 'number' && Math.abs(value) < Number.MAX_VALUE

/** Params are texts, which mean numbers where all do. */
function numberFrom(value: AxisValue): number | 'none' | 'text' {
  if (typeof value === 'number') return value
  const text = value?.trim() ?? ''
  if (/^(|none|null)$/i.test(text)) return 'none'
  if (/^nan$/i.test(text)) return Number.NaN
  if (/^[-+]?inf(inity)?$/i.test(text)) return Number.MAX_VALUE * (text.startsWith('-') ? -1 : 1)
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : 'text'
}

/** From so many times the least value on, logarithms are drawn. */
const logRatio = 100

function numberPlaces(finite: readonly number[], wantsLog: boolean | undefined) {
  const least = finite.reduce((a, b) => Math.min(a, b))
  const greatest = finite.reduce((a, b) => Math.max(a, b))
  const isLog = least > 0 && (wantsLog ?? greatest / least >= logRatio)
  const heightOf = (value: number) =>
    !isLog ? value : value > 0 ? Math.log10(value) : Number.NEGATIVE_INFINITY
  const rounded = roundedOf({ x: [0, 1], y: [heightOf(least), heightOf(greatest)] })
  const [from, to] = rounded.y ?? [0, 0]
  const shareOf = (height: number) =>
    to > from ? (height / 2 - from / 2) / (to / 2 - from / 2) : 0.5
  return {
    numbers: { from, to, isLog },
    ticks: rounded.ticks.map((tick) => ({
      text: isLog ? numberText(Number((10 ** tick).toPrecision(2))) : numberText(tick),
      at: shareOf(tick),
    })),
    texts: undefined,
    placeOf: (value: AxisValue): AxisPlace => {
      const number = numberFrom(value)
      if (typeof number !== 'number') return 'none'
      if (Number.isNaN(number)) return 'nan'
      return Math.min(1, Math.max(0, shareOf(heightOf(number))))
    },
  }
}

/** Texts that are listed in full. */
const textsMax = 20

function textPlaces(values: readonly AxisValue[]) {
  const texts = [...new Set(values.flatMap((value) => value ?? []).map(String))].sort(compareTexts)
  const places = new Map(
    texts.map((text, i) => [text, texts.length === 1 ? 0.5 : i / (texts.length - 1)]),
  )
  const step = texts.length <= textsMax ? 1 : texts.length - 1
  return {
    ticks: texts
      .filter((_, i) => i % step === 0)
      .map((text) => ({ text, at: places.get(text) ?? 0 }))
      .reverse(),
    texts: texts.length <= textsMax ? undefined : texts.length,
    placeOf: (value: AxisValue): AxisPlace =>
      value === undefined ? 'none' : (places.get(String(value)) ?? 'none'),
  }
}

/** The natural order: 9 before 10. */
export function compareTexts(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}
