import type { FC } from 'hono/jsx'
import type { Deployment } from '../../serving/deployments.ts'
import { Time } from '../parts/byline.tsx'
import { Chip } from '../parts/chips.tsx'
import { Cell, NextLink, Table } from '../parts/table.tsx'
import { Given, plural } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'
import type { Frame } from '../shell/frame.ts'
import { Page } from '../shell/page.tsx'
import { splitText } from './figures.ts'

type DeploymentsProps = {
  readonly frame: Frame
  /** Whose they are; undefined: of all models. */
  readonly model: string | undefined
  readonly deployments: readonly Deployment[]
  /** The page is not the first one. */
  readonly isLater: boolean
  /** Leads to the next page. */
  readonly next: string | undefined
}

/** The deployments of all models that the caller may read. */
export const DeploymentsPage: FC<DeploymentsProps> = ({ frame, model, ...props }) => {
  const { to } = frame
  const { deployments, isLater, next } = props
  const path = to.query('/api/v1/deployments', { model })
  return (
    <Page
      frame={frame}
      title={model === undefined ? 'Deployments' : `Deployments of ${model}`}
      heading={
        model === undefined ? undefined : (
          <>
            Deployments of <Given text={model} />
          </>
        )
      }
      section="deployments"
      live={{ kinds: ['deployment'] }}
      api={{ method: 'GET', path }}
    >
      {deployments.length > 0 ? (
        <div data-part="deployments">
          <DeploymentTable {...{ deployments, to }} caption="Deployments" />
        </div>
      ) : isLater || model !== undefined ? (
        <p class="empty">
          No more deployments here. <a href={to.deployments}>Show those of all models</a>
        </p>
      ) : (
        <FirstDeployment frame={frame} />
      )}
      <NextLink after={next} hrefOf={(after) => to.query(to.deployments, { model, after })}>
        Next deployments
      </NextLink>
    </Page>
  )
}

type TableProps = {
  readonly deployments: readonly Deployment[]
  readonly to: Paths
  readonly caption: string
}

/** One row a deployment, in the order given. */
export const DeploymentTable: FC<TableProps> = ({ deployments, to, caption }) => (
  <Table caption={caption} isCards columns={['Deployment', 'Model', 'Split', 'State', 'Changed']}>
    {deployments.map((deployment) => (
      <tr>
        <th scope="row">
          <a href={to.deployment(deployment.name)}>
            <Given text={deployment.name} />
          </a>
        </th>
        <Cell label="Model">
          <a href={to.model(deployment.model)}>
            <Given text={deployment.model} />
          </a>
        </Cell>
        <Cell label="Split">{splitText(deployment)}</Cell>
        <Cell label="State">
          <StateChips deployment={deployment} />
        </Cell>
        <Cell label="Changed">
          <Time atMs={deployment.updatedAtMs} /> by <Given text={deployment.updatedBy} />
        </Cell>
      </tr>
    ))}
  </Table>
)

/** Whether somebody watches over it, what grows by itself, and how many only listen. */
export const StateChips: FC<{ readonly deployment: Deployment }> = ({ deployment }) => {
  const { guard, canary, variants, shadows = [] } = deployment
  const steps = variants.find(({ name }) => name === canary?.variant)?.steps?.length
  const isPaused = canary?.due_at_ms === undefined
  return (
    <span class="row">
      {guard ? <Chip sign="seal" tone="info" word="guarded" /> : <span class="soft">no guard</span>}
      {canary ? (
        <Chip
          sign={isPaused ? 'glass' : 'up'}
          tone={isPaused ? 'warn' : 'info'}
          word={`step ${canary.step + 1} of ${steps ?? canary.step + 1}${isPaused ? ', paused' : ''}`}
        />
      ) : null}
      {shadows.length > 0 ? (
        <Chip sign="ring" tone="" word={plural(shadows.length, 'shadow')} />
      ) : null}
    </span>
  )
}

const example = {
  model: 'fraud',
  variants: [
    { name: 'champion', uri: 'models:/fraud/Production', weight: 90 },
    { name: 'challenger', uri: 'models:/fraud/Staging', weight: 10 },
  ],
  sticky: { header: 'X-User-Id' },
  guard: { max_error_rate: 0.05, max_p95_ms: 500 },
}

const FirstDeployment: FC<{ readonly frame: Frame }> = ({ frame: { serverUrl, caller } }) => (
  <div class="empty">
    <p>
      No deployment yet. One splits the requests to a model between several of its versions. This is{' '}
      <code>fraud-ab.json</code> of a first one:
    </p>
    <pre tabindex={0}>
      <code>{JSON.stringify(example, null, 2)}</code>
    </pre>
    <p>These write it, and serve it:</p>
    <pre tabindex={0}>
      <code>
        {[
          ...(caller.isJudged ? ['export MLFLOW_TRACKING_TOKEN=...'] : []),
          `npx gatehouse deployments set fraud-ab fraud-ab.json --server ${serverUrl}`,
          `npx gatehouse serve --deployment fraud-ab --port 8080 --server ${serverUrl}`,
        ].join('\n')}
      </code>
    </pre>
  </div>
)
