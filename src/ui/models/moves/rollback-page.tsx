import type { FC } from 'hono/jsx'
import { RegistryError } from '../../../core/error.ts'
import type { RollbackPreview } from '../../../governance/moves/rollback.ts'
import type { Policy } from '../../../governance/policies/policy.ts'
import type { Promotion } from '../../../governance/promotions/promotion.ts'
import type { FormProblem } from '../../forms.ts'
import { Time } from '../../parts/byline.tsx'
import { StageChip } from '../../parts/chips.tsx'
import { Problem, TextField } from '../../parts/fields.tsx'
import { Given, visibleText } from '../../parts/text.tsx'
import type { Frame } from '../../shell/frame.ts'
import { modelCrumbs, Page } from '../../shell/page.tsx'
import { type ModelStanding, versionsIn } from '../read-model.ts'
import { SignedOff } from './signed-off.tsx'

type RollbackPageProps = {
  readonly frame: Frame
  readonly standing: ModelStanding
  readonly stage: string
  /** What would be done; or why nothing can be. */
  readonly way: RollbackPreview | RegistryError
  /** The request by which that version came in before, if there was one. */
  readonly signedOff: Promotion | undefined
  /** Why the caller may not; undefined: they may. */
  readonly whyNot: string | undefined
  readonly problem?: FormProblem
  readonly typed?: string | undefined
}

/** The way back of a stage, said in words before it is made. */
export const RollbackPage: FC<RollbackPageProps> = (props) => {
  const { frame, standing, stage, way, signedOff, whyNot, problem } = props
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
                since <Time atMs={since.atMs} isExact />, moved by{' '}
                <Given text={since.movedBy.name} />
              </span>
            ) : null}
          </p>
        ) : (
          <p>Nothing is in {visibleText(stage)} now.</p>
        )}
        {way instanceof RegistryError ? (
          <p class="notice warn">{visibleText(way.message)}</p>
        ) : (
          <Way
            way={way}
            policies={place?.policies ?? []}
            {...{ frame, standing, stage, signedOff }}
          />
        )}
        {whyNot === undefined ? (
          <Form {...props} />
        ) : (
          <p class="notice warn">{visibleText(whyNot)}</p>
        )}
      </div>
    </Page>
  )
}

type WayProps = Pick<RollbackPageProps, 'frame' | 'standing' | 'stage' | 'signedOff'> & {
  readonly way: RollbackPreview
  readonly policies: readonly Policy[]
}

/** What comes back, what goes, and what it takes. */
const Way: FC<WayProps> = ({ frame: { to }, standing, stage, way, signedOff, policies }) => {
  const leaving = versionsIn(standing, stage)
  const areMany = leaving.includes(',')
  return (
    <ul>
      <li>
        <a href={to.version(standing.model.name, way.version)}>Version {way.version}</a> comes back
        from {visibleText(way.from)}: it was there before.
      </li>
      <SignedOff by={signedOff} to={to} />
      {leaving === '' ? null : (
        <li>
          {areMany ? 'Versions' : 'Version'} {leaving} {areMany ? 'go' : 'goes'} to Archived.
        </li>
      )}
      <li>{visibleText(approvalText(way, policies))}</li>
      <li>Another rollback, or a promotion, undoes it.</li>
    </ul>
  )
}

function approvalText({ opensRequest }: RollbackPreview, policies: readonly Policy[]): string {
  if (policies.length === 0) return 'No approval is needed: no policy guards the stage.'
  const names = policies.map(({ name }) => name).join(', ')
  return opensRequest
    ? `Nothing moves yet: a request is opened, for ${names} asks for a review.`
    : `No approval is needed: a request under ${names} brought it in before.`
}

const Form: FC<RollbackPageProps> = ({ frame: { to }, standing, stage, way, problem, typed }) => {
  const { name } = standing.model
  const before = way instanceof RegistryError ? undefined : String(way.version)
  return (
    <form method="post" action={to.rollback(name)}>
      <input type="hidden" name="stage" value={stage} />
      <input type="hidden" name="seen_there" value={versionsIn(standing, stage)} />
      <TextField label="Reason" name="reason" charsMax={1000} isRequired {...{ problem, typed }} />
      <label>
        To version
        <input name="to_version" inputmode="numeric" pattern="[1-9][0-9]*" value={before} />
        <span class="hint">Any that was in {visibleText(stage)}; empty: the one before</span>
      </label>
      <div class="row send">
        <button type="submit" class="danger">
          Roll back {visibleText(stage)}
        </button>
        <a href={to.model(name)}>Cancel</a>
      </div>
    </form>
  )
}
