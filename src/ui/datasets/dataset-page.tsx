import type { FC } from 'hono/jsx'
import type { TrainedVersion } from '../../governance/lineage.ts'
import type { DatasetInExperiment } from '../../tracking/run-data/known-datasets.ts'
import { StageChip } from '../parts/chips.tsx'
import { Cell, NextLink, NoValue, Table } from '../parts/table.tsx'
import { countText, Given, plural, visibleText } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'
import { LongText } from '../runs/run-values.tsx'
import { addressOf } from '../runs/table/run-query.ts'
import type { Frame } from '../shell/frame.ts'
import { Page } from '../shell/page.tsx'
import { runsText } from './datasets-page.tsx'
import type { DatasetStanding } from './read-dataset.ts'

type DatasetPageProps = { readonly frame: Frame; readonly standing: DatasetStanding }

/** One dataset: what was trained on it, whether any of that is live, and who is to know. */
export const DatasetPage: FC<DatasetPageProps> = ({ frame, standing }) => {
  const { digest, datasets, serving, others, replicas, next } = standing
  const { to } = frame
  const names = [...new Set(datasets.map(({ name }) => name))]
  const title = names[0] ?? digest
  return (
    <Page
      frame={frame}
      title={`Dataset ${title}`}
      heading={
        <>
          Dataset <Given text={title} />
        </>
      }
      section="datasets"
      crumbs={[{ text: 'Datasets', href: to.datasets }, { text: title }]}
      about={<About {...standing} names={names} />}
      api={{ method: 'GET', path: to.query('/api/v1/lineage', { dataset_digest: digest }) }}
    >
      <section class="near" aria-labelledby="live">
        <h2 id="live">Live {countText(serving.length)}</h2>
        {serving.length === 0 ? (
          <p class="notice good">No version that was trained on it is in a stage that serves.</p>
        ) : (
          <TrainedTable
            caption="Versions in a stage that serves"
            of={serving}
            {...{ replicas, to }}
            isLive
          />
        )}
        {standing.hasMoreServing ? (
          <p class="notice warn">
            These are the first {countText(serving.length)}; the API lists them all.
          </p>
        ) : null}
      </section>
      <section class="near" aria-labelledby="others">
        <h2 id="others">Other versions</h2>
        {others.length === 0 ? (
          <p class="soft">None.</p>
        ) : (
          <TrainedTable
            caption="Versions that were trained on it besides"
            of={others}
            {...{ replicas, to }}
          />
        )}
        <NextLink after={next} hrefOf={(after) => to.query(to.dataset(digest), { after })}>
          Next versions
        </NextLink>
      </section>
      <Reach {...standing} />
      <Experiments {...standing} to={to} />
      <Description of={datasets[0]} />
    </Page>
  )
}

const About: FC<DatasetStanding & { readonly names: readonly string[] }> = (props) => {
  const { digest, datasets, names } = props
  const sources = [...new Set(datasets.map(({ source }) => source))]
  return (
    <>
      <p class="row">
        <code>{visibleText(digest)}</code>
        {names.length > 1 ? (
          <span>
            also called <Given text={names.slice(1, namesMax).join(', ')} />
          </span>
        ) : null}
      </p>
      {sources.slice(0, namesMax).map((source) => (
        <p class="soft">
          <LongText text={source} />
        </p>
      ))}
      <p class="soft">Counted is what you may read.</p>
    </>
  )
}

const namesMax = 5

type TrainedTableProps = {
  readonly caption: string
  readonly of: readonly TrainedVersion[]
  readonly replicas: ReadonlyMap<number, number>
  readonly to: Paths
  readonly isLive?: boolean
}

