import type { FC } from 'hono/jsx'
import type { VersionComparison } from '../../../governance/compare/compare-versions.ts'
import type { FormProblem } from '../../forms.ts'
import { countDifferences, Differences } from '../../parts/differences/differences.tsx'
import type { Directions } from '../../parts/directions.ts'
import { Given, plural } from '../../parts/text.tsx'
import type { Frame } from '../../shell/frame.ts'
import { modelCrumbs, Page } from '../../shell/page.tsx'
import { directionsFor, turnedQuery, type VersionsQuery, versionsAddress } from './compare-query.ts'
import { VersionStrip } from './version-strip.tsx'

type ComparePageProps = {
  readonly frame: Frame
  readonly name: string
  readonly query: VersionsQuery
  readonly comparison: VersionComparison
  /** As policies, tags and names say. */
  readonly usual: Directions
  /** What somebody wanted to add, where that could not be. */
  readonly added: string | undefined
  readonly problem: FormProblem | undefined
}

/** What differs between versions of a model; sameness is one line, unless all is asked for. */
export const ComparePage: FC<ComparePageProps> = ({ frame, name, query, comparison, ...props }) => {
  const { to } = frame
  const { versions, runIds } = comparison
  const { usual, added, problem } = props
  const numbers = versions.map(({ version }) => version)
  const fileHref = numbers.length === 2 ? to.fileDiff(name, numbers) : undefined
  return (
    <Page
      frame={frame}
      title={`${name}: ${numbers.join(' and ')} compared`}
      heading={
        <>
          Compare versions of <Given text={name} />
        </>
      }
      section="models"
      crumbs={[...modelCrumbs(to, name), { text: `Compare ${numbers.join(', ')}` }]}
      api={{
        method: 'GET',
        path: `/api/v1/models/${encodeURIComponent(name)}/compare?versions=${numbers.join(',')}${query.isWhole ? '&all=true' : ''}`,
      }}
    >
      <VersionStrip {...{ name, query, versions, to, added, problem }} />
      <Counts {...{ frame, name, query, comparison }} />
      {runIds.length > 1 ? (
        <p>
          <a href={to.query(`${to.runs}/compare`, { ids: runIds.join(','), view: 'charts' })}>
            Metrics of their runs over steps
          </a>
        </p>
      ) : null}
      <div class="near">
        <Differences
          of={comparison}
          better={directionsFor(query, usual)}
          turnHref={(key) => versionsAddress(to, name, turnedQuery(query, usual, key))}
          fileHref={fileHref}
          names={numbers.map((number, i) => (i === 0 ? `${number} (base)` : String(number)))}
        />
      </div>
    </Page>
  )
}

type CountsProps = Pick<ComparePageProps, 'frame' | 'name' | 'query' | 'comparison'>

/** How much differs and how much does not, and the way to see that too. */
const Counts: FC<CountsProps> = ({ frame: { to }, name, query, comparison }) => {
  const count = countDifferences(comparison)
  const { equal } = comparison
  const other = versionsAddress(to, name, { ...query, isWhole: !query.isWhole })
  return (
    <p class={count === 0 ? 'notice' : undefined}>
      {count === 0
        ? 'Nothing differs that this server knows of and that you may read'
        : plural(count, 'difference')}
      {equal === 0 ? '.' : `; ${plural(equal, 'value is', 'values are')} equal. `}
      {equal === 0 ? null : (
        <a href={other}>{query.isWhole ? 'Only what differs' : 'Show what is equal too'}</a>
      )}
    </p>
  )
}
