import type { FC } from 'hono/jsx'
import { numberText, visibleText } from '../parts/text.tsx'
import type { AxisValue, ValueAxis } from './value-axis.ts'

/** Colours by a value: a class of the stylesheet, and what it stands for. */
export type ColourScale = {
  readonly title: string
  readonly classOf: (value: AxisValue) => string
  readonly legend: readonly { readonly class: string; readonly text: string }[]
}

const rampSteps = 5
const coloursMax = 10
const noColour = 'no-series'

/** Numbers by a ramp from weak to strong; texts by colours, those beyond the tenth by none. */
export function colourScaleOf(axis: ValueAxis): ColourScale {
  return axis.numbers ? rampOf(axis, axis.numbers) : coloursOf(axis)
}

function rampOf(
  { title, placeOf }: ValueAxis,
  { from, to, isLog }: NonNullable<ValueAxis['numbers']>,
): ColourScale {
  const valueAt = (share: number) => {
    const height = from + (to - from) * share
    return isLog ? 10 ** height : height
  }
  const digits = digitsApart(
    Array.from({ length: rampSteps + 1 }, (_, i) => valueAt(i / rampSteps)),
  )
  const textAt = (share: number) => numberText(Number(valueAt(share).toPrecision(digits)))
  return {
    title,
    classOf: (value) => {
      const place = placeOf(value)
      return typeof place === 'number'
        ? `ramp-${Math.min(rampSteps - 1, Math.floor(place * rampSteps))}`
        : noColour
    },
    legend: [
      ...Array.from({ length: rampSteps }, (_, i) => ({
        class: `ramp-${i}`,
        text: `${textAt(i / rampSteps)} to ${textAt((i + 1) / rampSteps)}`,
      })),
      { class: noColour, text: 'no value, or NaN' },
    ],
  }
}

/** As many digits as tell these numbers apart: three, or up to six where they are close. */
function digitsApart(values: readonly number[]): number {
  const isApart = (digits: number) =>
    new Set(values.map((value) => value.toPrecision(digits))).size === new Set(values).size
  return [3, 4, 5].find(isApart) ?? 6
}

function coloursOf({ title, ticks, texts }: ValueAxis): ColourScale {
  const shown = ticks.toReversed().slice(0, texts === undefined ? coloursMax : 0)
  const classes = new Map(shown.map(({ text }, i) => [text, `series-${i}`]))
  return {
    title,
    classOf: (value) => classes.get(String(value)) ?? noColour,
    legend: [
      ...shown.map(({ text }, i) => ({ class: `series-${i}`, text })),
      { class: noColour, text: texts === undefined ? 'others, or no value' : 'too many values' },
    ],
  }
}

export const ColourLegend: FC<{ readonly scale: ColourScale }> = ({ scale: { title, legend } }) => (
  <div class="row">
    <span class="soft">
      Colour: <bdi>{visibleText(title)}</bdi>
    </span>
    <ul class="legend">
      {legend.map(({ class: name, text }) => (
        <li>
          <svg viewBox="0 0 24 8" aria-hidden="true" focusable="false">
            <g class={name}>
              <path class="line" d="M0 4H24" />
            </g>
          </svg>
          <bdi>{visibleText(text)}</bdi>
        </li>
      ))}
    </ul>
  </div>
)
