import type { FC } from 'hono/jsx'
import type { Holder } from '../../../governance/history/holders.ts'
import { firstStage, isActive } from '../../../registry/stages/stages.ts'
import type { ModelVersion } from '../../../registry/versions/read-versions.ts'
import { Made } from '../../parts/byline.tsx'
import { AliasChips, StageChip } from '../../parts/chips.tsx'
import { Change } from '../../parts/differences/change.tsx'
import { directionsOf } from '../../parts/directions.ts'
import { Fold } from '../../parts/fields.tsx'
import { countText, Given, metricText, plural } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import type { ModelMetric } from '../read-metric.ts'
import type { BoardStage, ModelStanding } from '../read-model.ts'
import { CardAnswering, CardRequests } from './card-standing.tsx'
import { SinceText } from './since-text.tsx'

type BoardProps = {
  readonly standing: ModelStanding
  /** The one that is drawn over its versions. */
  readonly metric: ModelMetric | undefined
  readonly to: Paths
}

/** The stages of a model beside each other, each with its versions. */
export const StageBoard: FC<BoardProps> = ({ standing, metric, to }) => {
  const { model, stages, mayPromote, requests, answering } = standing
  const measured = metric && measuredBy(standing, metric)
  return (
    <div class="board" data-part="board">
      {stages.map((stage) => (
        <Column {...{ stage, to, mayPromote, measured, requests, answering }} name={model.name} />
      ))}
    </div>
  )
}

/** The newest version of the last stage that serves; undefined: none does. */
export function liveVersionOf(stages: readonly BoardStage[]): ModelVersion | undefined {
  return stages.findLast(({ name, column }) => isActive(name) && column)?.column?.newest[0]
}

/** What a metric says of versions. */
type Measured = {
  readonly key: string
  readonly direction: 'up' | 'down' | undefined
  /** Of the version that is live. */
  readonly live: number | undefined
  /** By version; those that have one. */
  readonly values: ReadonlyMap<number, number>
}

function measuredBy({ model, stages }: ModelStanding, { key, versions }: ModelMetric): Measured {
  const values = new Map(
    versions.flatMap(({ version, value }) => (value === null ? [] : [[version, value] as const])),
  )
  const live = liveVersionOf(stages)
  const policies = stages.flatMap((stage) => stage.policies)
  return {
    key,
    direction: directionsOf(policies, [model])(key),
    live: live && values.get(live.version),
    values,
  }
}

type ColumnProps = {
  readonly stage: BoardStage
  readonly name: string
  readonly to: Paths
  readonly mayPromote: boolean
  readonly measured: Measured | undefined
} & Pick<ModelStanding, 'requests' | 'answering'>

const Column: FC<ColumnProps> = ({ stage, name, to, ...of }) => {
  const { column, since, policies } = stage
  const versions = column?.newest ?? []
  const isQuiet = !isActive(stage.name)
  const shown = (
    <>
      <ul class="plain lines">
        {versions.map((version) => (
          <Card version={version} holder={since.get(version.version)} to={to} {...of} />
        ))}
      </ul>
      {column && column.count > versions.length ? (
        <p class="soft">
          <a href={to.versions(name)}>{countText(column.count - versions.length)} more</a>
        </p>
      ) : null}
    </>
  )
  return (
    <section class={isQuiet ? 'panel near quiet-stage' : 'panel near'} aria-label={stage.name}>
      <h2 class="row">
        <StageChip stage={stage.name} />
        {stage.isExclusive ? <span class="hint">one version</span> : null}
      </h2>
      {policies.length > 0 ? (
        <p class="hint">
          guarded by{' '}
          {policies.map((policy, i) => (
            <>
              {i > 0 ? ', ' : ''}
              <a href={to.policy(policy.name)}>
                <Given text={policy.name} />
              </a>
            </>
          ))}
        </p>
      ) : null}
      {versions.length === 0 ? <p class="soft">empty</p> : null}
      {column && isQuiet && stage.name !== firstStage ? (
        <Fold title={plural(column.count, 'version')}>{shown}</Fold>
      ) : (
        shown
      )}
      {isQuiet || policies.length > 0 ? null : <p class="hint">no policy guards it</p>}
    </section>
  )
}

type CardProps = Omit<ColumnProps, 'stage' | 'name'> & {
  readonly version: ModelVersion
  readonly holder: Holder | undefined
}

const Card: FC<CardProps> = ({ version, holder, to, mayPromote, measured, ...standing }) => {
  const { name, aliases, createdAtMs, userId, stage } = version
  const since = holder?.since
  return (
    <li class="near">
      <p class="row">
        <strong>
          <a href={to.version(name, version.version)}>Version {version.version}</a>
        </strong>
        <AliasChips aliases={aliases} />
      </p>
      {measured ? <Value of={version.version} measured={measured} /> : null}
      {since ? (
        <SinceText since={since} to={to} />
      ) : (
        <p class="soft">
          <Made atMs={createdAtMs} by={userId} />
        </p>
      )}
      <CardAnswering of={version.version} answering={standing.answering} {...{ name, to }} />
      <CardRequests of={version.version} requests={standing.requests} to={to} />
      {mayPromote && (stage === firstStage || isActive(stage)) ? (
        <p>
          <a href={to.promote(name, version.version)} data-dialog>
            Promote…
          </a>
        </p>
      ) : null}
    </li>
  )
}

type ValueProps = { readonly of: number; readonly measured: Measured }

/** The metric of a version and, of one that is not live, by how much it is better or worse than what is. */
const Value: FC<ValueProps> = ({ of, measured: { key, direction, live, values } }) => {
  const value = values.get(of)
  if (value === undefined) return null
  const isCompared = live !== undefined && Number.isFinite(live) && Number.isFinite(value)
  return (
    <p>
      <span class="soft">
        <Given text={key} />
      </span>{' '}
      {metricText(value)}{' '}
      {isCompared && value !== live ? (
        <Change values={[live, value]} direction={direction} />
      ) : null}
    </p>
  )
}
