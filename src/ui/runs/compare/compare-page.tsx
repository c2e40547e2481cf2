import type { FC, PropsWithChildren } from 'hono/jsx'
import type { Experiment } from '../../../tracking/experiments/experiment.ts'
import { Tabs } from '../../parts/tabs.tsx'
import { countText, Given, plural, visibleText } from '../../parts/text.tsx'
import type { Frame } from '../../shell/frame.ts'
import { experimentCrumbs, Page } from '../../shell/page.tsx'
import { addressOf } from '../table/run-query.ts'
import {
  type ComparedQuery,
  type ComparedView,
  comparedAddress,
  comparedFilter,
  comparedTerms,
  comparedViews,
} from './compare-query.ts'
import { comparedMax } from './read-compared.ts'

export type ComparePageProps = {
  readonly frame: Frame
  readonly query: ComparedQuery
  /** Of the runs that are compared. */
  readonly experiments: readonly Experiment[]
  readonly count: number
  /** More runs match than are compared here. */
  readonly isCut: boolean
}

/** What every view of a comparison has around it. */
export const ComparePage: FC<PropsWithChildren<ComparePageProps>> = ({ children, ...props }) => {
  const { frame, query, experiments, count } = props
  const { to } = frame
  const [only, ...others] = experiments
  return (
    <Page
      frame={frame}
      title={`Compare ${plural(count, 'run')}`}
      section="experiments"
      crumbs={[
        ...(only && others.length === 0
          ? experimentCrumbs(to, only)
          : [{ text: 'Experiments', href: to.experiments }]),
        { text: 'Compare' },
      ]}
      api={{
        method: 'POST',
        path: '/api/2.0/mlflow/runs/search',
        body: {
          experiment_ids: experiments.map(({ id }) => String(id)),
          filter: comparedFilter(query),
        },
      }}
    >
      <Which {...props} />
      {count < 2 ? (
        <p class="empty">
          Choose at least two runs: <a href={to.experiments}>open an experiment</a> and tick them.
        </p>
      ) : (
        <>
          <Tabs
            label="Views"
            items={Object.entries(comparedViews).map(([view, text]) => ({
              // Its keys are the views.
              href: comparedAddress(to, { ...query, view: view as ComparedView }),
              text,
              isCurrent: view === query.view,
            }))}
          />
          {children}
        </>
      )}
    </Page>
  )
}

/** Which runs these are, where nobody chose them one by one; and which of those that were chosen are gone. */
const Which: FC<ComparePageProps> = ({ frame: { to }, query, count, isCut }) => {
  const { ids, experimentIds, words, view } = query
  if (ids.length > 0) {
    const missing = ids.length - count
    return missing === 0 ? null : (
      <p class="notice warn">
        {plural(missing, 'run')} of the address {missing === 1 ? 'is' : 'are'} not there.
      </p>
    )
  }
  if (experimentIds.length === 0) return null
  return (
    <p>
      {isCut
        ? `The newest ${countText(count)} of the runs that match: “${comparedViews[view]}” shows no more. `
        : `All ${plural(count, 'run')}${words === '' ? '' : ' that match'}. `}
      {words === '' ? null : (
        <>
          <code>
            <Given text={words} />
          </code>{' '}
        </>
      )}
      <a href={addressOf(to, { experimentIds, words })}>Show them as a list</a>
      {isCut && comparedMax[view] < comparedMax.parallel ? (
        <>
          {' '}
          · <a href={comparedAddress(to, { ...query, view: 'parallel' })}>Compare more at once</a>
        </>
      ) : null}
    </p>
  )
}

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
