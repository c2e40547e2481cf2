import type { FC } from 'hono/jsx'
import type { ReviewQueue } from '../../../judging/queues/review-queue.ts'
import type { Reshown } from '../../changes/change.ts'
import { LineField } from '../../parts/fields.tsx'
import { Given } from '../../parts/text.tsx'
import type { Frame } from '../../shell/frame.ts'

/** The names in a field of them. */
export function peopleIn(text: string | undefined): readonly string[] {
  return (text ?? '').split(',').flatMap((one) => one.trim() || [])
}

/** Who is to look at what is in a queue. Where nobody signs in, a queue that names nobody is for all. */
export const People: FC<{
  readonly frame: Frame
  readonly users: ReviewQueue['users']
  readonly most: number
}> = ({ frame: { caller }, users, most }) => {
  if (users.length === 0) return <>{caller.isJudged ? 'nobody yet' : 'everybody'}</>
  const more = users.length - most
  return (
    <>
      <Given text={users.slice(0, most).join(', ')} />
      {more > 0 ? ` and ${more} more` : ''}
    </>
  )
}

/** Says who is to look at what is in a queue. */
export const PeopleForm: FC<{
  readonly frame: Frame
  readonly queue: ReviewQueue
  readonly shown: Reshown
}> = ({ frame: { to }, queue, shown: { problem, typed } }) => (
  <details class="panel" open={problem?.field === 'people'}>
    <summary>
      <strong>Who reviews</strong>
    </summary>
    <form method="post" action={`${to.review(queue.queueId)}/people`} class="dialog">
      <LineField
        label="People"
        name="people"
        typed={typed?.('people') ?? queue.users.join(', ')}
        hint="names with commas between them"
        {...{ problem }}
      />
      <div>
        <button type="submit">Save</button>
      </div>
    </form>
  </details>
)
