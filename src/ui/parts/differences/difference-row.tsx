import type { FC } from 'hono/jsx'
import { type Difference, isEqual } from '../../../governance/compare/compare-versions.ts'
import type { Direction, Directions } from '../directions.ts'
import { Sign } from '../sign.tsx'
import { Cell, NoValue } from '../table.tsx'
import { Given, GivenLines, numberText, visibleText } from '../text.tsx'
import { BetterSign, betterText, Change } from './change.tsx'
import { ChangedWords, diffWords, type WordPart } from './changed-words.tsx'

export type ComparedValue = string | number

type RowProps = {
  readonly row: Difference<ComparedValue>
  /** Of what is compared, in the order of the values. */
  readonly names: readonly string[]
  readonly better: Directions | undefined
  /** Where the same is shown with a metric better the other way. */
  readonly turnHref: ((metric: string) => string) | undefined
  readonly href: string | undefined
  readonly isProse: boolean
}

/** A name and its value in each version. */
export const DifferenceRow: FC<RowProps> = ({ row, names, better, turnHref, href, isProse }) => {
  const { key, values } = row
  const direction = better?.(key)
  const [base] = values
  const areMany = values.length > 2
  return (
    <tr class={values.length > 1 && isEqual(row) ? 'dimmed' : undefined}>
      <th scope="row">
        {href === undefined ? (
          <Given text={key} />
        ) : (
          <a href={href}>
            <Given text={key} />
          </a>
        )}
        {turnHref ? (
          <TurnLink direction={direction} href={turnHref(key)} />
        ) : (
          <BetterSign direction={direction} />
        )}
      </th>
      {values.map((value, at) => (
        <Cell
          label={names[at] ?? ''}
          isNumber={better !== undefined}
          hasChanged={areMany && value !== base}
        >
          {isProse && at === 1 && !areMany ? (
            <ChangedText before={base ?? null} after={value} />
          ) : (
            <ValueText value={value} />
          )}
          {better && areMany && isChange(base, value) ? (
            <div class="change">
              <Change values={[base, value]} direction={direction} />
            </div>
          ) : null}
        </Cell>
      ))}
      {better && values.length === 2 ? (
        <Cell label="Change" isNumber isLine>
          <Change values={values} direction={direction} />
        </Cell>
      ) : null}
    </tr>
  )
}

function isChange(
  base: ComparedValue | null | undefined,
  value: ComparedValue | null,
): base is number {
  return typeof base === 'number' && typeof value === 'number' && base !== value
}

/** As `BetterSign`, and a link that turns it. */
const TurnLink: FC<{ readonly direction: Direction | undefined; readonly href: string }> = ({
  direction,
  href,
}) => (
  <>
    {' '}
    <a class="turn" href={href} title={`${betterText(direction)}: change that for this view`}>
      <Sign of={direction ?? 'ring'} />
      <span class="unseen">{betterText(direction)}, change that for this view</span>
    </a>
  </>
)

/** Of both texts of a card together: a page has several of them. */
const proseCharsMax = 8000
const aroundMax = 120

/** What somebody wrote, with the words that came underlined and those that went struck. */
const ChangedText: FC<{
  readonly before: ComparedValue | null
  readonly after: ComparedValue | null
}> = ({ before, after }) => {
  const isText = typeof before === 'string' && typeof after === 'string' && before !== after
  const parts = isText ? diffWords(before, after, proseCharsMax) : undefined
  return parts === undefined || isWrittenAnew(parts) ? (
    <ValueText value={after} />
  ) : (
    <bdi class="lines-kept">
      <ChangedWords {...{ parts, aroundMax }} />
    </bdi>
  )
}

/** Such a text is read as it is, not between words that went. */
function isWrittenAnew(parts: readonly WordPart[]): boolean {
  const charsOf = (...changes: readonly WordPart['change'][]) =>
    parts.reduce((sum, { text, change }) => (changes.includes(change) ? sum + text.length : sum), 0)
  const kept = charsOf(undefined)
  return kept * 3 < kept + Math.max(charsOf('added'), charsOf('removed'))
}

const textMax = 400

const ValueText: FC<{ readonly value: ComparedValue | null }> = ({ value }) => {
  if (value === null) return <NoValue />
  if (typeof value === 'number') return <>{numberText(value)}</>
  if (value.length <= textMax) return <GivenLines text={value} />
  return (
    <details>
      <summary>{visibleText(`${value.slice(0, textMax)}…`)}</summary>
      <GivenLines text={value} />
    </details>
  )
}
