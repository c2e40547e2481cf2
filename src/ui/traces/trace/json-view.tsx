import type { FC } from 'hono/jsx'
import { cutText } from '../../../core/error.ts'
import { type ExactJson, exactJsonOf } from '../../../core/exact-json.ts'
import { countText, Given, GivenLines, plural, visibleText } from '../../parts/text.tsx'

/** A value as far as it is shown. */
type ShownJson =
  | { readonly text: string; readonly isText: boolean; readonly left: number }
  | {
      readonly entries: readonly (readonly [string, ShownJson])[]
      readonly isList: boolean
      /** How many entries are left out. */
      readonly left: number
    }

/** Of one value, in sum. */
const entriesMax = 150
export const charsUsual = 12_000
/** Of one text. */
const textCharsMax = 4000
const depthMax = 12

type Budget = { entries: number; chars: number }

/** A value of JSON to unfold, the first levels open. What is left out is said where it would stand. */
export const JsonView: FC<{ readonly of: ExactJson; readonly charsMax?: number }> = ({
  of,
  charsMax = charsUsual,
}) => (
  <div class="json">
    <Shown of={shownOf(of, { entries: entriesMax, chars: charsMax }, 0)} depth={0} />
  </div>
)

function shownOf(value: ExactJson, budget: Budget, depth: number): ShownJson {
  if (typeof value !== 'object' || value === null || depth === depthMax) {
    const isText = typeof value === 'string'
    const whole = isText ? value : exactJsonOf(value)
    const text = cutText(whole, Math.min(textCharsMax, Math.max(0, budget.chars)))
    budget.chars -= text.length
    return { text, isText, left: whole.length - text.length }
  }
  const all = Object.entries<ExactJson>(value)
  const entries: (readonly [string, ShownJson])[] = []
  for (const [key, item] of all) {
    if (budget.entries <= 0 || budget.chars <= 0) break
    budget.entries--
    const name = cutText(key, 200)
    budget.chars -= name.length
    entries.push([name, shownOf(item, budget, depth + 1)])
  }
  return { entries, isList: Array.isArray(value), left: all.length - entries.length }
}

const openMax = 3

const Shown: FC<{ readonly of: ShownJson; readonly depth: number }> = ({ of, depth }) => {
  if ('text' in of) {
    return (
      <>
        {of.isText ? <GivenLines text={of.text} /> : <code>{visibleText(of.text)}</code>}
        {of.left > 0 ? <span class="soft"> … {countText(of.left)} more characters</span> : null}
      </>
    )
  }
  if (of.entries.length + of.left === 0) return <code>{of.isList ? '[]' : '{}'}</code>
  return (
    <ul>
      {of.entries.map(([key, item]) => (
        <li>
          {'entries' in item && item.entries.length > 0 ? (
            <details open={depth < openMax}>
              <summary>
                <Key of={key} isPlace={of.isList} />{' '}
                <span class="soft">
                  {plural(item.entries.length + item.left, item.isList ? 'item' : 'field')}
                </span>
              </summary>
              <Shown of={item} depth={depth + 1} />
            </details>
          ) : (
            <>
              <Key of={key} isPlace={of.isList} /> <Shown of={item} depth={depth + 1} />
            </>
          )}
        </li>
      ))}
      {of.left > 0 ? (
        <li class="soft">
          … {of.isList ? plural(of.left, 'more item') : plural(of.left, 'more field')}
        </li>
      ) : null}
    </ul>
  )
}

const Key: FC<{ readonly of: string; readonly isPlace: boolean }> = ({ of, isPlace }) => (
  <span class="key">{isPlace ? of : <Given text={of} />}:</span>
)
