import type { FC } from 'hono/jsx'
import type { RetentionRun } from '../../../retention/follow-rule.ts'
import type {
  FreedBytes,
  KeptVersion,
  RetentionPreview,
  RuledVersion,
} from '../../../retention/plan.ts'
import type { RetentionRule } from '../../../retention/rules.ts'
import { DeleteForm } from '../../changes/change-forms.tsx'
import type { FormProblem } from '../../forms.ts'
import { Time } from '../../parts/byline.tsx'
import { StageChip } from '../../parts/chips.tsx'
import { Problem } from '../../parts/fields.tsx'
import { NoValue, Table } from '../../parts/table.tsx'
import { bytesText, countText, Given, plural, visibleText } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import { type SettingsFrame, SettingsPage } from '../settings-page.tsx'
import { keepTexts, leavingText } from './rule-texts.ts'

type RulePageProps = {
  readonly frame: SettingsFrame
  readonly plan: RetentionPreview
  /** What the run did that led here. */
  readonly ran?: RetentionRun
  readonly problem?: FormProblem
}

/** One rule: what it says, what running it would delete now, and what stays with why. */
export const RulePage: FC<RulePageProps> = ({ frame, plan, ran, problem }) => {
  const { rule } = plan
  const path = frame.to.retentionRule(rule.name)
  return (
    <SettingsPage
      frame={frame}
      at="retention"
      title={`Retention rule ${rule.name}`}
      heading={<Given text={rule.name} />}
      crumbs={[{ text: rule.name }]}
      actions={
        <a class="button" href={`${path}/edit`} data-key="e">
          Edit
        </a>
      }
      api={{
        method: 'POST',
        path: `/api/v1/retention/rules/${encodeURIComponent(rule.name)}/preview`,
      }}
    >
      <Problem of={problem} />
      {ran ? <Ran run={ran} to={frame.to} /> : null}
      <Facts rule={rule} />
      <Leaving plan={plan} path={path} to={frame.to} problem={problem} />
      <Staying plan={plan} to={frame.to} />
      <details open={problem?.field === 'rule'}>
        <summary>Delete the rule</summary>
        <form method="post" action={`${path}/delete`} class="near">
          <p>No version is deleted by it any more.</p>
          <button type="submit" class="quiet danger">
            Delete the rule
          </button>
        </form>
      </details>
    </SettingsPage>
  )
}

const Facts: FC<{ readonly rule: RetentionRule }> = ({ rule: { terms, isAutomatic } }) => (
  <dl class="facts">
    <dt>Models</dt>
    <dd>
      <Given text={terms.models} />
    </dd>
    <dt>Keeps</dt>
    <dd>{keepTexts(terms).join('; ')}</dd>
    <dt>Deletes from</dt>
    <dd>{terms.stages.join(', ')}</dd>
    <dt>Followed</dt>
    <dd>{isAutomatic ? 'by the server, once an hour' : 'when somebody runs it'}</dd>
  </dl>
)

const Ran: FC<{ readonly run: RetentionRun; readonly to: Paths }> = ({ run, to }) => (
  <section class={run.stayed.length === 0 ? 'notice good' : 'notice warn'} aria-labelledby="ran">
    <h2 id="ran">Deleted {plural(run.deleted.length, 'version')}</h2>
    <p>{visibleText(run.deleted.map(({ model, version }) => `${model} ${version}`).join(', '))}</p>
    {run.stayed.length === 0 ? null : (
      <Versions
        caption="What stayed after all"
        versions={run.stayed}
        to={to}
        why="Stays since it"
      />
    )}
  </section>
)

type LeavingProps = {
  readonly plan: RetentionPreview
  readonly path: string
  readonly to: Paths
  readonly problem: FormProblem | undefined
}

