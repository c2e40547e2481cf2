import type { FC } from 'hono/jsx'
import type { ModelVersion } from '../../../registry/versions/read-versions.ts'
import { quotedText } from '../../../search/words.ts'
import { Made } from '../../parts/byline.tsx'
import { AliasChips, StageChip, StatusChip, Tags } from '../../parts/chips.tsx'
import { NextLink, NoValue, Table } from '../../parts/table.tsx'
import { exactTitle, Given, metricText, visibleText } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import type { Frame } from '../../shell/frame.ts'
import { modelCrumbs, Page } from '../../shell/page.tsx'
import { ModelTabs } from '../model-tabs.tsx'

type VersionsPageProps = {
  readonly frame: Frame
  readonly name: string
  /** Newest first. */
  readonly versions: readonly ModelVersion[]
  /** The metric that is shown; undefined: none. */
  readonly metric: string | undefined
  /** Those to choose from. */
  readonly metrics: readonly string[]
  /** By the number of the version; null: it has none. */
  readonly values: ReadonlyMap<number, number | null>
  readonly next: number | undefined
  /** The page is not the first one. */
  readonly isLater: boolean
}

/** All versions of a model, to look one up or to compare several. */
export const VersionsPage: FC<VersionsPageProps> = (props) => {
  const { frame, name, versions, metric, next, isLater } = props
  const { to } = frame
  const path = to.versions(name)
  return (
    <Page
      frame={frame}
      title={`Versions of ${name}`}
      heading={<Given text={name} />}
      section="models"
      live={{ model: name, kinds: ['model_version'] }}
      crumbs={[...modelCrumbs(to, name), { text: 'Versions' }]}
      api={[
        {
          about: 'The versions',
          method: 'GET',
          path: to.query('/api/2.0/mlflow/model-versions/search', {
            filter: `name = ${quotedText(name)}`,
            order_by: 'version_number DESC',
          }),
        },
        ...(metric === undefined
          ? []
          : [
              {
                about: 'The metric of each',
                method: 'GET' as const,
                path: to.query(`/api/v1/models/${encodeURIComponent(name)}/metrics`, {
                  key: metric,
                }),
              },
            ]),
      ]}
    >
      <ModelTabs {...{ name, to }} current="versions" />
      <MetricChoice {...props} />
      {versions.length > 0 ? (
        <form class="near" method="get" action={`${to.model(name)}/compare`} data-part="versions">
          <VersionTable {...props} />
          <p>
            <button type="submit">Compare those selected</button>
          </p>
        </form>
      ) : (
        <p class="empty">
          {isLater ? 'No more versions.' : 'No version yet.'} <a href={path}>Show the newest</a>
        </p>
      )}
      <NextLink after={next} hrefOf={(after) => to.query(path, { metric, after })}>
        Older versions
      </NextLink>
    </Page>
  )
}

const MetricChoice: FC<VersionsPageProps> = ({ frame: { to }, name, metric, metrics }) =>
  metrics.length === 0 ? null : (
    <form method="get" action={to.versions(name)} class="fields-row chosen-metric">
      <label>
        Metric
        <select name="metric">
          <option value="">none</option>
          {[...new Set(metric === undefined ? metrics : [metric, ...metrics])].map((one) => (
            <option value={one} selected={one === metric}>
              {visibleText(one)}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" class="quiet">
        Show
      </button>
    </form>
  )

const VersionTable: FC<VersionsPageProps> = ({ frame: { to }, name, versions, metric, values }) => (
  <Table
    caption={`Versions of ${visibleText(name)}, newest first`}
    columns={[
      'Version',
      'Stage',
      ...(metric === undefined
        ? []
        : [{ title: <Given text={metric} />, isNumber: true as const }]),
      'Aliases',
      'Approval',
      'Made',
      'Run',
    ]}
  >
    {versions.map((version) => (
      <Row {...{ version, to }}>
        {metric === undefined ? null : <Value of={values.get(version.version)} />}
      </Row>
    ))}
  </Table>
)

const Value: FC<{ readonly of: number | null | undefined }> = ({ of }) => (
  <td class="number" title={typeof of === 'number' ? exactTitle(of) : undefined}>
    {typeof of === 'number' ? metricText(of) : <NoValue />}
  </td>
)

const approvalWords = { Approved: 'passed', Rejected: 'rejected', PendingManualApproval: 'pending' }

const Row: FC<{
  readonly version: ModelVersion
  readonly to: Paths
  readonly children?: unknown
}> = ({
  version: { name, version, stage, aliases, approval, createdAtMs, userId, runId, tags },
  to,
  children,
}) => (
  <tr>
    <th scope="row">
      <div class="near">
        <span class="row">
          <input
            type="checkbox"
            name="v"
            value={String(version)}
            aria-label={`Select version ${version}`}
          />
          <a href={to.version(name, version)}>Version {version}</a>
        </span>
        <Tags of={tags} />
      </div>
    </th>
    <td>
      <StageChip stage={stage} />
    </td>
    {children}
    <td>
      {aliases.length === 0 ? (
        <NoValue />
      ) : (
        <span class="row">
          <AliasChips aliases={aliases} />
        </span>
      )}
    </td>
    <td>
      {approval === null ? (
        <NoValue />
      ) : (
        <span class="row">
          <StatusChip status={approvalWords[approval.status]} />
          <Given text={approval.by.name} />
        </span>
      )}
    </td>
    <td>
      <Made atMs={createdAtMs} by={userId} />
    </td>
    <td>
      {runId ? (
        <a href={to.run(runId)}>
          <Given text={runId.slice(0, 8)} />
        </a>
      ) : (
        <NoValue />
      )}
    </td>
  </tr>
)
