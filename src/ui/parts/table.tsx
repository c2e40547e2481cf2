import type { Child, FC, PropsWithChildren } from 'hono/jsx'
import { visibleText } from './text.tsx'

type TableProps = PropsWithChildren<{
  readonly caption: string
  /** Whether the caption is only for readers of the screen: a heading says the same. */
  readonly isCaptioned?: boolean
  readonly columns: readonly Column[]
  /** On a phone each row is a card of its own, made of `Cell`s; with `lines` each of them has a line. */
  readonly isCards?: boolean | 'lines'
}>

export type Column =
  | string
  | {
      readonly title: Child
      readonly isNumber?: true
      readonly sort?: 'ascending' | 'descending'
      /** Not on a phone. */
      readonly isWide?: true
      /** The key by which a filter names it, where its cells can become clauses. */
      readonly filterKey?: string | undefined
    }

/** A table that scrolls sideways by itself, never the page. The children are its rows; its caption may hold what somebody wrote. */
export const Table: FC<TableProps> = ({ caption, columns, children, ...how }) => (
  <section
    class={['region', how.isCards && 'cards', how.isCards === 'lines' && 'lines']
      .filter(Boolean)
      .join(' ')}
    tabindex={0}
    aria-label={visibleText(caption)}
  >
    <table>
      <caption class={how.isCaptioned ? '' : 'unseen'}>{visibleText(caption)}</caption>
      <thead>
        <tr>
          {columns.map((column) => {
            const { title, isNumber, sort, isWide, filterKey }: Exclude<Column, string> =
              typeof column === 'string' ? { title: column } : column
            const look = [isNumber ? 'number' : '', isWide ? 'wide-only' : ''].join(' ').trim()
            return (
              <th scope="col" class={look || undefined} aria-sort={sort} data-filter={filterKey}>
                {title}
              </th>
            )
          })}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  </section>
)

type CellProps = PropsWithChildren<{
  /** What its column is called, which a card says in the cell. */
  readonly label: string | undefined
  readonly isNumber?: boolean
  /** A line of its own in a card; else several stand side by side. */
  readonly isLine?: boolean
  /** All of a value that is shown shortened. */
  readonly title?: string | undefined
  /** It is another than what it is compared with. */
  readonly hasChanged?: boolean
}>

/** A cell of a table whose rows are cards on a phone. */
export const Cell: FC<CellProps> = ({ label, isNumber, isLine, hasChanged, title, children }) => (
  <td
    title={title}
    class={
      [isNumber && 'number', isLine && 'line-cell', hasChanged && 'differs']
        .filter(Boolean)
        .join(' ') || undefined
    }
    data-label={label}
  >
    {children}
  </td>
)

/** What holds a table of another make: it scrolls sideways by itself, by the keyboard too. */
export const Region: FC<PropsWithChildren> = ({ children }) => (
  <div class="region" tabindex={0}>
    {children}
  </div>
)

type NextLinkProps = PropsWithChildren<{
  /** Where the next page begins; undefined: this is the last one. */
  readonly after: string | number | undefined
  readonly hrefOf: (after: string) => string
}>

/** Leads from one page of a list to the next one. */
export const NextLink: FC<NextLinkProps> = ({ after, hrefOf, children }) =>
  after === undefined ? null : (
    <p>
      <a class="button quiet" href={hrefOf(String(after))}>
        {children}
      </a>
    </p>
  )

/** A cell without a value. */
export const NoValue: FC = () => (
  <span role="img" aria-label="no value">
    –
  </span>
)
