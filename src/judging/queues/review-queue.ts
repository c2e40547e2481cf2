import { type SQL, sql } from 'drizzle-orm'
import { absent, invalid, type RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { checkCharacters } from '../characters.ts'
import { judgingMessages } from '../messages.ts'
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
  return absent(judgingMessages.noReviewQueue(queueId))
}

const nameCharsMax = 250
/** As many as MLflow's own page shows. */
const usersMax = 10
/** MLflow's own page opens this queue where nobody signs in. */
const reservedName = 'default'

/** A name as it is compared. */
export function foldedOf(name: string): string {
  return name.trim().toLowerCase()
}

/** A name without blanks around it. @throws INVALID_PARAMETER_VALUE it is empty, or too long */
export function readName(name: string, field: 'name' | 'user' | 'new_owner'): string {
  const read = name.trim()
  if (read === '') throw invalid(`\`${field}\` must be a non-empty string; got ''.`)
  checkCharacters(`\`${field}\``, read, nameCharsMax)
  return read
}

/** The name of a queue of the type CUSTOM. @throws INVALID_PARAMETER_VALUE it is empty, too long or reserved */
function readCustomName(name: string): string {
  const read = readName(name, 'name')
  if (foldedOf(read) !== reservedName) return read
  throw invalid(
    `${judgingMessages.reservedQueueName(read)}: it is of whoever does not sign in; choose another name`,
  )
}

/** Users as they are kept. @throws INVALID_PARAMETER_VALUE too many, or a name is empty or too long */
function readUsers(users: readonly string[]): readonly string[] {
  const read = [...new Set(users.map((user) => foldedOf(readName(user, 'user'))))].sort()
  if (read.length > usersMax) throw invalid(judgingMessages.tooManyReviewers(usersMax, read.length))
  return read
}

export type NewQueue = Pick<ReviewQueue, 'experimentId' | 'name' | 'type' | 'users' | 'schemaIds'>

/** A new queue as it is kept: one of a user has its name, and asks all questions of the experiment. */
export function readNewQueue(made: NewQueue): NewQueue {
  const schemaIds = [...new Set(made.schemaIds)]
  const users = readUsers(made.users)
  if (made.type === 'CUSTOM') return { ...made, name: readCustomName(made.name), users, schemaIds }
  const name = foldedOf(readName(made.name, 'name'))
  if (users.some((user) => user !== name)) {
    throw invalid('A user queue must have exactly one assigned user equal to its name.')
  }
  if (schemaIds.length > 0) {
    throw invalid(
      `${judgingMessages.userQueueSchemas}; it asks all of the experiment's label schemas`,
    )
  }
  return { ...made, name, users: [name], schemaIds }
}

/** What is to be changed; undefined stays. */
export type QueueChange = {
  readonly name: string | undefined
  readonly users: readonly string[] | undefined
  readonly schemaIds: readonly string[] | undefined
  readonly owner: string | undefined
}

/** A change as it is kept. @throws INVALID_PARAMETER_VALUE a name is empty, too long or reserved, or too many users */
export function readQueueChange({ name, users, schemaIds, owner }: QueueChange): QueueChange {
  return {
    name: name === undefined ? undefined : readCustomName(name),
    users: users && readUsers(users),
    schemaIds: schemaIds && [...new Set(schemaIds)],
    owner: owner === undefined ? undefined : readName(owner, 'new_owner'),
  }
}
