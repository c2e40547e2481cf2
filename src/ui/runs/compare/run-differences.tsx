import type { FC } from 'hono/jsx'
import type { Run } from '../../../tracking/run.ts'
import { BetterSign, Change } from '../../parts/differences/change.tsx'
import type { Directions } from '../../parts/directions.ts'
import { Sign } from '../../parts/sign.tsx'
import { Cell, NoValue, Table } from '../../parts/table.tsx'
import { countText, exactTitle, Given, metricText, plural, visibleText } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import { KeptTerms } from './compare-forms.tsx'
import { type ComparedQuery, comparedAddress, comparedFigures } from './compare-query.ts'
import {
  bestOf,
  type ComparedRow,
  type ComparedRows,
  isEqualRow,
  regressedFirst,
} from './compared-rows.ts'

type DifferencesProps = {
  readonly to: Paths
  readonly query: ComparedQuery
  /** In the order of the address. */
  readonly runs: readonly Run[]
  readonly rows: ComparedRows
  readonly better: Directions
}

/** Cells of each table: with 100 runs the page stays below 100 kB. */
const cellsMax = { metrics: 400, params: 400, tags: 200 } as const

/** Values of the runs side by side, those that differ first of all. */
export const RunDifferences: FC<DifferencesProps> = (props) => {
  const { to, query, rows } = props
  const { isWhole } = query
  const all = [...rows.metrics, ...rows.params, ...rows.tags]
  const equal = all.filter(isEqualRow).length
  return (
    <>
      <p>
        {plural(all.length - equal, 'value')} differ, {countText(equal)} are equal.{' '}
        <a href={comparedAddress(to, { ...query, isWhole: !isWhole })}>
          {isWhole ? 'Show what differs' : 'Show all'}
        </a>
      </p>
      {(['metrics', 'params', 'tags'] as const).map((kind) => (
        <Section {...props} kind={kind} />
      ))}
    </>
  )
}

type SectionProps = DifferencesProps & {
  readonly kind: keyof ComparedRows
}

const titles = { metrics: 'Metrics', params: 'Params', tags: 'Tags' } as const

const Section: FC<SectionProps> = (props) => {
  const { to, query, runs, rows, kind, better } = props
  const all: readonly ComparedRow<string | number>[] =
    kind === 'metrics' && runs.length <= changesMax
      ? regressedFirst(rows.metrics, better)
      : rows[kind]
  const isReordered = all.some((row, i) => row !== rows[kind][i])
  const shown = query.isWhole ? all : all.filter((row) => !isEqualRow(row))
  const rowsMax = Math.max(2, Math.floor(cellsMax[kind] / runs.length))
  const isChosen = kind === 'metrics' && query.figure !== 'last'
  if (shown.length === 0 && !isChosen) return null
  const table =
    shown.length === 0 ? (
      <p class="soft">None differ by this value.</p>
    ) : (
      <ValueTable {...props} shown={shown.slice(0, rowsMax)} />
    )
  return (
    <section class="near" aria-labelledby={kind}>
      <h2 id={kind}>{titles[kind]}</h2>
      {kind === 'metrics' ? (
        <form method="get" action={`${to.runs}/compare`}>
          <KeptTerms query={query} without={['metric', 'figure']} />
          <FigureChoice query={query} />
          {table}
        </form>
      ) : (
        table
      )}
      {isReordered ? (
        <p class="soft">Metrics in which a run is worse than the base come first.</p>
      ) : null}
      {shown.length > rowsMax ? (
        <p class="soft">
          {countText(shown.length - rowsMax)} more; compare fewer runs to see them.
        </p>
      ) : null}
    </section>
  )
}

/** Which value of each metric is compared, as a field of the form around it. */
const FigureChoice: FC<Pick<DifferencesProps, 'query'>> = ({ query: { figure, metric } }) => (
  <div class="row">
    <label>
      Value of each run{' '}
      <select name="figure">
        {Object.entries(comparedFigures).map(([name, text]) => (
          <option value={name} selected={name === figure}>
            {text}
          </option>
        ))}
      </select>
    </label>
    <button type="submit" class="quiet" name={metric && 'metric'} value={metric}>
      Show
    </button>
    {figure === 'last' ? null : (
      <span class="soft">
        of all values, NaN left out
        {figure === 'best'
          ? '; the latest where neither a tag nor the name says which is better'
          : ''}
      </span>
    )}
  </div>
)

