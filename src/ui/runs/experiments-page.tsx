import type { FC } from 'hono/jsx'
import type { RegistryError } from '../../core/error.ts'
import { filterOfWords } from '../../search/words.ts'
import type { RunCount } from '../../tracking/experiments/count-runs.ts'
import type { Experiment } from '../../tracking/experiments/experiment.ts'
import { exactExperimentFilter } from '../../tracking/experiments/search-experiments.ts'
import { Time } from '../parts/byline.tsx'
import { Tags } from '../parts/chips.tsx'
import { isOwnTag, noteOf } from '../parts/own-tags.ts'
import { SearchBox, TimesNote, WordsNote } from '../parts/search-box.tsx'
import { Cell, NextLink, NoValue, Table } from '../parts/table.tsx'
import { countText, Excerpt, Given, visibleText } from '../parts/text.tsx'
import type { Frame } from '../shell/frame.ts'
import { Page } from '../shell/page.tsx'

/** Of a name among those opened last. */
const nameCharsMax = 48
/** Of what a description begins with. */
const lineCharsMax = 120

type ExperimentsPageProps = {
  readonly frame: Frame
  readonly query: {
    /** A filter or plain words; empty: all. */
    readonly words: string
    readonly isOfDeleted: boolean
    readonly after: string | undefined
  }
  /** The one that was changed last is first. */
  readonly experiments: readonly Experiment[]
  /** Those that this browser opened last. */
  readonly recent: readonly Experiment[]
  readonly counts: ReadonlyMap<number, RunCount>
  readonly next: string | undefined
  readonly problem: RegistryError | undefined
  readonly nowMs: number
}

/** All experiments that the caller may read, or those that a filter leaves. */
export const ExperimentsPage: FC<ExperimentsPageProps> = (props) => {
  const { frame, query, experiments, next, problem } = props
  const { to } = frame
  const { words, isOfDeleted } = query
  const filter = filterOfWords(words, 'name')
  const exact = exactExperimentFilter(filter, props.nowMs)
  const terms = { q: words, deleted: isOfDeleted ? '1' : undefined }
  return (
    <Page
      frame={frame}
      title={isOfDeleted ? 'Deleted experiments' : 'Experiments'}
      section="experiments"
      actions={
        <>
          <a
            class="button quiet"
            href={to.query(to.experiments, { q: words, deleted: isOfDeleted ? undefined : '1' })}
          >
            {isOfDeleted ? 'Active experiments' : 'Deleted experiments'}
          </a>
          <a class="button quiet" href={`${to.experiments}/new`}>
            New…
          </a>
        </>
      }
      api={{
        method: 'POST',
        path: '/api/2.0/mlflow/experiments/search',
        body: {
          filter: exact.text,
          max_results: 100,
          view_type: isOfDeleted ? 'DELETED_ONLY' : 'ACTIVE_ONLY',
        },
      }}
    >
      <SearchBox
        action={to.experiments}
        label="Name, or a filter"
        placeholder="nightly, or tags.team = 'risk'"
        {...{ words, problem }}
        addressOf={(q) => to.query(to.experiments, { ...terms, q })}
      >
        {isOfDeleted ? <input type="hidden" name="deleted" value="1" /> : null}
      </SearchBox>
      <WordsNote words={words} filter={filter} />
      <TimesNote times={exact.times} />
      <Recent {...props} />
      {experiments.length > 0 ? (
        <ExperimentTable {...props} />
      ) : problem === undefined ? (
        <p class="empty">
          {words === '' ? 'No experiment is here.' : 'No experiment matches.'}{' '}
          <a href={to.experiments}>Show all experiments</a>
        </p>
      ) : null}
      <NextLink after={next} hrefOf={(after) => to.query(to.experiments, { ...terms, after })}>
        Next experiments
      </NextLink>
    </Page>
  )
}

const Recent: FC<ExperimentsPageProps> = ({ frame: { to }, recent }) =>
  recent.length === 0 ? null : (
    <nav aria-label="Recently opened">
      <p class="row">
        <span class="soft">Recently opened</span>
        {recent.map(({ id, name }) => (
          <a href={to.experiment(id)}>
            <Excerpt text={name} charsMax={nameCharsMax} />
          </a>
        ))}
      </p>
    </nav>
  )

const ExperimentTable: FC<ExperimentsPageProps> = ({ frame: { to }, experiments, counts }) => (
  <form method="get" action={to.runs}>
    <Table
      caption="Experiments"
      isCards
      columns={['Experiment', { title: 'Runs', isNumber: true }, 'Last run began', 'Created']}
    >
      {experiments.map(({ id, name, tags, createdAtMs }) => {
        const count = counts.get(id)
        return (
          <tr>
            <th scope="row">
              <div class="near">
                <span>
                  <input
                    type="checkbox"
                    name="in"
                    value={String(id)}
                    aria-label={`Select ${visibleText(name)}`}
                  />{' '}
                  <a href={to.experiment(id)}>
                    <Given text={name} />
                  </a>
                </span>
                <FirstLine of={noteOf(tags)} />
                <Tags of={tags.filter(isOwnTag)} />
              </div>
            </th>
            <Cell label="Runs" isNumber>
              {countText(count?.runs ?? 0)}
            </Cell>
            <Cell label="Last run began" isLine>
              {count ? <Time atMs={Number(count.lastStartMs)} /> : <NoValue />}
            </Cell>
            <Cell label="Created" isLine>
              <Time atMs={createdAtMs} />
            </Cell>
          </tr>
        )
      })}
    </Table>
    <div class="row">
      <button type="submit" class="quiet" data-key="c">
        Runs of those selected
      </button>
    </div>
  </form>
)

/** What a description begins with. */
const FirstLine: FC<{ readonly of: string }> = ({ of }) => {
  const [line = ''] = of.trim().split(/[\n\r]/, 1)
  return line === '' ? null : (
    <span class="soft">
      <Excerpt text={line} charsMax={lineCharsMax} />
    </span>
  )
}
