import type { FC } from 'hono/jsx'
import type { CatalogueRow, CatalogueSort } from '../../find/catalogue.ts'
import { isActive } from '../../registry/stages/stages.ts'
import { tagClauseOf } from '../../search/words.ts'
import { Time } from '../parts/byline.tsx'
import { AliasList, Chip, StageChip, Tags } from '../parts/chips.tsx'
import { Cell, NoValue, Table } from '../parts/table.tsx'
import { Given, metricText, visibleText } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'

type TableProps = {
  readonly rows: readonly CatalogueRow[]
  readonly to: Paths
  readonly sort: CatalogueSort
  /** Where they stand in another order. */
  readonly sortHref: (sort: CatalogueSort) => string
}

/** Models with what is live of each, in the order given. */
export const CatalogueTable: FC<TableProps> = ({ rows, to, sort, sortHref }) => (
  <>
    {/* The heads of the columns, which lead there too, are not on a phone. */}
    <p class="phone-only">
      {sort === 'name' ? 'By name' : 'The last changed first'} ·{' '}
      {sort === 'name' ? (
        <a href={sortHref('changed')}>the last changed first</a>
      ) : (
        <a href={sortHref('name')}>by name</a>
      )}
    </p>
    <Table
      isCards
      caption="Models"
      columns={[
        {
          title: <a href={sortHref('name')}>Model{sort === 'name' ? ' ↑' : ''}</a>,
          ...(sort === 'name' && { sort: 'ascending' }),
        },
        ...['Live', 'Aliases', 'Latest', 'Requests'],
        {
          title: <a href={sortHref('changed')}>Changed{sort === 'changed' ? ' ↓' : ''}</a>,
          ...(sort === 'changed' && { sort: 'descending' }),
        },
        'Tags',
      ]}
    >
      {rows.map((row) => (
        <Row row={row} to={to} />
      ))}
    </Table>
  </>
)

const Row: FC<{ readonly row: CatalogueRow; readonly to: Paths }> = ({
  row: { model, requests, metric },
  to,
}) => {
  const { name, latestVersions, aliases, tags, updatedAtMs } = model
  const live = latestVersions.filter(({ stage }) => isActive(stage))
  const latest = Math.max(0, ...latestVersions.map(({ version }) => version))
  return (
    <tr>
      <th scope="row">
        <a href={to.model(name)}>
          <Given text={name} />
        </a>
      </th>
      <Cell label="Live" isLine>
        {live.length === 0 ? (
          <NoValue />
        ) : (
          <span class="row">
            {live.map(({ stage, version }) => {
              const value = metric?.values.get(version)
              return (
                <>
                  <StageChip
                    stage={stage}
                    more={String(version)}
                    href={to.version(name, version)}
                  />
                  {metric && value !== undefined ? (
                    <ChosenMetric metric={metric.key} value={value} />
                  ) : null}
                </>
              )
            })}
          </span>
        )}
      </Cell>
      <Cell label="Aliases" isLine>
        {aliases.length === 0 ? <NoValue /> : <AliasList aliases={aliases} />}
      </Cell>
      <Cell label="Latest">
        {latest === 0 ? <NoValue /> : <a href={to.version(name, latest)}>{latest}</a>}
      </Cell>
      <Cell label="Requests">
        {requests.length === 0 ? (
          <NoValue />
        ) : (
          <span class="row">
            {requests.slice(0, 3).map((id) => (
              <Chip sign="glass" tone="info" word={`#${id}`} href={to.promotion(id)} />
            ))}
          </span>
        )}
      </Cell>
      <Cell label="Changed" isLine>
        <Time atMs={updatedAtMs} />
      </Cell>
      <Cell label="Tags" isLine>
        {tags.length === 0 ? (
          <NoValue />
        ) : (
          <Tags
            of={tags}
            hrefOf={(tag) => {
              const q = tagClauseOf(tag)
              return q && to.query(to.models, { q })
            }}
          />
        )}
      </Cell>
    </tr>
  )
}

type ChosenMetricProps = { readonly metric: string; readonly value: number }

/** The value of a version beside it; which metric that is, its title says. */
const ChosenMetric: FC<ChosenMetricProps> = ({ metric, value }) => (
  <span class="soft" title={`${visibleText(metric)} ${value}`}>
    <span aria-hidden="true">★ </span>
    <span class="unseen">{visibleText(metric)} </span>
    {metricText(value)}
  </span>
)