type ValueTableProps = SectionProps & { readonly shown: readonly ComparedRow<string | number>[] }

/** A row a name; those of metrics are buttons that chart them. */
const ValueTable: FC<ValueTableProps> = ({ to, runs, kind, shown, better }) => (
  <Table
    caption={`${titles[kind]} of the runs`}
    isCards={runs.length <= changesMax}
    columns={[
      'Name',
      ...runs.map(({ runId, name }) => ({
        title:
          kind === 'metrics' ? (
            <a href={to.run(runId)}>
              <Given text={name} />
            </a>
          ) : (
            <Given text={name} />
          ),
        ...(kind === 'metrics' && { isNumber: true as const }),
      })),
    ]}
  >
    {shown.map((row) => (
      <tr>
        <th scope="row">
          {kind === 'metrics' ? (
            <>
              <button type="submit" class="link" name="metric" value={row.key}>
                <Given text={row.key} />
              </button>
              <BetterSign direction={better(row.key)} />
            </>
          ) : (
            <Given text={row.key} />
          )}
        </th>
        <Cells
          row={row}
          labels={runs.map(({ name }) => visibleText(name))}
          direction={kind === 'metrics' ? better(row.key) : undefined}
          isExact={runs.length * shown.length <= exactMax}
        />
      </tr>
    ))}
  </Table>
)

/** Of more runs the distance of each from the first would be more than anybody reads. */
const changesMax = 10

/** Of more values with all of each the page would be long. */
const exactMax = 200

type CellsProps = {
  readonly row: ComparedRow<string | number>
  /** Of the runs. */
  readonly labels: readonly string[]
  /** Of a metric. */
  readonly direction: ReturnType<Directions>
  /** Whether all of a value that is shown shortened is its title. */
  readonly isExact: boolean
}

/** The best metric is marked where it is known which way is better; of a few runs each says how far it is from the base. */
const Cells: FC<CellsProps> = ({ row, labels, direction, isExact }) => {
  const best = bestOf(row, direction)
  const [base] = row.values
  const isNumber = row.values.some((value) => typeof value === 'number')
  const isNear = row.values.length <= changesMax && !isEqualRow(row)
  // Of many runs no row is a card, and their names would be most of the page.
  const labelAt = (at: number) => (labels.length <= changesMax ? labels[at] : undefined)
  return (
    <>
      {row.values.map((value, i) =>
        typeof value === 'number' ? (
          <Cell
            label={labelAt(i)}
            isNumber
            isLine={isNear}
            title={isExact ? exactTitle(value) : undefined}
          >
            <NumberText value={value} isBest={value === best} />
            {isNear && i > 0 && base !== undefined ? (
              <div class="change">
                <Change values={[base, value]} direction={direction} />
              </div>
            ) : null}
          </Cell>
        ) : (
          <OtherCell label={labelAt(i)} value={value} isNumber={isNumber} />
        ),
      )}
    </>
  )
}

const NumberText: FC<{ readonly value: number; readonly isBest: boolean }> = ({
  value,
  isBest,
}) => {
  if (!isBest) return <>{metricText(value)}</>
  return (
    <strong class="good-text">
      <Sign of="check" /> {metricText(value)}
      <span class="unseen"> best</span>
    </strong>
  )
}

const charsMax = 200

/** A text, or none. @param isNumber its column has numbers */
const OtherCell: FC<{
  readonly label: string | undefined
  readonly value: string | undefined
  readonly isNumber: boolean
}> = ({ label, value, isNumber }) =>
  value === undefined ? (
    <Cell label={label} isNumber={isNumber} isLine>
      <NoValue />
    </Cell>
  ) : (
    <Cell
      label={label}
      isLine
      title={value.length > charsMax ? visibleText(value.slice(0, 1000)) : undefined}
    >
      <Given text={value.length > charsMax ? `${value.slice(0, charsMax)}…` : value} />
    </Cell>
  )
