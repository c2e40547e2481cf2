import type { FC } from 'hono/jsx'
import { Time } from '../parts/byline.tsx'
import { Chip } from '../parts/chips.tsx'
import { Cell, NoValue, Table } from '../parts/table.tsx'
import { Given, visibleText } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'
import { splitText } from './figures.ts'
import type { DeploymentStanding } from './read-deployment.ts'

const shownMax = 20

/** Who changed it, when, why and to what, the newest first. */
export const ChangesOfDeployment: FC<{
  readonly standing: DeploymentStanding
  readonly to: Paths
}> = ({ standing: { deployment, history }, to }) => (
  <section class="near" aria-labelledby="changes" data-part="changes">
    <h2 id="changes">Changes</h2>
    <Table caption="Changes of the deployment" isCards columns={['When', 'Who', 'Split', 'Why']}>
      {history.slice(0, shownMax).map(({ seq, atMs, by, isByGuard, reason, breakGlass, split }) => (
        <tr>
          <th scope="row">
            <a href={`${to.audit}/${seq}`}>
              <Time atMs={atMs} />
            </a>
          </th>
          <Cell label="Who">
            {isByGuard ? <Chip sign="warning" tone="bad" word="the guard" /> : <Given text={by} />}
          </Cell>
          <Cell label="Split" isLine>
            {split ? splitText(split) : 'deleted'}
          </Cell>
          <Cell label="Why" isLine>
            {breakGlass ? <Chip sign="warning" tone="warn" word="break-glass" /> : null}{' '}
            {reason === null ? breakGlass ? null : <NoValue /> : visibleText(reason)}
          </Cell>
        </tr>
      ))}
    </Table>
    {history.length > shownMax ? (
      <p class="soft">
        Older ones are in <code>gatehouse deployments history {deployment.name}</code>
      </p>
    ) : null}
  </section>
)
