import { sql } from 'drizzle-orm'
import { includes, type Level, type Permission } from '../../access/permissions/levels.ts'
import { mayAll, readLevels } from '../../access/permissions/permitted.ts'
import { requireExperiment } from '../../access/permissions/require.ts'
import { denied } from '../../access/permissions/rights.ts'
import type { Context } from '../../platform/context.ts'
import {
  foldedOf,
  type ReviewQueue,
  reviewQueueFrom,
  reviewQueueNotFound,
  reviewQueueRead,
} from './review-queue.ts'
import { getReviewQueueByName } from './review-queues.ts'

/**
 * What is done with a review queue: see it; put traces into it; say what one thinks of a trace in it; change
 * what it asks whom; take traces out of it, or delete it; give it to another owner.
 */
export type QueueUse = 'view' | 'fill' | 'review' | 'change' | 'prune' | 'give'

/** What somebody is to a queue. */
type QueueStanding = {
  /** On its experiment. */
  readonly level: Level
  /** Its users are to look at what is in it. */
  readonly isUser: boolean
  readonly isOwner: boolean
  readonly isCustom: boolean
}

type QueueRule = {
  /** On the experiment. */
  readonly needs: Permission
  readonly isLet: (on: QueueStanding) => boolean
  /** What is told whom it does not let. */
  readonly who: string
}

/** As MLflow judges: to own a queue adds to EDIT and does not stand for it, and who manages does not review. */
const queueRules: Readonly<Record<QueueUse, QueueRule>> = {
  view: {
    needs: 'READ',
    isLet: (on) => on.isUser || isManaging(on) || (on.isOwner && includes(on.level, 'EDIT')),
    who: 'its users, its owner and who may MANAGE the experiment see a review queue',
  },
  fill: { needs: 'EDIT', isLet: () => true, who: '' },
  review: {
    needs: 'EDIT',
    isLet: ({ isUser }) => isUser,
    who: 'only the users of a review queue review what is in it; let its owner make you one of them',
  },
  change: {
    needs: 'EDIT',
    isLet: (on) => on.isOwner || isManaging(on),
    who: 'its owner and who may MANAGE the experiment change a review queue',
  },
  prune: {
    needs: 'EDIT',
    isLet: (on) => (on.isOwner && on.isCustom) || isManaging(on),
    who: 'who may MANAGE the experiment, and the owner of a queue that is not of one user, delete it or take traces out',
  },
  give: { needs: 'MANAGE', isLet: () => true, who: '' },
}

function isManaging({ level }: QueueStanding): boolean {
  return includes(level, 'MANAGE')
}

/**
 * Require that the caller may do something with a review queue.
 *
 * @throws PERMISSION_DENIED
 * @throws RESOURCE_DOES_NOT_EXIST no such queue
 */
export async function requireReviewQueue(
  ctx: Context,
  queueId: string,
  use: QueueUse,
): Promise<void> {
  if (!(await mayOnReviewQueue(ctx, queueId, use))) throw reviewQueueNotFound(queueId)
}

/** As `requireReviewQueue`. @returns false: there is no such queue */
export async function mayOnReviewQueue(
  ctx: Context,
  queueId: string,
  use: QueueUse,
): Promise<boolean> {
  if (mayAll(ctx)) return true
  const row = await ctx.db.first(reviewQueueRead(ctx, queueId))
  if (!row) return false
  await requireUse(ctx, reviewQueueFrom(row), use)
  return true
}

/** As `requireReviewQueue`; who may read the experiment is told that it has no queue of this name. */
export async function requireReviewQueueNamed(
  ctx: Context,
  { experimentId, name }: { readonly experimentId: number; readonly name: string },
  use: QueueUse,
): Promise<void> {
  await requireExperiment(ctx, experimentId, 'READ')
  if (mayAll(ctx)) return
  await requireUse(ctx, await getReviewQueueByName(ctx, experimentId, name), use)
}

/** Whose queues alone the caller is shown of an experiment: its own, unless it may EDIT there. Undefined: all. */
export async function queuesShownOf(
  ctx: Context,
  experimentId: number,
): Promise<string | undefined> {
  if (mayAll(ctx)) return undefined
  const level = await levelOnExperiment(ctx, experimentId)
  return includes(level, 'EDIT') ? undefined : ctx.principal.name
}

async function requireUse(ctx: Context, queue: ReviewQueue, use: QueueUse): Promise<void> {
  const level = await levelOnExperiment(ctx, queue.experimentId)
  const { needs, isLet, who } = queueRules[use]
  if (!includes(level, needs)) {
    throw denied(ctx, `${needs} on experiment ${queue.experimentId} is needed`)
  }
  if (!isLet({ level, ...standingOf(ctx, queue) })) throw denied(ctx, who)
}

async function levelOnExperiment(ctx: Context, id: number): Promise<Level> {
  const on = sql`select e.id, cast(e.id as text) as name, 0 as is_prompt from experiments e
    where e.workspace = ${ctx.workspace} and e.id = ${id}`
  const [found] = await readLevels(ctx, { owner: 'experiment', on })
  return found?.level ?? 'NO_PERMISSIONS'
}

/** MLflow names users and owners, whatever their case. */
function standingOf({ principal }: Context, queue: ReviewQueue) {
  const name = foldedOf(principal.name)
  return {
    isUser: queue.users.includes(name),
    isOwner: queue.createdBy !== undefined && foldedOf(queue.createdBy) === name,
    isCustom: queue.type === 'CUSTOM',
  }
}
