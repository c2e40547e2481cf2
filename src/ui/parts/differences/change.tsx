import type { FC } from 'hono/jsx'
import type { Direction } from '../directions.ts'
import { Sign } from '../sign.tsx'
import { NoValue } from '../table.tsx'
import { numberText } from '../text.tsx'

/** Beside the name of a metric: which way it is better. */
export const BetterSign: FC<{ readonly direction: Direction | undefined }> = ({ direction }) =>
  direction === undefined ? null : (
    <span class="soft">
      {' '}
      <Sign of={direction} />
      <span class="unseen">{betterText(direction)}</span>
    </span>
  )

/** In words. */
export function betterText(direction: Direction | undefined): string {
  if (direction === undefined) return 'neither way is better'
  return direction === 'up' ? 'more is better' : 'less is better'
}

type ChangeProps = {
  readonly values: readonly (string | number | null)[]
  readonly direction: 'up' | 'down' | undefined
}

/** The difference to the first value, as a number and in per cent, and whether it is better. */
export const Change: FC<ChangeProps> = ({ values: [before, after], direction }) => {
  if (typeof before !== 'number' || typeof after !== 'number') return <NoValue />
  const delta = after - before
  const sign = delta > 0 ? '+' : ''
  const share = before === 0 ? '' : ` (${sign}${numberText(roundedShare(delta, before))} %)`
  const text = `${sign}${numberText(delta)}${share}`
  if (direction === undefined || delta === 0) return <>{text}</>
  const isBetter = direction === 'up' ? delta > 0 : delta < 0
  return (
    <span class={isBetter ? 'good-text' : 'bad-text'}>
      <Sign of={isBetter ? 'check' : 'down'} /> {text} {isBetter ? 'better' : 'worse'}
    </span>
  )
}

function roundedShare(delta: number, before: number): number {
  return Math.round((delta / Math.abs(before)) * 1000) / 10
}
