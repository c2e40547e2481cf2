import type { FC } from 'hono/jsx'
import { visibleText } from '../../parts/text.tsx'
import { type ComparedQuery, comparedTerms } from './compare-query.ts'

/** What a form keeps of the address that it is on. @param without names of its own fields */
export const KeptTerms: FC<{
  readonly query: ComparedQuery
  readonly without: readonly string[]
}> = ({ query, without }) => (
  <>
    {comparedTerms(query).map(([name, value]) =>
      without.includes(name) ? null : <input type="hidden" name={name} value={value} />,
    )}
  </>
)

type ColumnChoiceProps = {
  readonly label: string
  readonly name: string
  /** As addresses spell them. */
  readonly columns: readonly string[]
  readonly chosen: string | undefined
  /** What nothing chosen means; undefined: something always is. */
  readonly none?: string
}

const choicesMax = 80

/** A field for one of the columns. Others than those that are offered stand in the address. */
export const ColumnChoice: FC<ColumnChoiceProps> = ({ label, name, columns, chosen, none }) => {
  const offered = new Set([
    ...(chosen === undefined ? [] : [chosen]),
    ...columns.slice(0, choicesMax),
  ])
  return (
    <label>
      {label}
      <select name={name}>
        {none === undefined ? null : (
          <option value="" selected={chosen === undefined}>
            {none}
          </option>
        )}
        {[...offered].map((column) => (
          <option value={column} selected={column === chosen}>
            {columnText(column)}
          </option>
        ))}
      </select>
    </label>
  )
}

const kinds: Readonly<Record<string, string>> = { p: 'param', t: 'tag' }

/** `lr (param)`: a column as a choice names it. */
function columnText(column: string): string {
  const kind = kinds[column.slice(0, 1)]
  const name = visibleText(column.slice(2))
  return kind === undefined ? name : `${name} (${kind})`
}

type BoxEndProps = {
  readonly label: string
  readonly name: string
  readonly value: number | undefined
}

/** One end of a part of an axis. */
export const BoxEnd: FC<BoxEndProps> = ({ label, name, value }) => (
  <label>
    {label}
    <input
      name={name}
      value={value === undefined ? '' : String(value)}
      inputmode="decimal"
      autocomplete="off"
    />
  </label>
)
