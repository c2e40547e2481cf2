import type { Child, FC } from 'hono/jsx'
import type { Lineage } from '../../governance/lineage.ts'
import { isActive } from '../../registry/stages/stages.ts'
import { StageChip } from '../parts/chips.tsx'
import { Given, plural, visibleText } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'

type GraphProps = {
  readonly lineage: Lineage
  /** Processes that answer with the version. */
  readonly replicas: number
  readonly to: Paths
}

type Rank = { readonly title: string; readonly nodes: readonly Child[] }

const shownMax = 6

/** From the data to what answers, a step after the other, each a link. The list below it says more. */
export const LineageGraph: FC<GraphProps> = (props) => {
  const ranks = ranksOf(props).filter(({ nodes }) => nodes.length > 0)
  const hidden = countHidden(props.lineage)
  return (
    <>
      <ol class="lineage-graph" aria-label="From the data to what answers">
        {ranks.map(({ title, nodes }) => (
          <li>
            <h3>{title}</h3>
            <ul class="plain">
              {nodes.slice(0, shownMax).map((node) => (
                <li>{node}</li>
              ))}
              {nodes.length > shownMax ? (
                <li class="soft">{nodes.length - shownMax} more, below</li>
              ) : null}
            </ul>
          </li>
        ))}
      </ol>
      {hidden === 0 ? null : <p class="soft">{plural(hidden, 'thing')} that you may not see.</p>}
    </>
  )
}

/** The run and the logged model that are named and not shown. What such a run read is not counted: that it read anything is its own. */
function countHidden({ version, run, loggedModel }: Lineage): number {
  return (version.runId && !run ? 1 : 0) + (version.modelId && !loggedModel ? 1 : 0)
}

function ranksOf({ lineage, replicas, to }: GraphProps): Rank[] {
  const { version, run, datasets, loggedModel } = lineage
  const { name, aliases, stage } = version
  return [
    {
      title: 'Data',
      nodes: datasets.map(({ name: dataset, digest }) => (
        <a href={to.dataset(digest)} title={visibleText(digest)}>
          <Given text={dataset} /> <code>{visibleText(digest.slice(0, 8))}</code>
        </a>
      )),
    },
    {
      title: datasets.length > 0 ? 'Run that read it' : 'Run',
      nodes: run
        ? [run.parent, run].flatMap((one) =>
            one ? (
              <a href={to.run(one.runId)}>
                <Given text={one.name} />
                {one === run ? '' : ' (part of it:)'}
              </a>
            ) : (
              []
            ),
          )
        : [],
    },
    {
      title: run ? 'Model that it logged' : 'Logged model',
      nodes: loggedModel
        ? [
            <a href={to.loggedModel(loggedModel.modelId)}>
              <Given text={loggedModel.name} />
            </a>,
          ]
        : [],
    },
    {
      title: run || loggedModel ? 'Version made of it' : 'Version',
      nodes: [
        <strong aria-current="true">
          <Given text={name} /> {version.version}
        </strong>,
      ],
    },
    {
      title: 'Where that is',
      nodes: [
        <StageChip stage={stage} {...(isActive(stage) && { href: to.stage(name, stage) })} />,
        ...aliases.map((alias) => (
          <a href={to.alias(name, alias)}>
            <Given text={`@${alias}`} />
          </a>
        )),
      ],
    },
    {
      title: 'What answers with it',
      nodes:
        replicas === 0
          ? []
          : [<a href={to.serving(name)}>{plural(replicas, 'process', 'processes')}</a>],
    },
  ]
}
