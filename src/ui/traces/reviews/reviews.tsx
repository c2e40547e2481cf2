import { requireExperiment } from '../../../access/permissions/require.ts'
import { excerpt, invalid } from '../../../core/error.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import { listLabelSchemas } from '../../../judging/labels/label-schemas.ts'
import { listReviewQueues } from '../../../judging/queues/list-review-queues.ts'
import { queuesShownOf } from '../../../judging/queues/queue-permissions.ts'
import { createReviewQueue, openUserQueue } from '../../../judging/queues/review-queues.ts'
import type { Context } from '../../../platform/context.ts'
import { getExperiment } from '../../../tracking/experiments/experiment.ts'
import { experimentIdOf } from '../../addressed.ts'
import { changeOn, checkGiven, type Reshown, readNothing } from '../../changes/change.ts'
import { findRefusal, linesOf } from '../../forms.ts'
import { frameOf } from '../../shell/frame.ts'
import { sendPage } from '../../shell/page.tsx'
import { selectedIn } from '../list/traces-query.ts'
import { peopleIn } from './people.tsx'
import { ReviewsPage } from './reviews-page.tsx'

const queuesMax = 50
/** Questions that the form offers, the newest; others are named. */
const schemasMax = 50
/** As many as an experiment may have. */
const schemasRead = 1001

/** `GET /experiments/{id}/reviews?sel=&after=` */
export async function showReviews(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const { ctx } = c.var
  const id = experimentIdOf(c)
  const token = optionalQuery(c, 'after')
  const none = { user: undefined, traceId: undefined }
  const shownTo = await queuesShownOf(ctx, id)
  const [frame, experiment, queues, schemas, whyNot] = await Promise.all([
    frameOf(c),
    getExperiment(ctx, id),
    listReviewQueues(ctx, {
      ...{ experimentId: id, ...none, shownTo, maxResults: queuesMax, token },
    }),
    listLabelSchemas(ctx, id, { maxResults: schemasMax, token: undefined }),
    findRefusal(requireExperiment(ctx, id, 'EDIT')),
  ])
  const page = (
    <ReviewsPage
      {...{ frame, experiment, whyNot, shown, selected: selectedIn(c) }}
      queues={queues.items}
      next={queues.nextPageToken}
      schemas={schemas.items}
      hasMoreSchemas={schemas.nextPageToken !== undefined}
    />
  )
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

const change = changeOn({
  show: showReviews,
  atOf: (c) => ({ experimentId: experimentIdOf(c) }),
  addressOf: (to, { experimentId }) => to.reviews(experimentId),
})

const mayEdit = (ctx: Context, { experimentId }: { readonly experimentId: number }) =>
  requireExperiment(ctx, experimentId, 'EDIT')

/** `POST /experiments/{id}/reviews/mine`: the queue of whoever asks. */
export const postMyQueue = change({
  operation: 'getOrCreateUserQueue',
  read: readNothing,
  rule: mayEdit,
  make: (ctx, { experimentId }) => openUserQueue(ctx, experimentId, ctx.principal.name),
  next: (to, _, { queueId }) => to.review(queueId),
})

/** `POST /experiments/{id}/reviews`: a queue with questions, for some people. */
export const postQueue = change({
  operation: 'createReviewQueue',
  read: (form) => ({ form, name: form.text('name'), people: peopleIn(form.text('people')) }),
  rule: mayEdit,
  field: 'name',
  async make(ctx, { experimentId, form, name, people }) {
    const page = { maxResults: schemasRead, token: undefined }
    const { items } = await listLabelSchemas(ctx, experimentId, page)
    const named = linesOf(form.text('questions'))
    const unknown = named.find((one) => !items.some((schema) => schema.name === one))
    if (unknown !== undefined) {
      throw invalid(
        `There is no question '${excerpt(unknown)}': its name is spelled as its page says`,
      )
    }
    return createReviewQueue(ctx, {
      ...{ experimentId, name: checkGiven(name, 'The name'), type: 'CUSTOM' },
      // Whoever has to sign in sees and reviews what names them alone.
      users: people.length === 0 && ctx.settings.auth ? [ctx.principal.name] : people,
      schemaIds: items.flatMap((schema) =>
        form.isChecked(`schema.${schema.schemaId}`) || named.includes(schema.name)
          ? [schema.schemaId]
          : [],
      ),
    })
  },
  next: (to, _, { queueId }) => to.review(queueId),
})
