import type { FC } from 'hono/jsx'
import { excerpt, invalid } from '../../core/error.ts'
import { type GivenTime, timeForm, timeOf } from '../../search/times/moment.ts'

type TimeFieldProps = {
  readonly label: string
  readonly name: string
  /** As it was given. */
  readonly value: string | undefined
  readonly isRequired?: boolean
  readonly isWrong?: boolean
  /** The key that leads to it. */
  readonly shortcut?: string
}

const examples = ['-1h', '-24h', '-7d', '-30d', 'today', 'yesterday', 'yesterday 9:00']

/** A field for a time, which may be given as so long ago. It is in UTC, which the label says. */
export const TimeField: FC<TimeFieldProps> = ({ label, name, value, ...rest }) => (
  <label>
    {label}
    <input
      name={name}
      value={value ?? ''}
      list={`${name}-times`}
      placeholder="2026-08-01 12:00, -7d"
      autocapitalize="none"
      autocomplete="off"
      spellcheck={false}
      required={rest.isRequired ?? false}
      data-key={rest.shortcut}
      data-key-text={rest.shortcut && `To the field ${label}`}
      aria-invalid={rest.isWrong ? 'true' : undefined}
      aria-describedby={rest.isWrong ? 'problem' : undefined}
    />
    <datalist id={`${name}-times`}>
      {examples.map((one) => (
        <option value={one} />
      ))}
    </datalist>
  </label>
)

/** A time that a page was given. @throws INVALID_PARAMETER_VALUE it is none; the message says what is one */
export function timeIn(text: string, nowMs: number): GivenTime {
  const time = timeOf(text, nowMs)
  if (time === undefined) throw invalid(`'${excerpt(text)}' is no time: give ${timeForm}`)
  return time
}

/** As addresses and the API have it: whole seconds without their fraction. */
export function isoTextOf(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.000Z$/, 'Z')
}
