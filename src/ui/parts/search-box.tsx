import type { FC, PropsWithChildren } from 'hono/jsx'
import { visibleText } from './text.tsx'
import { isPlain } from './words.ts'

type SearchBoxProps = PropsWithChildren<{
  readonly action: string
  readonly label: string
  readonly placeholder: string
  readonly words: string
  /** Why the filter was not taken. */
  readonly problem: string | undefined
}>

/** A field for words or a filter, with what is wrong below it. The children are its other fields. */
export const SearchBox: FC<SearchBoxProps> = ({ action, label, words, problem, ...rest }) => (
  <form class="search" method="get" action={action}>
    <label>
      {label}
      <input
        name="q"
        value={words}
        placeholder={rest.placeholder}
        autocapitalize="none"
        autocomplete="off"
        spellcheck={false}
        aria-invalid={problem === undefined ? undefined : 'true'}
        aria-describedby={problem === undefined ? undefined : 'filter-problem'}
      />
    </label>
    <button type="submit">Search</button>
    {problem === undefined ? null : (
      <p class="problem" id="filter-problem" role="alert">
        {visibleText(problem)}
      </p>
    )}
    {rest.children}
  </form>
)

/** How plain words are understood. @param filter what became of them */
export const WordsNote: FC<{ readonly words: string; readonly filter: string }> = ({
  words,
  filter,
}) =>
  words !== '' && isPlain(words) ? (
    <p class="soft">
      Searching names, as <code>{visibleText(filter)}</code>
    </p>
  ) : null
