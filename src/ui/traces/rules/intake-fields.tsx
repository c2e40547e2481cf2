import type { FC } from 'hono/jsx'
import { invalid } from '../../../core/error.ts'
import type { RevisedIntake } from '../../../traces/intake/intake.ts'
import { checkSeen, type Reshown } from '../../changes/change.ts'
import { type FormFields, linesOf } from '../../forms.ts'
import { LineField, TextField } from '../../parts/fields.tsx'

const keys = { countMax: 100, charsMax: 250 } as const
const patterns = { countMax: 20, charsMax: 1000 } as const

type IntakeFieldsProps = {
  readonly intake: RevisedIntake
  /** What counts where no share is given. */
  readonly otherwise: string
  /** Why the caller may not change it; undefined: they may. */
  readonly whyNot: string | undefined
  readonly shown: Reshown
}

/** What of traces is redacted and left out, of an experiment or of all: the fields of a form, and its button. */
export const IntakeFields: FC<IntakeFieldsProps> = ({ intake, otherwise, whyNot, shown }) => {
  const { typed, problem } = shown
  const isTyped = typed?.('seen_intake') !== undefined
  const value = (name: string, kept: string | undefined) => (isTyped ? typed?.(name) : kept)
  const { sampleRate } = intake
  const percent = sampleRate === undefined ? undefined : percentOf(sampleRate)
  return (
    <>
      <input type="hidden" name="seen_intake" value={String(intake.revision)} />
      <fieldset disabled={whyNot !== undefined} class="panel near">
        <legend>Redacted or left out</legend>
        <TextField
          label="Names whose values are redacted"
          name="redact_keys"
          charsMax={linesCharsMax(keys)}
          hint="Globs, one a line, whatever their case: *password*"
          typed={value('redact_keys', intake.redactKeys.join('\n'))}
          {...{ problem }}
        />
        <TextField
          label="Patterns that are redacted in any text"
          name="redact_patterns"
          charsMax={linesCharsMax(patterns)}
          hint="Regular expressions of RE2’s syntax, one a line"
          typed={value('redact_patterns', intake.redactPatterns.join('\n'))}
          {...{ problem }}
        />
        <LineField
          label="Share of traces that is kept"
          name="sample_percent"
          hint={`Percent; empty: ${otherwise}`}
          pattern="[0-9.]*"
          typed={value('sample_percent', percent)}
          {...{ problem }}
        />
      </fieldset>
      {whyNot === undefined ? (
        <div class="row">
          <button type="submit">Save what is redacted</button>
        </div>
      ) : null}
      <p class="soft">It counts from the next request on; what is kept already stays as it is.</p>
    </>
  )
}

/** Without what arithmetic of floating point adds. */
export function percentOf(rate: number): string {
  return String(Number((rate * 100).toFixed(6)))
}

/** What `IntakeFields` sends. @throws INVALID_PARAMETER_VALUE a line too many or too long, or no share */
export function intakeIn(form: FormFields): RevisedIntake {
  return {
    revision: checkSeen(form.text('seen_intake')),
    redactKeys: someOf(linesOf(form.text('redact_keys')), keys),
    redactPatterns: someOf(linesOf(form.text('redact_patterns')), patterns),
    sampleRate: rateFrom(form.text('sample_percent')),
  }
}

function rateFrom(percent: string | undefined): number | undefined {
  if (percent === undefined) return undefined
  const rate = /^\d{1,3}(\.\d{1,6})?$/.test(percent) ? Number(percent) / 100 : 2
  if (rate <= 1) return rate
  throw invalid('The share that is kept is a number from 0 to 100, or empty')
}

type Bounds = { readonly countMax: number; readonly charsMax: number }

/** With the ends of lines, and some empty ones. */
function linesCharsMax({ countMax, charsMax }: Bounds): number {
  return countMax * (charsMax + 2)
}

function someOf(lines: readonly string[], { countMax, charsMax }: Bounds): readonly string[] {
  if (lines.length > countMax) throw invalid(`At most ${countMax} lines, one each`)
  if (lines.every(({ length }) => length <= charsMax)) return lines
  throw invalid(`A line has at most ${charsMax} characters`)
}
