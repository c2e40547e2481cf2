import type { FC } from 'hono/jsx'
import type { Page as PageOf } from '../../../search/page.ts'
import type { Experiment } from '../../../tracking/experiments/experiment.ts'
import type { ExperimentKey } from '../../../tracking/runs/experiment-keys.ts'
import { metricColumn } from '../../../tracking/runs/run-columns.ts'
import { type Directions, directionsOf } from '../../parts/directions.ts'
import { countText, Given, plural } from '../../parts/text.tsx'
import type { Frame } from '../../shell/frame.ts'
import { experimentCrumbs, Page } from '../../shell/page.tsx'
import { KeptFields } from '../table/kept-fields.tsx'
import {
  addressOf,
  fixedColumnsOf,
  isBest,
  type RunsQuery,
  runsPath,
  titleOf,
} from '../table/run-query.ts'

type ColumnsPageProps = {
  readonly frame: Frame
  readonly experiments: readonly Experiment[]
  readonly query: RunsQuery
  /** What the names hold that are shown. */
  readonly words: string
  /** By the letter that addresses have before the name. */
  readonly found: Readonly<Record<'m' | 'p' | 't', PageOf<ExperimentKey>>>
}

const groups = { m: 'Metrics', p: 'Params', t: 'Tags' } as const

/** Columns of a table of runs, chosen from all names that runs of the experiment have. */
export const ColumnsPage: FC<ColumnsPageProps> = ({ frame, experiments, query, words, found }) => {
  const { to } = frame
  const better = directionsOf([], experiments)
  const [only, ...others] = experiments
  const experiment = others.length === 0 ? only : undefined
  const title = experiment?.name ?? `runs of ${experiments.length} experiments`
  return (
    <Page
      frame={frame}
      title={`Columns of ${title}`}
      heading={
        <>
          Columns of <Given text={title} />
        </>
      }
      section="experiments"
      crumbs={[
        ...(experiment
          ? experimentCrumbs(to, experiment)
          : [{ text: 'Experiments', href: to.experiments }]),
        { text: 'Columns' },
      ]}
      api={{
        method: 'GET',
        path: to.query(`/api/v1/experiments/${only?.id}/keys`, {
          kind: 'metric',
          contains: words,
        }),
      }}
    >
      <form method="get" action={runsPath(to, query)}>
        <KeptFields query={query} without={['columns']} />
        <div class="search">
          <label>
            Part of a name
            <input
              name="find"
              value={words}
              autocapitalize="none"
              autocomplete="off"
              spellcheck={false}
            />
          </label>
          <button type="submit" class="quiet" formaction={`${runsPath(to, query)}/columns`}>
            Find
          </button>
        </div>
        {query.columns.length === 0 ? null : (
          <Choices
            title="Chosen"
            better={better}
            columns={query.columns.map((column) => ({ column, isChosen: true }))}
          />
        )}
        <Choices
          title="Run"
          better={better}
          columns={fixedColumnsOf(query)
            .filter((column) => !query.columns.includes(column))
            .map((column) => ({ column }))}
        />
        {(['m', 'p', 't'] as const).map((letter) => {
          const { items, nextPageToken } = found[letter]
          return (
            <Choices
              title={groups[letter]}
              better={better}
              columns={items
                .flatMap(({ key, runs }) => columnsNamed(letter, key, runs))
                .filter(({ column }) => !query.columns.includes(column))}
              note={
                nextPageToken === undefined
                  ? undefined
                  : `The ${countText(items.length)} that most runs have; name a part to find others.`
              }
            />
          )
        })}
        <div class="row">
          <button type="submit">Show these columns</button>
          <a href={addressOf(to, query)}>Cancel</a>
        </div>
      </form>
    </Page>
  )
}

/** A metric is offered with its extremes. */
function columnsNamed(letter: 'm' | 'p' | 't', key: string, runs: number) {
  if (letter !== 'm') return [{ column: `${letter}.${key}`, runs }]
  return [
    { column: metricColumn(key), runs },
    { column: metricColumn(key, 'min') },
    { column: metricColumn(key, 'max') },
  ]
}

type ChoicesProps = {
  readonly title: string
  readonly columns: readonly {
    readonly column: string
    readonly isChosen?: boolean
    readonly runs?: number
  }[]
  readonly note?: string | undefined
  readonly better: Directions
}

const Choices: FC<ChoicesProps> = ({ title, columns, note, better }) => (
  <fieldset>
    <legend>{title}</legend>
    <div class="row">
      {columns.map(({ column, isChosen, runs }) => (
        <label class="choice">
          <input type="checkbox" name="col" value={column} checked={isChosen ?? false} />
          <span>
            <Given text={titleOf(column)} />{' '}
            {runs === undefined ? null : <span class="soft">{plural(runs, 'run')}</span>}
            {isBest(column, better) ? <span class="soft">best</span> : null}
          </span>
        </label>
      ))}
      {columns.length === 0 ? <span class="soft">none</span> : null}
    </div>
    {note === undefined ? null : <p class="soft">{note}</p>}
  </fieldset>
)
