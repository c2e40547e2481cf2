import type { FC } from 'hono/jsx'
import { isDrifted, type MeantVersion, type Replica } from '../../serving/replicas.ts'
import { Duration, Time } from '../parts/byline.tsx'
import { Chip } from '../parts/chips.tsx'
import { Cell, Table } from '../parts/table.tsx'
import { Given, visibleText } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'
import { type DeploymentStanding, shownReplicasMax } from './read-deployment.ts'

/** The processes that run the variants and shadows of a deployment, as far as they follow the same. */
export const ReplicasOfDeployment: FC<{
  readonly standing: DeploymentStanding
  readonly to: Paths
}> = ({ standing: { deployment, replicas, wanted, untilMs }, to }) => {
  const { model, variants, shadows = [] } = deployment
  const uris = new Set([...variants, ...shadows].map(({ uri }) => uri))
  const shown = replicas.slice(0, shownReplicasMax)
  const own = shown.filter(({ uri }) => uris.has(uri))
  const others = shown.length - own.length
  const isCut = replicas.length > shown.length
  return (
    <section class="near" aria-labelledby="replicas" data-part="replicas" data-steady>
      <h2 id="replicas">Replicas</h2>
      {own.length > 0 ? (
        <ReplicaTable
          replicas={own}
          {...{ wanted, model, to }}
          nowMs={untilMs}
          caption="Processes that follow the same as the variants and shadows"
        />
      ) : (
        <p class="soft">
          No process says that it runs what the variants follow. <code>gatehouse serve</code> says
          it every 15 seconds.
        </p>
      )}
      {others > 0 || isCut ? (
        <p>
          <a href={to.serving(model)}>
            {isCut ? 'All processes that serve the model' : `${others} more serve the model`}
          </a>
        </p>
      ) : null}
    </section>
  )
}

type ReplicaTableProps = {
  readonly replicas: readonly Replica[]
  /** What their URIs mean. */
  readonly wanted: ReadonlyMap<string, MeantVersion>
  readonly model: string
  readonly to: Paths
  readonly nowMs: number
  readonly caption: string
}

/** One row a process; those that were not heard of are grey. */
export const ReplicaTable: FC<ReplicaTableProps> = ({ replicas, model, to, nowMs, ...props }) => (
  <Table
    caption={props.caption}
    isCards
    columns={['Host', 'State', 'Runs', 'Should run', 'Follows', 'Last seen']}
  >
    {replicas.map((replica) => {
      const { host, uri, live, isSilent, seenAtMs, reporter } = replica
      const meant = props.wanted.get(uri)
      return (
        <tr class={isSilent ? 'soft' : undefined}>
          <th scope="row">
            <Given text={host} /> <span class="soft">{replica.replica.slice(0, 8)}</span>
          </th>
          <Cell label="State" isLine>
            <State replica={replica} meant={meant} />
          </Cell>
          <Cell label="Runs">
            <VersionLink version={live?.version} {...{ model, to }} />
          </Cell>
          <Cell label="Should run">
            <VersionLink version={meant?.version} {...{ model, to }} />
          </Cell>
          <Cell label="Follows" isLine>
            {visibleText(uri)}
          </Cell>
          <Cell label="Last seen" isLine>
            {isSilent ? (
              <>
                last seen <Time atMs={seenAtMs} />
              </>
            ) : (
              <>
                <Duration ms={Math.floor((nowMs - seenAtMs) / 1000) * 1000} /> ago
              </>
            )}{' '}
            <span class="soft">
              told by <Given text={reporter} />
            </span>
          </Cell>
        </tr>
      )
    })}
  </Table>
)

const State: FC<{ readonly replica: Replica; readonly meant: MeantVersion | undefined }> = ({
  replica,
  meant,
}) => {
  const { isSilent, live, failed } = replica
  return (
    <>
      {isSilent ? (
        <Chip sign="none" tone="" word="silent" />
      ) : !live ? (
        <Chip sign="glass" tone="warn" word="nothing live" />
      ) : isDrifted(replica, meant) ? (
        <Chip sign="warning" tone="warn" word="another than it should" />
      ) : (
        <Chip sign="check" tone="good" word="as it should" />
      )}
      {failed ? (
        <p class={isSilent ? undefined : 'bad-text'}>
          Version {failed.version} did not come up: {visibleText(failed.message)}
        </p>
      ) : null}
    </>
  )
}

const VersionLink: FC<{
  readonly version: number | undefined
  readonly model: string
  readonly to: Paths
}> = ({ version, model, to }) =>
  version === undefined ? (
    <span class="soft">none</span>
  ) : (
    <a href={to.version(model, version)}>Version {version}</a>
  )
