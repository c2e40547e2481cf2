import type { FC } from 'hono/jsx'
import type { Lineage } from '../../governance/lineage.ts'
import { targetText } from '../../governance/policies/policy.ts'
import { isActive } from '../../registry/stages/stages.ts'
import { StageChip, StatusChip } from '../parts/chips.tsx'
import { Given, plural, visibleText } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'
import { LineageGraph } from './lineage-graph.tsx'

type LineageListProps = {
  readonly lineage: Lineage
  /** Processes that answer with the version. */
  readonly replicas: number
  readonly to: Paths
}

/** Where a version comes from and where it went, step by step. */
export const LineageList: FC<LineageListProps> = ({ lineage, replicas, to }) => {
  const { version, run, datasets, loggedModel, siblings, promotions } = lineage
  return (
    <section class="near" aria-labelledby="lineage">
      <h2 id="lineage">Lineage</h2>
      <LineageGraph {...{ lineage, replicas, to }} />
      <dl class="facts">
        <dt>Datasets</dt>
        <dd>
          {datasets.length === 0
            ? 'none that you may read'
            : datasets.map(({ name, digest, context }) => (
                <div>
                  <a href={to.dataset(digest)}>
                    <Given text={name} />
                  </a>{' '}
                  <code>{visibleText(digest)}</code>
                  {context === undefined ? '' : ` (${visibleText(context)})`}
                </div>
              ))}
        </dd>
        <dt>Run</dt>
        <dd>
          {run === undefined ? (
            version.runId ? (
              'one that you may not read'
            ) : (
              'none'
            )
          ) : (
            <>
              <a href={to.run(run.runId)}>
                <Given text={run.name} />
              </a>{' '}
              of experiment{' '}
              <a href={to.experiment(Number(run.experimentId))}>
                <Given text={run.experimentName} />
              </a>
              <div>
                <code>{run.runId}</code>
              </div>
              {run.code.commit === undefined ? null : (
                <div>
                  Code <code>{visibleText(run.code.commit)}</code>
                </div>
              )}
            </>
          )}
        </dd>
        {loggedModel === undefined ? null : (
          <>
            <dt>Logged model</dt>
            <dd>
              <a href={to.loggedModel(loggedModel.modelId)}>
                <Given text={loggedModel.name} />
              </a>{' '}
              <code>{loggedModel.modelId}</code>{' '}
              <a href={to.tracesOfModel(Number(loggedModel.experimentId), loggedModel.modelId)}>
                its traces
              </a>
            </dd>
          </>
        )}
        <Behaviour lineage={lineage} to={to} />
        <dt>Source</dt>
        <dd class="mono">{visibleText(version.source)}</dd>
        <dt>Now in</dt>
        <dd>
          <StageChip
            stage={version.stage}
            {...(isActive(version.stage) && { href: to.stage(version.name, version.stage) })}
          />
        </dd>
        <dt>Answering</dt>
        <dd>
          {replicas === 0 ? (
            'no process'
          ) : (
            <a href={to.serving(version.name)}>{plural(replicas, 'process', 'processes')}</a>
          )}
        </dd>
        {siblings.length === 0 ? null : (
          <>
            <dt>From the same run</dt>
            <dd class="row">
              {siblings.slice(0, 20).map((other) => (
                <StageChip
                  stage={other.stage}
                  more={`${other.name} ${other.version}`}
                  href={to.version(other.name, other.version)}
                />
              ))}
            </dd>
          </>
        )}
        {promotions.length === 0 ? null : (
          <>
            <dt>Requests</dt>
            <dd class="near">
              {promotions.slice(0, 20).map(({ id, target, status }) => (
                <span class="row">
                  <a href={to.promotion(id)}>#{id}</a> to {visibleText(targetText(target))}
                  <StatusChip status={status} />
                </span>
              ))}
            </dd>
          </>
        )}
      </dl>
    </section>
  )
}

const shownMax = 20

/** What it did, and where it was evaluated. */
const Behaviour: FC<Pick<LineageListProps, 'lineage' | 'to'>> = ({ lineage, to }) => {
  const { traces, evaluations, run } = lineage
  return (
    <>
      {traces === undefined ? null : (
        <>
          <dt>Traces of the last 30 days</dt>
          <dd>
            {plural(traces.finished, 'trace')}, {plural(traces.errors, 'error')}
            {run === undefined ? null : (
              <>
                {' '}
                · <a href={to.tracesOfRun(Number(run.experimentId), run.runId)}>those of its run</a>
              </>
            )}
          </dd>
        </>
      )}
      {evaluations.length === 0 ? null : (
        <>
          <dt>Evaluated in</dt>
          <dd>
            {evaluations.slice(0, shownMax).map(({ runId, name, datasets: read }) => (
              <div>
                <a href={to.run(runId)}>
                  <Given text={name} />
                </a>
                {read.slice(0, shownMax).map(({ name: dataset, digest }, i) => (
                  <>
                    {i === 0 ? ' on ' : ', '}
                    <a href={to.dataset(digest)}>
                      <Given text={dataset} />
                    </a>
                  </>
                ))}
              </div>
            ))}
          </dd>
        </>
      )}
    </>
  )
}
