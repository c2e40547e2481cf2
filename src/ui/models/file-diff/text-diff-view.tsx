import type { FC } from 'hono/jsx'
import { cutText } from '../../../core/error.ts'
import { Region } from '../../parts/table.tsx'
import { plural, visibleText } from '../../parts/text.tsx'
import type { DiffHunk, TextDiff } from './text-diff.ts'

type TextDiffProps = {
  readonly diff: TextDiff
  readonly versions: readonly [number, number]
}

/** What of a text differs between two versions, or why that is not shown. */
export const TextDiffView: FC<TextDiffProps> = ({ diff, versions }) => {
  if ('whyNot' in diff) return <p class="notice">{diff.whyNot}</p>
  if (diff.hunks.length === 0) return <p class="notice">It is the same in both versions.</p>
  return (
    <>
      {diff.hunks.map((hunk) => (
        <Hunk hunk={hunk} versions={versions} />
      ))}
      {diff.more > 0 ? (
        <p class="soft">{plural(diff.more, 'more line')}; both versions have all of them.</p>
      ) : null}
    </>
  )
}

const looks = {
  '+': { look: 'added', word: 'added' },
  '-': { look: 'removed', word: 'removed' },
} as const

/** Characters of a line that are shown. */
const lineMax = 2000

const Hunk: FC<{ readonly hunk: DiffHunk; readonly versions: readonly [number, number] }> = ({
  hunk,
  versions: [before, after],
}) => {
  const caption = `From line ${hunk.oldStart} of version ${before}, ${hunk.newStart} of version ${after}`
  return (
    <Region>
      <table class="text-diff">
        <caption>{caption}</caption>
        <thead class="unseen">
          <tr>
            <th scope="col">Change</th>
            <th scope="col">Line</th>
          </tr>
        </thead>
        <tbody>
          {hunk.lines.map((line) => (
            <Line line={line} />
          ))}
        </tbody>
      </table>
    </Region>
  )
}

const Line: FC<{ readonly line: string }> = ({ line }) => {
  const [sign, text] = [line.slice(0, 1), line.slice(1)]
  // Such as "No newline at end of file".
  if (sign === '\\') {
    return (
      <tr>
        <td />
        <td class="soft">{text.trim()}</td>
      </tr>
    )
  }
  const known = sign === '+' || sign === '-' ? looks[sign] : undefined
  return (
    <tr>
      <td class={known?.look}>
        {known ? (
          <>
            <span aria-hidden="true">{sign === '-' ? '−' : '+'}</span>
            <span class="unseen">{known.word}</span>
          </>
        ) : null}
      </td>
      <td class={known?.look}>
        <code>{visibleText(cutText(text, lineMax), /^\t$/)}</code>
        {text.length > lineMax ? '…' : ''}
      </td>
    </tr>
  )
}
