import type { Permission } from '../../access/permissions/levels.ts'
import { requireExperiment } from '../../access/permissions/require.ts'
import { listReviewQueues } from '../../judging/queues/list-review-queues.ts'
import {
  mayOnReviewQueue,
  type QueueUse,
  queuesShownOf,
  requireReviewQueue,
  requireReviewQueueNamed,
} from '../../judging/queues/queue-permissions.ts'
import {
  addReviewItems,
  listReviewItems,
  type ReviewItem,
  removeReviewItems,
  reviewStatuses,
  setReviewStatus,
} from '../../judging/queues/review-items.ts'
import { queueTypes, type ReviewQueue } from '../../judging/queues/review-queue.ts'
import {
  createReviewQueue,
  deleteReviewQueue,
  getReviewQueue,
  getReviewQueueByName,
  openUserQueue,
  updateReviewQueue,
} from '../../judging/queues/review-queues.ts'
import type { Context } from '../../platform/context.ts'
import { type Operation, operation } from '../operation.ts'
import { unlessEmpty } from '../wire/json.ts'
import { message } from '../wire/message.ts'

const text = { type: 'string' } as const
const texts = { type: 'string', repeated: true } as const
const required = { type: 'string', required: true } as const
const experiment_id = { type: 'experiment_id', required: true } as const
const queue_id = required
const paging = { max_results: { type: 'int64' }, page_token: text } as const

function onExperiment(needed: Permission) {
  return (ctx: Context, req: { readonly experiment_id: number }) =>
    requireExperiment(ctx, req.experiment_id, needed)
}

function onQueue(use: QueueUse) {
  return (ctx: Context, req: { readonly queue_id: string }) =>
    requireReviewQueue(ctx, req.queue_id, use)
}

/** Traces that people are to look at. */
export const reviewQueueOperations: readonly Operation[] = [
  operation('createReviewQueue', {
    request: message({
      experiment_id,
      name: { ...required, mayBeEmpty: true },
      queue_type: { type: queueTypes, required: true },
      users: texts,
      schema_ids: texts,
    }),
    rule: onExperiment('EDIT'),
    answer: async (ctx, req) =>
      queueToWire(
        await createReviewQueue(ctx, {
          experimentId: req.experiment_id,
          name: req.name,
          type: req.queue_type,
          users: req.users,
          schemaIds: req.schema_ids,
        }),
      ),
  }),
  operation('getOrCreateUserQueue', {
    request: message({ experiment_id, user: required }),
    rule: onExperiment('EDIT'),
    answer: async (ctx, req) => queueToWire(await openUserQueue(ctx, req.experiment_id, req.user)),
  }),
  operation('getReviewQueue', {
    request: message({ queue_id }),
    rule: onQueue('view'),
    answer: async (ctx, req) => queueToWire(await getReviewQueue(ctx, req.queue_id)),
  }),
  operation('getReviewQueueByName', {
    request: message({ experiment_id, name: required }),
    rule: (ctx, req) =>
      requireReviewQueueNamed(ctx, { experimentId: req.experiment_id, name: req.name }, 'view'),
    answer: async (ctx, req) =>
      queueToWire(await getReviewQueueByName(ctx, req.experiment_id, req.name)),
  }),
  operation('listReviewQueues', {
    request: message({ experiment_id, user: text, item_id: text, ...paging }),
    rule: onExperiment('READ'),
    answer: async (ctx, req) => {
      const page = await listReviewQueues(ctx, {
        experimentId: req.experiment_id,
        user: req.user,
        shownTo: await queuesShownOf(ctx, req.experiment_id),
        traceId: req.item_id,
        maxResults: req.max_results,
        token: req.page_token,
      })
      return {
        review_queues: unlessEmpty(page.items.map((one) => queueToWire(one).review_queue)),
        next_page_token: page.nextPageToken ?? '',
      }
    },
  }),
  operation('updateReviewQueue', {
    request: message({
      queue_id,
      name: text,
      new_owner: text,
      update_users: { type: 'bool' },
      users: texts,
      update_schema_ids: { type: 'bool' },
      schema_ids: texts,
    }),
    rule: (ctx, req) =>
      requireReviewQueue(ctx, req.queue_id, req.new_owner === undefined ? 'change' : 'give'),
    answer: async (ctx, req) =>
      queueToWire(
        await updateReviewQueue(ctx, req.queue_id, {
          name: req.name,
          owner: req.new_owner,
          users: req.update_users ? req.users : undefined,
          schemaIds: req.update_schema_ids ? req.schema_ids : undefined,
        }),
      ),
  }),
  operation('deleteReviewQueue', {
    request: message({ queue_id }),
    rule: async (ctx, req) => {
      await mayOnReviewQueue(ctx, req.queue_id, 'prune')
    },
    answer: (ctx, req) => deleteReviewQueue(ctx, req.queue_id),
  }),
  operation('addItemsToReviewQueue', {
    request: message({ queue_id, item_type: { type: ['TRACE'] }, item_ids: texts }),
    rule: onQueue('fill'),
    answer: async (ctx, req) => ({
      items: (await addReviewItems(ctx, req.queue_id, req.item_ids)).map(itemToWire),
    }),
  }),
  operation('removeItemsFromReviewQueue', {
    request: message({ queue_id, item_ids: texts }),
    rule: onQueue('prune'),
    answer: (ctx, req) => removeReviewItems(ctx, req.queue_id, req.item_ids),
  }),
  operation('listReviewQueueItems', {
    request: message({ queue_id, status: { type: reviewStatuses }, ...paging }),
    rule: onQueue('view'),
    answer: async (ctx, req) => {
      const page = await listReviewItems(ctx, {
        queueId: req.queue_id,
        status: req.status,
        maxResults: req.max_results,
        token: req.page_token,
      })
      return {
        items: unlessEmpty(page.items.map(itemToWire)),
        next_page_token: page.nextPageToken ?? '',
      }
    },
  }),
  operation('setReviewQueueItemStatus', {
    request: message({
      queue_id,
      item_id: required,
      status: { type: reviewStatuses, required: true },
      completed_by: text,
    }),
    rule: onQueue('review'),
    answer: async (ctx, req) => {
      const one = { queueId: req.queue_id, traceId: req.item_id }
      const said = { status: req.status, by: req.completed_by }
      return { item: itemToWire(await setReviewStatus(ctx, one, said)) }
    },
  }),
]

function queueToWire(queue: ReviewQueue) {
  return {
    review_queue: {
      queue_id: queue.queueId,
      experiment_id: String(queue.experimentId),
      name: queue.name,
      queue_type: queue.type,
      created_by: queue.createdBy,
      creation_time_ms: queue.createdAtMs,
      last_update_time_ms: queue.updatedAtMs,
      users: unlessEmpty(queue.users),
      schema_ids: unlessEmpty(queue.schemaIds),
    },
  }
}

function itemToWire(item: ReviewItem): object {
  return {
    queue_id: item.queueId,
    item_type: 'TRACE',
    item_id: item.traceId,
    status: item.status,
    completed_by: item.completedBy,
    completed_time_ms: item.completedAtMs,
    creation_time_ms: item.createdAtMs,
    last_update_time_ms: item.updatedAtMs,
  }
}
