import type { FC } from 'hono/jsx'
import { eyesForm } from '../../charts/chart.tsx'
import { Chip } from '../../parts/chips.tsx'
import { Given, plural, visibleText } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import type { Frame } from '../../shell/frame.ts'
import { addressOf } from '../table/run-query.ts'
import { KeptTerms } from './compare-forms.tsx'
import { type ComparedQuery, comparedAddress, isHidden, shortIdOf } from './compare-query.ts'
import type { BestRuns } from './compared-rows.ts'
import type { ComparedRun } from './read-compared.ts'

/** What somebody asked to be compared too, where it was not one run. */
export type AddedRuns = {
  readonly words: string
  /** Runs that may be meant; empty: there is none. */
  readonly found: readonly { readonly runId: string; readonly name: string }[]
}

type RunStripProps = {
  readonly frame: Frame
  readonly query: ComparedQuery
  /** In any order. */
  readonly runs: readonly ComparedRun[]
  readonly added: AddedRuns | undefined
  readonly best: BestRuns | undefined
}

/** Of 100 runs the page stays below 100 kB. */
const shownMax = 12

/** The runs that were chosen one by one: each may leave or become the base, and others may come. */
export const RunStrip: FC<RunStripProps> = ({ frame: { to }, query, runs, added, best }) => {
  const byId = new Map(runs.map((run) => [run.runId, run]))
  const chosen = query.ids.flatMap((id, place) => {
    const run = byId.get(id)
    return run
      ? [
          {
            ...run,
            place,
            isBest: best?.runIds.includes(id) === true,
            isHidden: isHidden(query, run),
          },
        ]
      : []
  })
  const base = chosen.find((run) => !run.isHidden)?.place ?? 0
  const experimentIds = [...new Set(runs.map(({ experimentId }) => experimentId))]
  return (
    <section aria-label="Runs that are compared">
      <form class="near" id={eyesForm} method="get" action={`${to.runs}/compare`}>
        <KeptTerms query={query} without={[]} />
        <div class="search add-run">
          <AddField added={added} />
          {experimentIds.length === 1 && chosen.length <= shownMax ? (
            <a class="button quiet" href={addressOf(to, { experimentIds, selected: query.ids })}>
              Choose in the table
            </a>
          ) : null}
          {added === undefined ? null : <Meant {...{ added, query, to }} />}
        </div>
        <ul class="strip">
          {chosen.slice(0, shownMax).map((run) => (
            <Item
              {...{ run, to }}
              isBase={run.place === base}
              isOnly={query.ids.length === 1}
              bestBy={best?.title}
            />
          ))}
        </ul>
        <Others runs={chosen.slice(shownMax)} />
      </form>
    </section>
  )
}

type Placed = ComparedRun & {
  /** Among the ids of the address: buttons send it, being shorter than an id. */
  readonly place: number
  readonly isBest: boolean
  readonly isHidden: boolean
}

type ItemProps = {
  /** The first that is shown. */
  readonly isBase: boolean

  readonly run: Placed
  readonly to: Paths
  readonly isOnly: boolean
  readonly bestBy: string | undefined
}

const Item: FC<ItemProps> = ({
  run: { runId, name, place, isBest, isHidden: isOut },
  to,
  isBase,
  isOnly,
  bestBy,
}) => (
  <li class={isOut ? 'hidden-line' : undefined}>
    <a href={to.run(runId)}>
      <Given text={name} />
    </a>
    {isBest ? <Chip sign="check" tone="good" word={`best by ${shortened(bestBy ?? '')}`} /> : null}
    {isBase ? (
      <Chip sign="ring" tone="" word="base" title="Others are compared with it" />
    ) : (
      <button type="submit" class="link" name="base" value={String(place)}>
        make base<span class="unseen">: {visibleText(name)}</span>
      </button>
    )}
    {isOnly ? null : (
      <button
        type="submit"
        class="link"
        name="eye"
        value={shortIdOf(runId)}
        aria-pressed={isOut ? 'true' : 'false'}
      >
        hide<span class="unseen"> {visibleText(name)}</span>
      </button>
    )}
    {isOnly ? null : (
      <button type="submit" class="leave" name="without" value={String(place)} title="Leave it out">
        <span aria-hidden="true">×</span>
        <span class="unseen">Leave out {visibleText(name)}</span>
      </button>
    )}
  </li>
)

/** A name of a metric, short enough for a badge. */
function shortened(title: string): string {
  const [...chars] = title
  return chars.length <= badgeChars ? title : `${chars.slice(0, badgeChars - 1).join('')}…`
}

const badgeChars = 30

/** Those that have no place in the strip, as a choice. */
const Others: FC<{ readonly runs: readonly Placed[] }> = ({ runs }) =>
  runs.length === 0 ? null : (
    <div class="row">
      <label>
        {plural(runs.length, 'more run')}{' '}
        <select name="other">
          {runs.map(({ place, name }) => (
            <option value={String(place)}>{visibleText(name)}</option>
          ))}
        </select>
      </label>
      <button type="submit" class="quiet" name="do" value="base">
        Make it the base
      </button>
      <button type="submit" class="quiet" name="do" value="without">
        Leave it out
      </button>
    </div>
  )

/** It is the first field of its form, so that Enter in it adds. */
const AddField: FC<{ readonly added: AddedRuns | undefined }> = ({ added }) => (
  <>
    <label>
      Add a run
      <input
        name="add"
        value={added?.words ?? ''}
        placeholder="name or id"
        autocapitalize="none"
        autocomplete="off"
        spellcheck={false}
        aria-invalid={added?.found.length === 0 ? 'true' : undefined}
        aria-describedby={added === undefined ? undefined : 'added-runs'}
      />
    </label>
    <button type="submit" class="quiet">
      Add
    </button>
  </>
)

type MeantProps = {
  readonly added: AddedRuns
  readonly query: ComparedQuery
  readonly to: Paths
}

const Meant: FC<MeantProps> = ({ added: { words, found }, query, to }) => (
  <div class="problem" id="added-runs" role="alert">
    {found.length === 0 ? (
      <p>
        No other run that you may read is called <Given text={words} />.
      </p>
    ) : (
      <p>
        Several may be meant:{' '}
        {found.map(({ runId, name }, i) => (
          <>
            {i > 0 ? ', ' : ''}
            <a href={comparedAddress(to, { ...query, ids: [...query.ids, runId] })}>
              <Given text={`${name} ${runId.slice(0, 8)}`} />
            </a>
          </>
        ))}
      </p>
    )}
  </div>
)
