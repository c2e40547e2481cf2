import type { FC } from 'hono/jsx'
import { hubNameKey, hubNameOf } from '../../registry/models/hub-name.ts'
import { isPromptTag } from '../../registry/prompts.ts'
import { isActive } from '../../registry/stages/stages.ts'
import { LinksSection } from '../collections/links-section.tsx'
import { Tags } from '../parts/chips.tsx'
import { Given, visibleText, Written } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'
import { RequestTable } from '../promotions/request-table.tsx'
import type { Frame } from '../shell/frame.ts'
import { Page } from '../shell/page.tsx'
import { AtForm } from './board/at-form.tsx'
import { HeldStages } from './board/held-stages.tsx'
import { modelCalls } from './board/model-calls.ts'
import { liveVersionOf, StageBoard } from './board/stage-board.tsx'
import { History } from './history.tsx'
import { MetricOverVersions } from './metric-chart.tsx'
import { ModelTabs } from './model-tabs.tsx'
import type { ModelMetric } from './read-metric.ts'
import type { ModelStanding } from './read-model.ts'

type ModelPageProps = {
  readonly frame: Frame
  readonly standing: ModelStanding
  /** Over its versions; undefined: none has any. */
  readonly metric: ModelMetric | undefined
}

/** A model: what is live, since when and by whose decision; what is next. */
export const ModelPage: FC<ModelPageProps> = ({ frame, standing, metric }) => {
  const { model, stages, requests, entries, mayPromote, mayEdit, links } = standing
  const { to } = frame
  const { name } = model
  const hubName = hubNameOf(model)
  const serving = stages.filter((stage) => isActive(stage.name) && stage.column)
  return (
    <Page
      frame={frame}
      title={name}
      heading={<Given text={name} />}
      section="models"
      inMlflow={`/models/${encodeURIComponent(name)}`}
      live={{ model: name }}
      crumbs={[{ text: 'Models', href: to.models }, { text: name }]}
      about={
        <>
          {model.tags.some(isPromptTag) ? (
            <p class="notice">
              This is a prompt: <a href={to.prompt(name)}>what it says, and its versions</a>.
            </p>
          ) : null}
          {model.description ? (
            <div class="soft">
              <Written text={model.description} />
            </div>
          ) : null}
          <Tags of={model.tags} />
        </>
      }
      actions={
        <>
          <Compare standing={standing} to={to} />
          {mayPromote
            ? serving.map((stage) => (
                <a
                  class="button quiet"
                  href={to.query(to.rollback(name), { stage: stage.name })}
                  data-dialog
                >
                  Roll back {visibleText(stage.name)}…
                </a>
              ))
            : null}
          {mayEdit || mayPromote ? (
            <a class="button quiet" href={to.changeModel(name)} data-key="e">
              Change…
            </a>
          ) : null}
        </>
      }
      api={modelCalls(to, standing, metric)}
    >
      <ModelTabs {...{ name, to }} current="stages" replicas={standing.replicas} />
      {links ? <LinksSection {...{ links, name, to }} /> : null}
      {model.latestVersions.length === 0 && links ? null : model.latestVersions.length === 0 ? (
        <p class="empty">
          No version yet. <code>mlflow.register_model(uri, "{visibleText(name)}")</code> makes the
          first one.
        </p>
      ) : (
        <StageBoard {...{ standing, metric, to }} />
      )}
      <AtForm {...{ name, to }} />
      {metric === undefined ? null : <MetricOverVersions {...{ metric, name, to }} />}
      <HeldStages {...standing.held} nowMs={standing.nowMs} {...{ name, to }} />
      {model.aliases.length > 0 ? (
        <section class="near" aria-labelledby="aliases" data-part="aliases">
          <h2 id="aliases">Aliases</h2>
          <ul class="plain">
            {model.aliases.map(({ alias, version }) => (
              <li>
                <Given text={`@${alias}`} /> points at{' '}
                <a href={to.version(name, version)}>version {version}</a>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      {requests.length > 0 ? (
        <section class="near" aria-labelledby="requests" data-part="requests">
          <h2 id="requests">Open requests</h2>
          <RequestTable
            requests={requests}
            there={standing.there}
            nowMs={standing.nowMs}
            to={to}
            caption={`Requests about ${visibleText(name)}`}
          />
        </section>
      ) : null}
      <p class="hint" data-part="hub-name">
        {hubName === undefined ? (
          <>
            Clients of the Hugging Face Hub cannot ask for this name; the tag{' '}
            <code>{hubNameKey}</code> gives it another
          </>
        ) : (
          <>
            On the Hugging Face Hub's clients: <code>{`${standing.workspace}/${hubName}`}</code>
          </>
        )}
      </p>
      <History entries={entries} to={to} about={{ model: name }} />
    </Page>
  )
}

/** The live version beside the newest one, where they differ. */
const Compare: FC<{ readonly standing: ModelStanding; readonly to: Paths }> = ({
  standing: { model, stages },
  to,
}) => {
  const live = liveVersionOf(stages)
  const latest = Math.max(0, ...model.latestVersions.map(({ version }) => version))
  if (!live || live.version === latest) return null
  return (
    <a class="button quiet" href={to.compare(model.name, [live.version, latest])}>
      Compare {live.version} with {latest}
    </a>
  )
}
