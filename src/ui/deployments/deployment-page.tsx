import type { FC } from 'hono/jsx'
import { stageOf } from '../../serving/deployment-guard.ts'
import { Given } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'
import type { Frame } from '../shell/frame.ts'
import { type Crumb, Page } from '../shell/page.tsx'
import { CanaryPanel } from './canary-panel.tsx'
import { ChangesOfDeployment } from './deployment-changes.tsx'
import { StateChips } from './deployments-page.tsx'
import { GuardBand, GuardPanel } from './guard-panel.tsx'
import { OutcomeTables } from './outcome-tables.tsx'
import type { DeploymentStanding } from './read-deployment.ts'
import { ReplicasOfDeployment } from './replica-table.tsx'
import { Traffic } from './traffic.tsx'
import { TrafficCharts } from './traffic-charts.tsx'

type DeploymentPageProps = { readonly frame: Frame; readonly standing: DeploymentStanding }

/** A deployment: who gets how much, how each does, and what the guard would do. */
export const DeploymentPage: FC<DeploymentPageProps> = ({ frame, standing }) => {
  const { deployment, window, whyNotChange } = standing
  const { name, model, variants } = deployment
  const { to } = frame
  const stages = new Set(variants.flatMap((variant) => stageOf(variant) ?? []))
  return (
    <Page
      frame={frame}
      title={name}
      section="deployments"
      live={{
        model,
        kinds: ['deployment', 'serving', 'model_version'],
        everySeconds: window.ms <= 900_000 ? 2 : 30,
      }}
      crumbs={deploymentCrumbs(to, name)}
      about={
        <p class="row">
          <span>
            splits the requests to{' '}
            <a href={to.model(model)}>
              <Given text={model} />
            </a>
          </span>
          <StateChips deployment={deployment} />
        </p>
      }
      actions={
        whyNotChange === undefined ? (
          <>
            {[...stages].map((stage) => (
              <a class="button quiet" href={to.query(to.rollback(model), { stage })} data-dialog>
                Roll back {stage}…
              </a>
            ))}
            <a class="button" href={to.traffic(name)} data-key="t">
              Change traffic…
            </a>
          </>
        ) : (
          <span class="soft">{whyNotChange}</span>
        )
      }
      api={[
        {
          about: 'How each variant does',
          method: 'GET',
          path: to.query(`/api/v1/deployments/${name}/stats`, {
            window_seconds: String(window.ms / 1000),
            step_seconds: String(window.stepMs / 1000),
          }),
        },
        { about: 'The deployment', method: 'GET', path: `/api/v1/deployments/${name}` },
        {
          about: 'The processes that serve the model',
          method: 'GET',
          path: `/api/v1/models/${encodeURIComponent(model)}/serving`,
        },
      ]}
    >
      <GuardBand standing={standing} to={to} />
      <Traffic standing={standing} to={to} />
      <CanaryPanel standing={standing} to={to} />
      <GuardPanel standing={standing} />
      <TrafficCharts standing={standing} />
      <OutcomeTables outcomes={standing.outcomes} />
      <ReplicasOfDeployment standing={standing} to={to} />
      <ChangesOfDeployment standing={standing} to={to} />
    </Page>
  )
}

/** The way to a deployment. */
export function deploymentCrumbs(to: Paths, name: string): Crumb[] {
  return [
    { text: 'Deployments', href: to.deployments },
    { text: name, href: to.deployment(name) },
  ]
}
