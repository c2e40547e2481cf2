import type { FC, PropsWithChildren } from 'hono/jsx'
import { FilterError, type RegistryError } from '../../core/error.ts'
import { type LooserFilter, looserCounted } from '../../search/find-page.ts'
import type { ExactFilter } from '../../search/times/filter-times.ts'
import { isPlain } from '../../search/words.ts'
import type { Completion } from '../completion.ts'
import { Time } from './byline.tsx'
import { countText, Excerpt, plural, visibleText } from './text.tsx'

type LineSearchProps = PropsWithChildren<{
  readonly action: string
  readonly label: string
  readonly name?: string
  readonly words: string
  readonly placeholder?: string
  readonly button?: string
}>

/** A field for words that are looked for as they are. The children are hidden fields. */
export const LineSearch: FC<LineSearchProps> = ({ action, label, children, ...field }) => (
  <form class="search" method="get" action={action}>
    <label>
      {label}
      <input
        name={field.name ?? 'q'}
        value={field.words}
        placeholder={field.placeholder}
        autocapitalize="none"
        autocomplete="off"
        spellcheck={false}
      />
    </label>
    {children}
    <button type="submit">{field.button ?? 'Search'}</button>
  </form>
)

type SearchBoxProps = PropsWithChildren<{
  readonly action: string
  readonly label: string
  readonly placeholder: string
  readonly words: string
  /** Why the filter was not taken. */
  readonly problem: RegistryError | undefined
  /** What the script offers names and values from. */
  readonly completion?: Completion
  /** The address of the same page with another filter. */
  readonly addressOf: (words: string) => string
}>

/** A field for words or a filter, with what is wrong below it. The children are its other fields. */
export const SearchBox: FC<SearchBoxProps> = ({ action, label, words, problem, ...rest }) => (
  <form
    class="search"
    method="get"
    action={action}
    data-complete={rest.completion && JSON.stringify(rest.completion)}
  >
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
      <div class="problem" id="filter-problem" role="alert">
        <p>{visibleText(problem.message)}</p>
        <Mistake {...{ words, problem, addressOf: rest.addressOf }} />
      </div>
    )}
    {rest.children}
  </form>
)

/** So much of a filter is shown around its mistake. */
const aroundMax = 60

/** The filter with its mistake marked, and what mends it where that is certain. */
const Mistake: FC<Pick<SearchBoxProps, 'words' | 'addressOf'> & { problem: RegistryError }> = ({
  words,
  problem,
  addressOf,
}) => {
  const place = problem instanceof FilterError ? problem.place : undefined
  if (place === undefined || isPlain(words)) return null
  const { at, end, fix } = place
  const before = words.slice(0, at)
  const after = words.slice(end)
  return (
    <p>
      <code class="mistake">
        {before.length > aroundMax ? '…' : ''}
        {visibleText(before.slice(-aroundMax))}
        <mark>{at < end ? visibleText(words.slice(at, end).slice(0, aroundMax)) : '▯'}</mark>
        {visibleText(after.slice(0, aroundMax))}
        {after.length > aroundMax ? '…' : ''}
      </code>{' '}
      {fix === undefined ? null : (
        <a class="button quiet small" href={addressOf(before + fix + after)}>
          Use <code>{visibleText(fix.slice(0, aroundMax))}</code> there
        </a>
      )}
    </p>
  )
}

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

/** When the times of a filter are that it has in words; the address keeps the words. */
export const TimesNote: FC<Pick<ExactFilter, 'times'>> = ({ times }) =>
  times.length === 0 ? null : (
    <p class="soft">
      {times.map(({ given, atMs }, i) => (
        <>
          {i > 0 ? ', ' : ''}
          <code>{visibleText(given)}</code> is <Time atMs={atMs} isExact />
        </>
      ))}
    </p>
  )

type LooserProps = {
  readonly of: readonly LooserFilter[]
  /** What they find: `run`. */
  readonly noun: string
  readonly hrefOf: (words: string) => string
}

/** What a filter that finds nothing would find without each of its clauses, and the way there. */
export const LooserFilters: FC<LooserProps> = ({ of, noun, hrefOf }) =>
  of.length === 0 ? null : (
    <ul class="plain">
      {of.map(({ clause, others, count }) => (
        <li>
          Without{' '}
          <code>
            <Excerpt text={clause} charsMax={120} />
          </code>
          :{' '}
          <a href={hrefOf(others)}>
            {count < looserCounted ? plural(count, noun) : `${countText(count)} ${noun}s or more`}
          </a>
        </li>
      ))}
    </ul>
  )