const TrainedTable: FC<TrainedTableProps> = ({ caption, of, replicas, to, isLive }) => (
  <Table
    caption={caption}
    isCards
    columns={[
      'Version',
      'Stage',
      { title: 'Answering', isNumber: true },
      'Used for',
      'Registered by',
      ...(isLive ? ['What can be done'] : []),
    ]}
  >
    {of.map(({ version: { id, name, version, stage, aliases, userId }, datasets }) => (
      <tr>
        <th scope="row">
          <a href={to.version(name, version)}>
            <Given text={name} /> {version}
          </a>
        </th>
        <Cell label="Stage" isLine>
          <span class="row">
            <StageChip stage={stage} />
            {aliases.map((alias) => (
              <Given text={`@${alias}`} />
            ))}
          </span>
        </Cell>
        <Cell label="Answering" isNumber>
          {plural(replicas.get(id) ?? 0, 'process', 'processes')}
        </Cell>
        <Cell label="Used for">
          <Given text={[...new Set(datasets.flatMap(({ context }) => context ?? []))].join(', ')} />
        </Cell>
        <Cell label="Registered by">{userId ? <Given text={userId} /> : <NoValue />}</Cell>
        {isLive ? (
          <Cell label="What can be done" isLine>
            <a href={to.query(to.rollback(name), { stage })}>Roll back {visibleText(stage)}…</a>
          </Cell>
        ) : null}
      </tr>
    ))}
  </Table>
)

/** What one sends to those who are to know. */
const Reach: FC<DatasetStanding> = ({ digest, serving, others, replicas }) => {
  const all = [...serving, ...others]
  return all.length === 0 ? null : (
    <details>
      <summary>As text</summary>
      <pre tabindex={0}>
        <code>
          {[
            `Trained on the dataset ${visibleText(digest)}:`,
            ...all.map(({ version: { id, name, version, stage, userId } }) => {
              const answering = replicas.get(id) ?? 0
              return visibleText(
                [
                  `${name} version ${version}`,
                  `in ${stage}`,
                  ...(answering > 0 ? [plural(answering, 'process', 'processes')] : []),
                  ...(userId ? [`registered by ${userId}`] : []),
                ].join(', '),
              )
            }),
          ].join('\n')}
        </code>
      </pre>
    </details>
  )
}

const Experiments: FC<DatasetStanding & { readonly to: Paths }> = (props) => {
  const { digest, datasets, hasMoreExperiments, to } = props
  const words = `dataset.digest = '${digest}'`
  return (
    <section class="near" aria-labelledby="runs">
      <h2 id="runs">Runs that read it</h2>
      {datasets.length === 0 ? (
        <p class="soft">
          None that you may read. The versions above keep what they were trained on.
        </p>
      ) : (
        <Table
          caption="Experiments whose runs read it"
          columns={['Experiment', 'As', { title: 'Runs', isNumber: true }]}
        >
          {datasets.map(({ experiment, name, runs }) => (
            <tr>
              <th scope="row">
                <a href={to.experiment(experiment.id)}>
                  <Given text={experiment.name} />
                </a>
              </th>
              <td>
                <Given text={name} />
              </td>
              <td class="number">
                {digest.includes("'") ? (
                  runsText(runs)
                ) : (
                  <a href={addressOf(to, { experimentIds: [experiment.id], words })}>
                    {runsText(runs)}
                  </a>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {hasMoreExperiments ? (
        <p class="soft">Shown are the newest {countText(datasets.length)}; there are more.</p>
      ) : null}
    </section>
  )
}

const textsCharsMax = 20_000

/** Schema and profile, as the newest of its experiments has them. */
const Description: FC<{ readonly of: DatasetInExperiment | undefined }> = ({ of }) => {
  if (of === undefined) return null
  const texts = [
    ['Schema', of.schema],
    ['Profile', of.profile],
  ] as const
  return (
    <>
      {texts.map(([title, text]) =>
        text === undefined ? null : (
          <details>
            <summary>{title}</summary>
            <pre tabindex={0}>
              <code>{visibleText(text.slice(0, textsCharsMax), /^[\n\t]$/)}</code>
            </pre>
            {text.length > textsCharsMax ? (
              <p class="soft">Shown are the first {countText(textsCharsMax)} characters.</p>
            ) : null}
          </details>
        ),
      )}
      {of.longChars > 0 ? (
        <p class="soft">
          Schema and profile of {countText(of.longChars)} characters are not shown here: its runs
          have them, by the API.
        </p>
      ) : null}
    </>
  )
}
