import type { FC } from 'hono/jsx'
import { fieldTitles } from '../../governance/cards/card-shape.ts'
import type { Difference, VersionComparison } from '../../governance/compare/compare-versions.ts'
import type { Directions } from './directions.ts'
import { Sign } from './sign.tsx'
import { Cell, NoValue, Table } from './table.tsx'
import { countText, Given, GivenLines, numberText, plural, visibleText } from './text.tsx'

type DifferencesProps = {
  readonly of: VersionComparison
  readonly better: Directions
  /** What each version is called. */
  readonly names: readonly string[]
  /** Where the lines of a file that differs are shown. */
  readonly fileHref?: ((path: string) => string) | undefined
}

const rowsMax = 200

/** What differs between versions, what matters most first; sections in which nothing differs are one line. */
export const Differences: FC<DifferencesProps> = ({ of, better, names, fileHref }) => {
  const parts = sectionsOf(of)
  const same = parts.filter(({ rows }) => rows?.length === 0).map(({ title }) => title)
  const unknown = parts.filter(({ rows }) => rows === undefined).map(({ title }) => title)
  return (
    <>
      {parts.map(({ title, rows, isMetric, isFiles, note }) =>
        rows === undefined || rows.length === 0 ? null : (
          <details open={rows.length <= 20}>
            <summary>
              <strong>{title}</strong>{' '}
              <span class="soft">
                {plural(rows.length, 'difference')}
                {note === undefined ? '' : ` · ${note}`}
              </span>
            </summary>
            <Table
              caption={`${title} that differ`}
              columns={columnsOf(title, names, isMetric)}
              isCards
            >
              {rows.slice(0, rowsMax).map((row) => (
                <Row
                  row={row}
                  names={names}
                  better={isMetric ? better : undefined}
                  href={isFiles ? fileHref?.(row.key) : undefined}
                />
              ))}
            </Table>
            {rows.length > rowsMax ? (
              <p class="soft">{countText(rows.length - rowsMax)} more are in the API</p>
            ) : null}
          </details>
        ),
      )}
      {same.length > 0 ? <p class="soft">The same: {same.join(', ').toLowerCase()}.</p> : null}
      {unknown.length > 0 ? (
        <p class="soft">Not known of any version: {unknown.join(', ').toLowerCase()}.</p>
      ) : null}
    </>
  )
}

type Value = string | number
type PartOfComparison = {
  readonly title: string
  readonly rows: readonly Difference<Value>[] | undefined
  readonly isMetric?: true
  readonly isFiles?: true
  readonly note?: string | undefined
}

function sectionsOf(of: VersionComparison): readonly PartOfComparison[] {
  return [
    { title: 'Metrics', rows: of.metrics, isMetric: true },
    { title: 'Traces', rows: of.traces, isMetric: true, note: 'of the last 30 days' },
    {
      title: 'Signature',
      rows: of.signature,
      note: 'callers may have to change what they send or expect',
    },
    { title: 'Params', rows: of.params },
    { title: 'Environment', rows: of.environment },
    { title: 'Tags', rows: of.tags },
    {
      title: 'Files',
      rows: of.files,
      isFiles: true,
      note: of.hasMoreFiles ? 'and more' : undefined,
    },
    {
      title: 'Card',
      rows: of.card?.map(({ key, values }) => ({ key: titleOf(key), values })),
    },
  ]
}

const cardTitles: ReadonlyMap<string, string> = new Map(Object.entries(fieldTitles))

function titleOf(field: string): string {
  return cardTitles.get(field) ?? field
}

/** How many things differ. */
export function countDifferences(of: VersionComparison): number {
  return sectionsOf(of).reduce((sum, { rows }) => sum + (rows?.length ?? 0), 0)
}

function columnsOf(title: string, names: readonly string[], isMetric: true | undefined) {
  const one = title.replace(/s$/, '')
  const values = names.map((name) => ({
    title: name,
    ...(isMetric && { isNumber: true as const }),
  }))
  const change = { title: 'Change', isNumber: true } as const
  return [one, ...values, ...(isMetric && names.length === 2 ? [change] : [])]
}

type RowProps = {
  readonly row: Difference<Value>
  /** Of what is compared, in the order of the values. */
  readonly names: readonly string[]
  readonly better: Directions | undefined
  readonly href: string | undefined
}

const Row: FC<RowProps> = ({ row: { key, values }, names, better, href }) => {
  const direction = better?.(key)
  return (
    <tr>
      <th scope="row">
        {href === undefined ? (
          <Given text={key} />
        ) : (
          <a href={href}>
            <Given text={key} />
          </a>
        )}
        <BetterSign direction={direction} />
      </th>
      {values.map((value, at) => (
        <Cell label={names[at] ?? ''} isNumber={better !== undefined}>
          <ValueText value={value} />
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

/** Beside the name of a metric: which way it is better. */
export const BetterSign: FC<{ readonly direction: ReturnType<Directions> }> = ({ direction }) =>
  direction === undefined ? null : (
    <span class="soft">
      {' '}
      <Sign of={direction} />
      <span class="unseen">{direction === 'up' ? 'more' : 'less'} is better</span>
    </span>
  )

const textMax = 400

const ValueText: FC<{ readonly value: Value | null }> = ({ value }) => {
  if (value === null) return <NoValue />
  if (typeof value === 'number') return <>{numberText(value)}</>
  const text = /^[0-9a-f]{64}$/.test(value) ? value.slice(0, 8) : value
  if (text.length <= textMax) return <GivenLines text={text} />
  return (
    <details>
      <summary>{visibleText(`${text.slice(0, textMax)}…`)}</summary>
      <GivenLines text={text} />
    </details>
  )
}

type ChangeProps = {
  readonly values: readonly (Value | null)[]
  readonly direction: 'up' | 'down' | undefined
}

/** The difference to the first value, as a number and in per cent, and whether it is better. */
export const Change: FC<ChangeProps> = ({ values: [before, after], direction }) => {
  if (typeof before !== 'number' || typeof after !== 'number') return <NoValue />
  const delta = after - before
  const sign = delta > 0 ? '+' : ''
  const share = before === 0 ? '' : ` (${sign}${numberText(roundedShare(delta, before))} %)`
  const text = `${sign}${numberText(delta)}${share}`
  if (direction === undefined || delta === 0) return <>{text}</>
  const isBetter = direction === 'up' ? delta > 0 : delta < 0
  return (
    <span class={isBetter ? 'good-text' : 'bad-text'}>
      <Sign of={isBetter ? 'check' : 'down'} /> {text} {isBetter ? 'better' : 'worse'}
    </span>
  )
}

function roundedShare(delta: number, before: number): number {
  return Math.round((delta / Math.abs(before)) * 1000) / 10
}