const Leaving: FC<LeavingProps> = ({ plan, path, to, problem }) => {
  const { rule, leaving, bytes, mark } = plan
  const because = leavingText(rule.terms)
  return (
    <section class="near" aria-labelledby="leaving">
      <h2 id="leaving">A run deletes {plural(leaving.length, 'version')}</h2>
      {leaving.length === 0 ? (
        <p class="soft">Nothing is old enough, or all of it is needed.</p>
      ) : (
        <>
          <p>
            After this {freedText(bytes)}; equal bytes count once, and what other versions have too
            is not freed.
          </p>
          <Versions
            caption="What a run deletes, the oldest first"
            versions={leaving.map((version) => ({ ...version, because }))}
            to={to}
            why="Goes since it is"
          />
          <DeleteForm
            action={`${path}/run`}
            what={plural(leaving.length, 'version')}
            confirm={rule.name}
            consequences={[
              'Exactly the versions that stand above; if the rule means others by then, none.',
              'They cannot be brought back. What is staged, held or linked meanwhile stays.',
            ]}
            problem={problem}
          >
            <input type="hidden" name="preview" value={mark} />
          </DeleteForm>
          <Later plan={plan} to={to} />
        </>
      )}
    </section>
  )
}

/** A page has so many of them; the API names all. */
const laterShown = 500

const Later: FC<{ readonly plan: RetentionPreview; readonly to: Paths }> = ({ plan, to }) => {
  const { rule, later, laterCount, allBytes } = plan
  if (laterCount === 0) return null
  const because = leavingText(rule.terms)
  const shown = later.slice(0, laterShown)
  return (
    <details>
      <summary>{plural(laterCount, 'version')} more for the runs after that</summary>
      <p>After all runs {freedText(allBytes)}.</p>
      <Versions
        caption="What the runs after that delete, the oldest first"
        versions={shown.map((version) => ({ ...version, because }))}
        to={to}
        why="Goes since it is"
      />
      {laterCount > shown.length ? (
        <p class="soft">And {countText(laterCount - shown.length)} more.</p>
      ) : null}
    </details>
  )
}

function freedText({ freed, withRuns }: FreedBytes): string {
  const rest =
    withRuns === 0
      ? ''
      : `, and ${bytesText(withRuns)} more once runs and logged models that have them are deleted for good`
  return `clean-up frees ${bytesText(freed)} (${countText(freed)} bytes)${rest}`
}

const Staying: FC<{ readonly plan: RetentionPreview; readonly to: Paths }> = ({ plan, to }) => {
  const { kept, keptCount, spared, sparedCount } = plan
  const shown = [...kept, ...spared]
  const count = keptCount + sparedCount
  return (
    <section class="near" aria-labelledby="staying">
      <h2 id="staying">{plural(count, 'version')} of its models stay</h2>
      {shown.length === 0 ? (
        <p class="soft">None.</p>
      ) : (
        <Versions
          caption="What stays: what is in use first, then what the rule keeps"
          versions={shown}
          to={to}
          why="Stays since it"
        />
      )}
      {count > shown.length ? (
        <p class="soft">And {countText(count - shown.length)} more.</p>
      ) : null}
    </section>
  )
}

type VersionsProps = {
  readonly caption: string
  readonly versions: readonly KeptVersion[]
  readonly to: Paths
  /** The heading of the column of reasons. */
  readonly why: string
}

const Versions: FC<VersionsProps> = ({ caption, versions, to, why }) => (
  <Table
    caption={caption}
    columns={[
      ...['Version', 'Stage', why],
      { title: 'Bytes', isNumber: true },
      ...['Registered', 'Last read'],
    ]}
  >
    {versions.map((version) => (
      <tr>
        <th scope="row">
          <a href={to.version(version.model, version.version)}>
            <Given text={`${version.model} ${version.version}`} />
          </a>
        </th>
        <td>
          <StageChip stage={version.stage} />
        </td>
        <td>{visibleText(version.because)}</td>
        <td class="number">{bytesText(version.sizeBytes)}</td>
        <td>
          <Time atMs={version.createdAtMs} />
        </td>
        <td>
          <LastRead version={version} />
        </td>
      </tr>
    ))}
  </Table>
)

const LastRead: FC<{ readonly version: RuledVersion }> = ({ version: { downloadedAtMs } }) =>
  downloadedAtMs === undefined ? <NoValue /> : <Time atMs={downloadedAtMs} />
