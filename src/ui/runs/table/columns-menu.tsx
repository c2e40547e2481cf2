import type { FC } from 'hono/jsx'
import type { RunKey } from '../../../tracking/runs/run-cells.ts'
import { extremeColumnsOf, figureOf, metricColumn } from '../../../tracking/runs/run-columns.ts'
import { isOwnTag } from '../../parts/own-tags.ts'
import { countText, Given, visibleText } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import type { RunsStanding } from './read-runs.ts'
import { addressBelow, fixedColumnsOf, isBest, type RunsQuery, titleOf } from './run-query.ts'

export type ColumnsProps = {
  readonly to: Paths
  readonly standing: RunsStanding
  readonly query: RunsQuery
}

/** Names of the runs that are shown are enough for most; a page of its own finds all others. */
export const Columns: FC<ColumnsProps> = ({ to, standing, query }) => {
  const { columns, keys } = standing
  const extremes = extremeColumnsOf(columns)
  const groups = [
    ['Run', fixedColumnsOf(query)],
    ['Metrics', offeredMetrics(columns, keys.metrics)],
    ...(extremes.length === 0 ? [] : [['Least and greatest', extremes] as const]),
    ['Params', offeredOf('p', columns, keys.params)],
    ['Tags', offeredOf('t', columns, keys.tags)],
  ] as const
  return (
    <details class="columns">
      <summary data-key="o" data-key-text="Columns">
        Columns ({columns.length})
      </summary>
      <div class="near">
        {query.columns.length === 0 ? (
          <p class="soft">None were chosen: shown are those that differ between these runs.</p>
        ) : null}
        {groups.map(([title, of]) => (
          <fieldset>
            <legend>{title}</legend>
            <div class="row">
              {of.slice(0, offeredMax).map((column) => (
                <label class="choice">
                  <input
                    type="checkbox"
                    name="col"
                    value={column}
                    checked={query.columns.includes(column)}
                  />
                  <Given text={titleOf(column)} />
                  {isBest(column, standing.better) ? <span class="soft">best</span> : null}
                </label>
              ))}
              {of.length === 0 ? <span class="soft">none in these runs</span> : null}
            </div>
            {of.length > offeredMax ? (
              <p class="soft">
                {countText(of.length - offeredMax)} more are found among all names.
              </p>
            ) : null}
          </fieldset>
        ))}
        <div class="row">
          <button type="submit" class="quiet">
            Show these columns
          </button>
          <a href={addressBelow(to, 'columns', query)}>Find among all names…</a>
        </div>
      </div>
    </details>
  )
}

const offeredMax = 60

function offeredMetrics(shown: readonly string[], keys: readonly RunKey[]): string[] {
  const latest = shown.filter((column) => figureOf(column) === 'last')
  return [...new Set([...latest, ...keys.map(({ key }) => metricColumn(key))])]
}

/** Those that are shown, then those that the runs of the page have. */
function offeredOf(letter: string, shown: readonly string[], keys: readonly RunKey[]): string[] {
  return [
    ...new Set([
      ...shown.filter((column) => column.startsWith(`${letter}.`)),
      ...keys.map(({ key }) => `${letter}.${key}`),
    ]),
  ]
}

/** By which column the runs are folded. */
export const GroupChoice: FC<ColumnsProps> = ({ standing: { keys }, query: { group } }) => {
  const chosen = group === undefined ? [] : [group]
  const groups = [
    ['Params', offeredOf('p', chosen, keys.params)],
    ['Tags', offeredOf('t', chosen, keys.tags.filter(isOwnTag))],
  ] as const
  return (
    <label class="group-choice">
      Group by{' '}
      <select name="group">
        <option value="">nothing</option>
        {groups.map(([title, of]) =>
          of.length === 0 ? null : (
            <optgroup label={title}>
              {of.map((column) => (
                <option value={column} selected={column === group}>
                  {visibleText(titleOf(column))}
                </option>
              ))}
            </optgroup>
          ),
        )}
      </select>
    </label>
  )
}
