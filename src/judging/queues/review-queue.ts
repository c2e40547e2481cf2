import { type SQL, sql } from 'drizzle-orm'
import { absent, invalid, type RegistryError } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { checkLength } from '../../core/names.ts'
import type { Context } from '../../platform/context.ts'
import type { reviewQueues } from '../tables.ts'

export const queueTypes = ['USER', 'CUSTOM'] as const
export type QueueType = (typeof queueTypes)[number]

/** Traces that people are to look at. One of the type USER has its user's name. */
export type ReviewQueue = {
  readonly queueId: string
  readonly experimentId: number
  readonly name: string
  readonly type: QueueType
  readonly createdBy: string | undefined
  readonly createdAtMs: number
  readonly updatedAtMs: number
  /** In lower case, in order. */
  readonly users: readonly string[]
  readonly schemaIds: readonly string[]
}

export type ReviewQueueRow = typeof reviewQueues.$inferSelect

export function reviewQueueFrom(row: ReviewQueueRow): ReviewQueue {
  return {
    queueId: row.queue_id,
    experimentId: row.experiment,
    name: row.name,
    // Only these are ever written.
    type: row.type as QueueType,
    createdBy: row.created_by ?? undefined,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    users: JSON.parse(row.users),
    schemaIds: JSON.parse(row.schema_ids),
  }
}

/** Condition on `review_queues q`: this one, and in the caller's workspace. */
export function isReviewQueue(ctx: Context, queueId: string): SQL {
  return sql`q.queue_id = ${queueId} and exists (select 1 from experiments e
    where e.id = q.experiment and e.workspace = ${ctx.workspace})`
}

export function reviewQueueRead(ctx: Context, queueId: string) {
  return sql<ReviewQueueRow>`select q.* from review_queues q where ${isReviewQueue(ctx, queueId)}`
}

export function reviewQueueNotFound(queueId: string): RegistryError {
  return absent(messages.noReviewQueue(queueId))
}

const nameCharsMax = 250
const usersMax = 500

/** A name as it is compared. */
export function foldedOf(name: string): string {
  return name.trim().toLowerCase()
}

/** @throws INVALID_PARAMETER_VALUE the name of a queue or a user is empty, or too long */
export function checkQueueName(name: string): void {
  if (name.trim() === '') throw invalid("`name` must be a non-empty string; got ''.")
  checkLength(name, nameCharsMax, 'name')
}

/** Users as they are kept. @throws INVALID_PARAMETER_VALUE too many, or a name is empty or too long */
export function readUsers(users: readonly string[]): readonly string[] {
  if (users.length > usersMax) throw invalid(`A review queue has at most ${usersMax} users`)
  for (const user of users) checkQueueName(user)
  return [...new Set(users.map(foldedOf))].sort()
}
