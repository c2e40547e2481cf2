import type { FC } from 'hono/jsx'
import { targetText } from '../../governance/policies/policy.ts'
import type { Seen } from '../../governance/seen.ts'
import type { FormProblem } from '../forms.ts'
import { TextField } from '../parts/fields.tsx'
import { plural, visibleText } from '../parts/text.tsx'
import type { Frame } from '../shell/frame.ts'
import type { CardChange } from './card-change.tsx'
import { AskAgain } from './outcome/ask-again.tsx'
import { SeenFields } from './seen-fields.tsx'
import type { Standing } from './standing.ts'

export type DecideProps = {
  readonly frame: Frame
  readonly standing: Standing
  /** Requests that wait for the caller, newest first. */
  readonly waiting: readonly number[]
  /** Why what was sent was not done, and what was typed. */
  readonly problem?: FormProblem
  readonly typed?: string | undefined
  /** What was written in the card since a form that was refused showed it. */
  readonly changedCard?: CardChange | undefined
}

/** What the caller can do about a request, and why not what they cannot. */
export const Decide: FC<DecideProps> = (props) => {
  const { standing, frame } = props
  const { view, seen, may } = standing
  const path = frame.to.promotion(view.id)
  if (view.status !== 'open' || seen === undefined) {
    return view.breakGlass && view.followedUpBy === null ? (
      <FollowUp path={path} />
    ) : (
      <AskAgain view={view} to={frame.to} />
    )
  }
  return (
    <>
      {view.canMerge ? <Merge {...{ path, seen, standing }} /> : null}
      <Review {...props} path={path} seen={seen} />
      {may.withdraw || (may.breakGlass && !view.canMerge) ? (
        <section class="panel near" aria-labelledby="more">
          <h2 id="more">More</h2>
          {may.withdraw ? (
            <details>
              <summary>Withdraw the request</summary>
              <form method="post" action={`${path}/close`}>
                <p>The request ends and nothing moves. A new one can be opened.</p>
                <TextField label="Comment" name="comment" charsMax={10_000} />
                <button type="submit" class="quiet">
                  Withdraw #{view.id}
                </button>
              </form>
            </details>
          ) : null}
          {may.breakGlass && !view.canMerge ? <BreakGlass {...{ path, seen, standing }} /> : null}
        </section>
      ) : null}
    </>
  )
}

type FormProps = { readonly path: string; readonly seen: Seen; readonly standing: Standing }

const Merge: FC<FormProps> = ({ path, seen, standing: { view, live, may } }) => (
  <section class="panel near" aria-labelledby="merge">
    <h2 id="merge">Merge</h2>
    <p>
      Version {view.version} enters {visibleText(targetText(view.target))} <strong>now</strong>.{' '}
      {live?.isThere
        ? othersText(view.target.alias !== undefined, view.archiveExisting, live.version)
        : ''}
    </p>
    {may.whyNotMerge === undefined ? (
      <form method="post" action={`${path}/merge`}>
        <SeenFields seen={seen} />
        <button type="submit" data-key="m" data-key-text="To the button that merges">
          Merge version {view.version} now
        </button>
      </form>
    ) : (
      <p class="soft">{visibleText(may.whyNotMerge)}</p>
    )}
  </section>
)

function othersText(isAlias: boolean, archives: boolean, live: number): string {
  if (isAlias) return `The alias points at it instead of version ${live}.`
  return archives ? `Version ${live} goes to Archived.` : `Version ${live} stays there too.`
}

const Review: FC<DecideProps & { readonly path: string; readonly seen: Seen }> = ({
  path,
  seen,
  standing: { view, may },
  problem,
  typed,
}) => {
  const { approvals } = view
  return (
    <section class="panel near" aria-labelledby="review">
      <h2 id="review">Review</h2>
      <form method="post" action={`${path}/reviews`}>
        {may.whyNotReview === undefined ? (
          <p class="soft">
            You decide about these files ({seen.digest?.slice(7, 15) ?? 'not sealed'}),{' '}
            {seen.cardRevision === 0 ? 'no card' : `card revision ${seen.cardRevision}`} and{' '}
            {plural(seen.policies.length, 'policy', 'policies')}. If one changes, your approval
            falls.
          </p>
        ) : (
          <p>{visibleText(may.whyNotReview)}</p>
        )}
        <SeenFields seen={seen} />
        <TextField label="Comment" name="comment" charsMax={10_000} {...{ problem, typed }} />
        <div class="row">
          {may.whyNotReview === undefined ? (
            <>
              <button
                type="submit"
                name="decision"
                value="approve"
                data-key="a"
                data-key-text="To the button that approves"
              >
                Approve version {view.version}
                {approvals.required > 1 ? ` (${approvals.given + 1} of ${approvals.required})` : ''}
              </button>
              <button
                type="submit"
                name="decision"
                value="reject"
                class="quiet danger"
                data-key="r"
                data-key-text="To the button that rejects"
              >
                Reject
              </button>
            </>
          ) : null}
          <button type="submit" name="decision" value="comment" class="quiet">
            Comment
          </button>
        </div>
      </form>
    </section>
  )
}

const BreakGlass: FC<FormProps> = ({ path, seen, standing: { view } }) => (
  <details>
    <summary class="bad-text">Break the glass</summary>
    <form method="post" action={`${path}/break-glass`}>
      <p>Merges now, although:</p>
      <ul>
        {view.blockedBy.map((why) => (
          <li>{visibleText(why)}</li>
        ))}
      </ul>
      <p>The audit log marks it, and somebody else must follow up.</p>
      <SeenFields seen={seen} />
      <TextField
        label="Reason"
        name="reason"
        charsMax={10_000}
        isRequired
        hint="At least ten letters"
      />
      <label class="choice">
        <input type="checkbox" name="understood" required />I understand
      </label>
      <button type="submit" class="danger">
        Break the glass and merge
      </button>
    </form>
  </details>
)

const FollowUp: FC<{ readonly path: string }> = ({ path }) => (
  <section class="panel near" aria-labelledby="follow-up">
    <h2 id="follow-up">Follow-up</h2>
    <form method="post" action={`${path}/follow-up`}>
      <p>
        Somebody who may approve, and neither asked for it nor broke the glass, says that they
        looked at it.
      </p>
      <TextField label="Comment" name="comment" charsMax={10_000} />
      <button type="submit">Close the follow-up</button>
    </form>
  </section>
)
