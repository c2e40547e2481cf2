import type { FC } from 'hono/jsx'
import { fieldTitles } from '../../../governance/cards/card-shape.ts'
import {
  type Difference,
  type FileDifference,
  isEqual,
  type VersionComparison,
} from '../../../governance/compare/compare-versions.ts'
import type { Directions } from '../directions.ts'
import { Sign } from '../sign.tsx'
import { Table } from '../table.tsx'
import { bytesText, countText, Given, plural } from '../text.tsx'
import { type ComparedValue, DifferenceRow } from './difference-row.tsx'

type DifferencesProps = {
  readonly of: VersionComparison
  readonly better: Directions
  /** What each version is called. */
  readonly names: readonly string[]
  /** Where the lines of a file that differs are shown. */
  readonly fileHref?: ((path: string) => string) | undefined
  /** Where the same is shown with a metric better the other way. */
  readonly turnHref?: (metric: string) => string
}

const rowsMax = 200

/** What differs between versions, what matters most first; sections in which nothing differs are one line. Of one version, what it has. */
export const Differences: FC<DifferencesProps> = ({ of, names, ...props }) => {
  const parts = sectionsOf(of)
  const same = parts.filter(({ rows }) => rows?.length === 0).map(({ title }) => title)
  const unknown = parts.filter(({ rows }) => rows === undefined).map(({ title }) => title)
  return (
    <>
      {parts.map((part) =>
        part.rows === undefined || part.rows.length === 0 ? null : (
          <Part {...{ part, names }} rows={part.rows} {...props} />
        ),
      )}
      {same.length > 0 ? (
        <p class="soft">
          {names.length === 1 ? 'None' : 'The same'}: {same.join(', ').toLowerCase()}.
        </p>
      ) : null}
      {unknown.length > 0 ? (
        <p class="soft">Not known of any version: {unknown.join(', ').toLowerCase()}.</p>
      ) : null}
    </>
  )
}

const openMax = 20

type PartProps = Omit<DifferencesProps, 'of'> & {
  readonly part: PartOfComparison
  readonly rows: readonly Difference<ComparedValue>[]
}

/** One section: what differs first, then what is equal, where that is asked for. */
const Part: FC<PartProps> = ({ part, ...props }) => {
  const { title, isMetric, isFiles, isProse, note, breaks } = part
  const { rows, names, better, fileHref, turnHref } = props
  const isAlone = names.length === 1
  const different = rows.filter((row) => isAlone || !isEqual(row))
  const shown = isAlone ? rows : [...different, ...rows.filter(isEqual)]
  return (
    <details open={different.length <= openMax && different.length > 0}>
      <summary>
        <strong>{title}</strong>{' '}
        <span class="soft">
          {plural(different.length, isAlone ? 'value' : 'difference')}
          {rows.length > different.length
            ? `, ${countText(rows.length - different.length)} equal`
            : ''}
          {note === undefined || isAlone || different.length === 0 ? '' : ` · ${note}`}
        </span>
      </summary>
      <Table
        caption={isAlone ? title : `${title} compared`}
        columns={columnsOf(title, names, isMetric)}
        isCards
      >
        {shown.slice(0, rowsMax).map((row) => (
          <DifferenceRow
            {...{ row, names }}
            better={isMetric ? better : undefined}
            turnHref={isMetric ? turnHref : undefined}
            href={isFiles && !isEqual(row) ? fileHref?.(row.key) : undefined}
            isProse={isProse === true}
          />
        ))}
      </Table>
      {breaks && !isAlone && different.length > 0 ? <Breaks {...{ breaks, names }} /> : null}
      {rows.length > rowsMax ? (
        <p class="soft">{countText(rows.length - rowsMax)} more are in the API</p>
      ) : null}
    </details>
  )
}

const breaksMax = 5

/** Of each version but the first: whether what its callers send and read can stay as it is. */
const Breaks: FC<Pick<VersionComparison, 'breaks'> & Pick<DifferencesProps, 'names'>> = ({
  breaks,
  names: [base = '', ...names],
}) => (
  <ul class="plain">
    {names.map((name, i) => {
      const what = breaks[i]
      if (!what) return <li class="soft">Not known of {name}: whether it breaks callers.</li>
      return what.length === 0 ? (
        <li class="good-text">
          <Sign of="check" /> {name} breaks no callers of {base}.
        </li>
      ) : (
        <li class="bad-text">
          <Sign of="cross" /> {name} breaks callers of {base}:{' '}
          <Given text={what.slice(0, breaksMax).join('; ')} />
          {what.length > breaksMax ? `; and ${countText(what.length - breaksMax)} more` : ''}.
        </li>
      )
    })}
  </ul>
)

type PartOfComparison = {
  readonly title: string
  readonly rows: readonly Difference<ComparedValue>[] | undefined
  readonly isMetric?: true
  readonly isFiles?: true
  /** Texts that people wrote. */
  readonly isProse?: true
  readonly note?: string | undefined
  /** Of a signature. */
  readonly breaks?: VersionComparison['breaks']
}

function sectionsOf(of: VersionComparison): readonly PartOfComparison[] {
  return [
    { title: 'Metrics', rows: of.metrics, isMetric: true },
    { title: 'Traces', rows: of.traces, isMetric: true, note: 'of the last 30 days' },
    { title: 'Signature', rows: of.signature, breaks: of.breaks },
    { title: 'Params', rows: of.params },
    { title: 'Datasets', rows: of.datasets },
    { title: 'Environment', rows: of.environment },
    { title: 'Tags', rows: of.tags },
    {
      title: 'Files',
      rows: of.files.map(withSizes),
      isFiles: true,
      note: of.hasMoreFiles ? 'and more' : undefined,
    },
    {
      title: 'Card',
      isProse: true,
      rows: of.card?.map(({ key, values }) => ({ key: titleOf(key), values })),
    },
  ]
}

/** `06540dec, 348 B`: the beginning of the hash, and the size. */
function withSizes({ key, values, sizes }: FileDifference): Difference<string> {
  return {
    key,
    values: values.map((hash, at) =>
      hash === null ? null : `${hash.slice(0, 8)}, ${bytesText(sizes[at] ?? 0)}`,
    ),
  }
}

const cardTitles: ReadonlyMap<string, string> = new Map(Object.entries(fieldTitles))

function titleOf(field: string): string {
  return cardTitles.get(field) ?? field
}

/** How many things differ. */
export function countDifferences(of: VersionComparison): number {
  return sectionsOf(of).reduce(
    (sum, { rows = [] }) => sum + rows.filter((row) => !isEqual(row)).length,
    0,
  )
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
