import type { FC } from 'hono/jsx'
import { Chip, StatusChip } from '../parts/chips.tsx'
import { Excerpt } from '../parts/text.tsx'

/** Of each list that a statement holds. */
export const shownMax = 50

/** How many the list leaves out. */
export const More: FC<{ readonly than: number }> = ({ than }) =>
  than > shownMax ? <p class="soft">And {than - shownMax} more.</p> : null

/** What an in-toto test result says. */
export const ResultChip: FC<{ readonly result: string }> = ({ result }) =>
  result === 'WARNED' ? (
    <Chip sign="warning" tone="warn" word="warned" />
  ) : (
    <StatusChip status={result === 'PASSED' ? 'passed' : 'failed'} />
  )

/** Characters of one text of a statement, which may be as long as the statement. */
const charsMax = 300

/** A text that a statement holds. */
export const Said: FC<{ readonly text: string }> = ({ text }) => (
  <Excerpt text={text} charsMax={charsMax} />
)
