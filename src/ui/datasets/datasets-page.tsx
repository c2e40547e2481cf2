import type { FC } from 'hono/jsx'
import type { TrainedCount } from '../../governance/lineage.ts'
import { datasetRunsMax, type KnownDataset } from '../../tracking/run-data/known-datasets.ts'
import { Chip } from '../parts/chips.tsx'
import { LineSearch } from '../parts/search-box.tsx'
import { Cell, NextLink, Table } from '../parts/table.tsx'
import { countText, Given, visibleText } from '../parts/text.tsx'
import type { Frame } from '../shell/frame.ts'
import { Page } from '../shell/page.tsx'

type DatasetsPageProps = {
  readonly frame: Frame
  readonly words: string
  readonly items: readonly KnownDataset[]
  /** By digest; those that trained nothing are not in it. */
  readonly trained: ReadonlyMap<string, TrainedCount>
  readonly next: string | undefined
}

/** `1,000+` where not all were counted. */
export function runsText(runs: number): string {
  return runs > datasetRunsMax ? `${countText(datasetRunsMax)}+` : countText(runs)
}

const sourceCharsMax = 200

/** The datasets that runs read, of all experiments that the caller may read. */
export const DatasetsPage: FC<DatasetsPageProps> = ({ frame, words, items, trained, next }) => {
  const { to } = frame
  return (
    <Page
      frame={frame}
      title="Datasets"
      section="datasets"
      about={<p class="soft">What runs read, and whether any of what they made is live.</p>}
      api={{
        method: 'GET',
        path: to.query('/api/v1/lineage', { dataset_digest: items[0]?.digest ?? 'DIGEST' }),
      }}
    >
      <LineSearch
        action={to.datasets}
        label="Part of a name, or the beginning of a digest"
        words={words}
      />
      {items.length > 0 ? (
        <Table
          caption="Datasets"
          isCards
          columns={[
            'Name',
            'Digest',
            'Source',
            { title: 'Runs', isNumber: true },
            { title: 'Versions', isNumber: true },
            'Live',
          ]}
        >
          {items.map((item) => (
            <DatasetRow
              item={item}
              trained={trained.get(item.digest)}
              href={to.dataset(item.digest)}
            />
          ))}
        </Table>
      ) : words === '' ? (
        <div class="empty">
          <p>
            No run that you may read named a dataset. <code>mlflow.log_input</code> does:
          </p>
          <pre tabindex={0}>
            <code>{`data = mlflow.data.from_pandas(df, source="s3://lake/tx/2026-10", name="transactions")
mlflow.log_input(data, context="training")`}</code>
          </pre>
        </div>
      ) : (
        <p class="empty">
          No dataset matches. <a href={to.datasets}>Show all datasets</a>
        </p>
      )}
      <NextLink after={next} hrefOf={(after) => to.query(to.datasets, { q: words, after })}>
        Next datasets
      </NextLink>
    </Page>
  )
}

type DatasetRowProps = {
  readonly item: KnownDataset
  readonly trained: TrainedCount | undefined
  readonly href: string
}

const DatasetRow: FC<DatasetRowProps> = ({ item, trained, href }) => {
  const { name, digest, source, runs } = item
  const versions = trained?.versions ?? 0
  const isAll = runs <= datasetRunsMax
  return (
    <tr>
      <th scope="row">
        <a href={href}>
          <Given text={name} />
        </a>
      </th>
      <Cell label="Digest">
        <code>{visibleText(digest)}</code>
      </Cell>
      <Cell label="Source" isLine>
        {visibleText(source.slice(0, sourceCharsMax))}
        {source.length > sourceCharsMax ? '…' : ''}
      </Cell>
      <Cell label="Runs" isNumber>
        {runsText(runs)}
      </Cell>
      <Cell label="Versions" isNumber>
        {countText(versions)}
        {isAll ? '' : '+'}
      </Cell>
      <Cell label="Live">
        {trained !== undefined && trained.serving > 0 ? (
          <Chip sign="full" tone="good" word={`${countText(trained.serving)} live`} />
        ) : isAll ? (
          'none'
        ) : (
          <a href={href}>see there</a>
        )}
      </Cell>
    </tr>
  )
}
