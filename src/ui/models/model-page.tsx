import type { FC } from 'hono/jsx'
import { hubNameKey, hubNameOf } from '../../registry/models/hub-name.ts'
import type { RegisteredModel } from '../../registry/models/read-models.ts'
import { isPromptTag } from '../../registry/prompts.ts'
import { firstStage, isActive } from '../../registry/stages/stages.ts'
import { LinksSection } from '../collections/links-section.tsx'
import { Tags } from '../parts/chips.tsx'
import { Given, plural, visibleText, Written } from '../parts/text.tsx'
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
      live={liveOf(standing)}
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
          <Primary standing={standing} to={to} />
        </>
      }
      api={modelCalls(to, standing, metric)}
    >
      <ModelTabs {...{ name, to }} current="stages" {...countsOf(standing)} />
      {links ? <LinksSection {...{ links, name, to }} /> : null}
      {model.latestVersions.length === 0 && links ? null : model.latestVersions.length === 0 ? (
        <p class="empty">
          No version yet. <code>mlflow.register_model(uri, "{visibleText(name)}")</code> makes the
          first one.
        </p>
      ) : (
        <>
          <StageBoard {...{ standing, metric, to }} />
          <Unlisted answering={standing.answering} {...{ name, to }} />
        </>
      )}
      <AtForm {...{ name, to }} />
      {metric === undefined ? null : <MetricOverVersions {...{ metric, name, to }} />}
      <HeldStages {...standing.held} nowMs={standing.nowMs} {...{ name, to }} />
      <Aliases standing={standing} to={to} />
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

/** Processes that the board does not count. */
const Unlisted: FC<
  Pick<ModelStanding, 'answering'> & { readonly name: string; readonly to: Paths }
> = ({ answering: { unlisted }, name, to }) =>
  unlisted === 0 ? null : (
    <p class="soft">
      <a href={to.serving(name)}>{plural(unlisted, 'more process', 'more processes')}</a>{' '}
      {unlisted === 1 ? 'is' : 'are'} not on the board, which has the 20 most common pairs of what
      is followed and what answers.
    </p>
  )

/** What a process answers with is told by no event: where there are some, the page is read again. */
function liveOf({ model: { name }, answering }: ModelStanding) {
  return { model: name, ...(answering.processes > 0 && { everySeconds: 5, quietSeconds: 30 }) }
}

function countsOf({ stages, answering }: ModelStanding) {
  return {
    versions: stages.reduce((sum, { column }) => sum + (column?.count ?? 0), 0),
    replicas: answering.processes,
  }
}

type PartProps = { readonly standing: ModelStanding; readonly to: Paths }

/** The live version beside the newest one, where they differ. */
const Compare: FC<PartProps> = ({ standing: { model, stages }, to }) => {
  const live = liveVersionOf(stages)
  const latest = newestOf(model)
  if (!live || !latest || live.version === latest.version) return null
  return (
    <a class="button quiet" href={to.compare(model.name, [live.version, latest.version])}>
      Compare {live.version} with {latest.version}
    </a>
  )
}

function newestOf({ latestVersions }: RegisteredModel) {
  return latestVersions.toSorted((a, b) => a.version - b.version).at(-1)
}

/** What comes next for the model: to look at what is asked for, else to promote the newest version, where that is not live. */
const Primary: FC<PartProps> = ({ standing, to }) => {
  const { model, stages, requests, mayPromote } = standing
  const [request, ...others] = requests
  if (request) {
    const href =
      others.length === 0
        ? to.promotion(request.id)
        : to.query(to.promotions, { view: 'open', model: model.name })
    return (
      <a class="button" href={href}>
        Review {others.length === 0 ? `#${request.id}` : 'open requests'}
      </a>
    )
  }
  const newest = newestOf(model)
  const isNext =
    newest !== undefined &&
    newest.version !== liveVersionOf(stages)?.version &&
    (newest.stage === firstStage || isActive(newest.stage))
  return mayPromote && isNext ? (
    <a class="button" href={to.promote(model.name, newest.version)} data-key="p" data-dialog>
      Promote {newest.version}…
    </a>
  ) : null
}

const Aliases: FC<PartProps> = ({ standing: { model, mayPromote }, to }) =>
  model.aliases.length === 0 && !mayPromote ? null : (
    <section class="near" aria-labelledby="aliases" data-part="aliases">
      <h2 id="aliases">Aliases</h2>
      <ul class="plain">
        {model.aliases.map(({ alias, version }) => (
          <li>
            <Given text={`@${alias}`} /> points at{' '}
            <a href={to.version(model.name, version)}>version {version}</a>
          </li>
        ))}
      </ul>
      {mayPromote ? (
        <p>
          <a href={`${to.changeModel(model.name)}#aliases`}>
            {model.aliases.length === 0 ? 'Set an alias' : 'Set, move or delete an alias'}
          </a>
        </p>
      ) : null}
    </section>
  )
