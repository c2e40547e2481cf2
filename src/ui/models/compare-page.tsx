import type { FC } from 'hono/jsx'
import type { VersionComparison } from '../../governance/compare/compare-versions.ts'
import { StageChip } from '../parts/chips.tsx'
import { countDifferences, Differences } from '../parts/differences.tsx'
import type { Directions } from '../parts/directions.ts'
import { Given, plural } from '../parts/text.tsx'
import type { Frame } from '../shell/frame.ts'
import { modelCrumbs, Page } from '../shell/page.tsx'

type ComparePageProps = {
  readonly frame: Frame
  readonly name: string
  readonly comparison: VersionComparison
  readonly better: Directions
}

/** What differs between versions of a model; sameness is one line. */
export const ComparePage: FC<ComparePageProps> = ({ frame, name, comparison, better }) => {
  const { to } = frame
  const { versions } = comparison
  const numbers = versions.map(({ version }) => version)
  const count = countDifferences(comparison)
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
      about={
        <p class="row">
          {versions.map(({ version, stage }) => (
            <StageChip stage={stage} more={String(version)} href={to.version(name, version)} />
          ))}
        </p>
      }
      api={{
        method: 'GET',
        path: `/api/v1/models/${encodeURIComponent(name)}/compare?versions=${numbers.join(',')}`,
      }}
    >
      <form class="search" method="get" action={`${to.model(name)}/compare`}>
        <label>
          Versions, the base first
          <input name="v" value={numbers.join(',')} inputmode="numeric" pattern="[0-9, ]*" />
        </label>
        <button type="submit">Compare</button>
      </form>
      {count === 0 ? (
        <p class="notice">Nothing differs that this server knows of and that you may read.</p>
      ) : (
        <p>{plural(count, 'difference')}.</p>
      )}
      <div class="near">
        <Differences
          of={comparison}
          better={better}
          fileHref={fileHref}
          names={numbers.map((number, i) => (i === 0 ? `${number} (base)` : String(number)))}
        />
      </div>
    </Page>
  )
}
