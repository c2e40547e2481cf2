import type { FC } from 'hono/jsx'
import type { Deployment } from '../../serving/deployments.ts'
import { isDrifted, type MeantVersion, type Replica } from '../../serving/replicas.ts'
import { ModelTabs } from '../models/model-tabs.tsx'
import { NextLink } from '../parts/table.tsx'
import { Given, plural, visibleText } from '../parts/text.tsx'
import type { Frame } from '../shell/frame.ts'
import { modelCrumbs, Page } from '../shell/page.tsx'
import { DeploymentTable } from './deployments-page.tsx'
import { ReplicaTable } from './replica-table.tsx'

type ModelServingProps = {
  readonly frame: Frame
  readonly name: string
  readonly deployments: readonly Deployment[]
  readonly hasMoreDeployments: boolean
  readonly replicas: readonly Replica[]
  /** What their URIs mean. */
  readonly wanted: ReadonlyMap<string, MeantVersion>
  readonly nowMs: number
  /** The page is not the first one. */
  readonly isLater: boolean
  /** Leads to the next page. */
  readonly next: string | undefined
}

/** What really runs of a model, as the processes say. */
export const ModelServingPage: FC<ModelServingProps> = ({ frame, name, ...props }) => {
  const { deployments, replicas, wanted, nowMs, isLater, next } = props
  const { to } = frame
  const heard = replicas.filter(({ isSilent }) => !isSilent)
  const drifted = heard.filter((one) => isDrifted(one, wanted.get(one.uri)))
  return (
    <Page
      frame={frame}
      title={`Serving ${name}`}
      heading={<Given text={name} />}
      section="models"
      live={{ model: name, kinds: ['deployment', 'serving', 'model_version'], everySeconds: 5 }}
      crumbs={[...modelCrumbs(to, name), { text: 'Serving' }]}
      api={{ method: 'GET', path: `/api/v1/models/${encodeURIComponent(name)}/serving` }}
    >
      <ModelTabs {...{ name, to }} current="serving" />
      <section class="near" aria-labelledby="replicas" data-part="replicas" data-steady>
        <h2 id="replicas">Replicas</h2>
        {drifted.length > 0 ? (
          <p class="notice warn">
            {plural(drifted.length, 'process', 'processes')} of {heard.length} run another version
            than their URI means. That is so while they switch; one that stays so failed.
          </p>
        ) : null}
        {replicas.length > 0 ? (
          <ReplicaTable
            {...{ replicas, wanted, nowMs, to }}
            model={name}
            caption="Processes that serve the model"
          />
        ) : isLater ? (
          <p class="empty">
            No more processes. <a href={to.serving(name)}>Show the first ones</a>
          </p>
        ) : (
          <div class="empty">
            <p>No process says that it serves this model. This serves what is in Production:</p>
            <pre tabindex={0}>
              <code>
                {`npx gatehouse serve '${visibleText(`models:/${name}/Production`).replaceAll("'", `'\\''`)}' --port 8080 --server ${frame.serverUrl}`}
              </code>
            </pre>
          </div>
        )}
        <NextLink after={next} hrefOf={(after) => to.query(to.serving(name), { after })}>
          Next processes
        </NextLink>
      </section>
      {deployments.length > 0 ? (
        <section class="near" aria-labelledby="deployments" data-part="deployments">
          <h2 id="deployments">Deployments</h2>
          <DeploymentTable {...{ deployments, to }} caption="Deployments of the model" />
          {props.hasMoreDeployments ? (
            <p>
              <a href={to.query(to.deployments, { model: name })}>All deployments of the model</a>
            </p>
          ) : null}
        </section>
      ) : null}
    </Page>
  )
}
