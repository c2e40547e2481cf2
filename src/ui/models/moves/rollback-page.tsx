import type { FC } from 'hono/jsx'
import type { Policy } from '../../../governance/policies/policy.ts'
import type { FormProblem } from '../../forms.ts'
import { Time } from '../../parts/byline.tsx'
import { StageChip } from '../../parts/chips.tsx'
import { Problem, TextField } from '../../parts/fields.tsx'
import { Given, visibleText } from '../../parts/text.tsx'
import type { Frame } from '../../shell/frame.ts'
import { modelCrumbs, Page } from '../../shell/page.tsx'
import { type ModelStanding, versionsIn } from '../read-model.ts'

type RollbackPageProps = {
  readonly frame: Frame
  readonly standing: ModelStanding
  readonly stage: string
  /** Why the caller may not; undefined: they may. */
  readonly whyNot: string | undefined
  readonly problem?: FormProblem
  readonly typed?: string | undefined
}

/** The way back of a stage, said in words before it is made. */
export const RollbackPage: FC<RollbackPageProps> = (props) => {
  const { frame, standing, stage, whyNot, problem } = props
  const { to } = frame
  const { name } = standing.model
  const place = standing.stages.find((one) => one.name === stage)
  const there = place?.column?.newest ?? []
  const [live] = there
  const since = live && place?.since.get(live.version)?.since
  return (
    <Page
      frame={frame}
      title={`Roll back ${stage} of ${name}`}
      heading={
        <>
          Roll back {visibleText(stage)} of <Given text={name} />
        </>
      }
      section="models"
      crumbs={[...modelCrumbs(to, name), { text: 'Roll back' }]}
      api={{
        method: 'POST',
        path: `/api/v1/models/${encodeURIComponent(name)}/rollback`,
        body: { stage, reason: 'incident' },
      }}
    >
      <div class="dialog">
        <Problem of={problem} />
        {live ? (
          <p class="row">
            Now <StageChip stage={stage} more={String(live.version)} />
            {since ? (
              <span>
                since <Time atMs={since.atMs} />, moved by <Given text={since.movedBy.name} />
              </span>
            ) : null}
          </p>
        ) : (
          <p>Nothing is in {visibleText(stage)} now.</p>
        )}
        <ul>
          <li>The version that was there before comes back.</li>
          {there.length > 0 ? (
            <li>
              {there.length === 1 ? 'Version' : 'Versions'} {versionsIn(standing, stage)}{' '}
              {there.length === 1 ? 'goes' : 'go'} to Archived.
            </li>
          ) : null}
          <li>{visibleText(approvalText(place?.policies ?? []))}</li>
          <li>Another rollback, or a promotion, undoes it.</li>
        </ul>
        {whyNot === undefined ? (
          <Form {...props} />
        ) : (
          <p class="notice warn">{visibleText(whyNot)}</p>
        )}
      </div>
    </Page>
  )
}

function approvalText(policies: readonly Policy[]): string {
  if (policies.length === 0) return 'No approval is needed: no policy guards the stage.'
  const names = policies.map(({ name }) => name).join(', ')
  return policies.every(({ document }) => document.rollback.skip_approvals)
    ? `No approval is needed for a version that a request brought in before (${names}); for others a request is opened.`
    : `A request is opened: ${names} asks for it.`
}

const Form: FC<RollbackPageProps> = ({ frame: { to }, standing, stage, problem, typed }) => {
  const { name } = standing.model
  return (
    <form method="post" action={to.rollback(name)}>
      <input type="hidden" name="stage" value={stage} />
      <input type="hidden" name="seen_there" value={versionsIn(standing, stage)} />
      <TextField label="Reason" name="reason" charsMax={1000} isRequired {...{ problem, typed }} />
      <label>
        To version
        <input name="to_version" inputmode="numeric" pattern="[1-9][0-9]*" />
        <span class="hint">Empty: the one that was there before</span>
      </label>
      <div class="row">
        <button type="submit" class="danger">
          Roll back {visibleText(stage)}
        </button>
        <a href={to.model(name)}>Cancel</a>
      </div>
    </form>
  )
}
