import { type SQL, sql } from 'drizzle-orm'
import { findAccountLike } from '../../access/accounts/accounts.ts'
import { commit, entryStatement } from '../../audit/commit.ts'
import { absent, invalid, RegistryError } from '../../core/error.ts'
import { ConstraintError } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import { getExperiment, inactiveExperiment } from '../../tracking/experiments/experiment.ts'
import { defaultSchemaOf } from '../labels/label-schema.ts'
import { judgingMessages } from '../messages.ts'
import {
  foldedOf,
  isReviewQueue,
  type NewQueue,
  type QueueChange,
  type ReviewQueue,
  type ReviewQueueRow,
  readName,
  readNewQueue,
  readQueueChange,
  reviewQueueFrom,
  reviewQueueNotFound,
  reviewQueueRead,
} from './review-queue.ts'

const schemasMax = 1000
const queuesMax = 10_000

/**
 * @throws INVALID_PARAMETER_VALUE a name is empty, too long or that of a user, users or schemas do not go with the
 *   type, or a label schema is not there
 * @throws RESOURCE_ALREADY_EXISTS the experiment has a queue of this name, in whatever case
 * @throws RESOURCE_DOES_NOT_EXIST no such experiment
 */
export async function createReviewQueue(ctx: Context, wanted: NewQueue): Promise<ReviewQueue> {
  const made = readNewQueue(wanted)
  if (made.type === 'CUSTOM') await refuseNameOfUser(ctx, made.name)
  await requireActive(ctx, made.experimentId)
  await requireSchemas(ctx, made.experimentId, made.schemaIds)
  const createdBy = ctx.settings.auth ? ctx.principal.name : undefined
  const write = insertQueue(ctx, { ...made, createdBy })
  const [row] = (await refuseTaken(write.run(), made.name)).queues
  // A schema, or the experiment, may have gone meanwhile.
  if (!row) await requireSchemas(ctx, made.experimentId, made.schemaIds)
  if (!row) await requireActive(ctx, made.experimentId)
  if (!row) throw invalid(`An experiment has at most ${queuesMax} review queues; delete some`)
  return reviewQueueFrom(row)
}

/** It would stand in the place of that user's own queue. */
async function refuseNameOfUser(ctx: Context, name: string | undefined): Promise<void> {
  const user =
    ctx.settings.auth && name !== undefined ? await findAccountLike(ctx, name) : undefined
  if (user !== undefined) throw invalid(judgingMessages.queueOfUser(user))
}

async function requireActive(ctx: Context, experimentId: number): Promise<void> {
  const experiment = await getExperiment(ctx, experimentId)
  if (experiment.lifecycleStage === 'deleted') throw inactiveExperiment(experimentId)
}

type Inserted = NewQueue & {
  readonly createdBy: string | undefined
  /** Whether one of this name that is there is kept; else the batch fails. */
  readonly keepsKnown?: boolean
}

function insertQueue(ctx: Context, made: Inserted) {
  const queueId = `rq-${ctx.randomId()}`
  const { experimentId, name } = made
  const now = ctx.now()
  return {
    run: () =>
      commit(ctx, {
        made: sql`insert into review_queues (queue_id, experiment, name, folded, type, created_by,
            created_at_ms, updated_at_ms, users, schema_ids)
          select ${queueId}, id, ${name}, ${foldedOf(name)}, ${made.type}, ${made.createdBy ?? null},
            ${now}, ${now}, ${JSON.stringify(made.users)}, ${JSON.stringify(made.schemaIds)}
          from experiments where id = ${experimentId} and lifecycle_stage = 'active'
            and (select count(*) from review_queues where experiment = ${experimentId}) < ${queuesMax}
            and not exists (${missingSchemas(experimentId, made.schemaIds)})
          ${made.keepsKnown ? sql`on conflict (experiment, folded) do nothing` : sql``}`,
        entry: entryStatement(ctx, {
          action: 'review_queue.created',
          from: sql`review_queues q where q.queue_id = ${queueId}`,
          after: queueJson(),
        }),
        queues: sql<ReviewQueueRow>`select * from review_queues
          where experiment = ${experimentId} and folded = ${foldedOf(name)}`,
      }),
  }
}

async function refuseTaken<T>(write: Promise<T>, name: string): Promise<T> {
  try {
    return await write
  } catch (err) {
    if (!(err instanceof ConstraintError && err.kind === 'unique')) throw err
    const message = judgingMessages.reviewQueueTaken(name)
    throw new RegistryError('RESOURCE_ALREADY_EXISTS', message, { cause: err })
  }
}

async function requireSchemas(
  ctx: Context,
  experimentId: number,
  ids: readonly string[],
): Promise<void> {
  if (ids.length > schemasMax) throw invalid(`A queue has at most ${schemasMax} label schemas`)
  if (ids.length === 0) return
  const rows = await ctx.db.all(missingSchemas(experimentId, ids))
  if (rows.length === 0) return
  const missing = rows.map(({ id }) => id)
  throw invalid(judgingMessages.noLabelSchemas(missing, experimentId))
}

/** The select of those of `ids` that are no label schemas of the experiment. */
function missingSchemas(experimentId: number, ids: readonly string[]) {
  const others = ids.filter((id) => id !== defaultSchemaOf(experimentId, 0).schemaId)
  return sql<{
    id: string
  }>`select value as id from json_each(${JSON.stringify(others)}) where not exists (
    select 1 from label_schemas l where l.schema_id = value and l.experiment = ${experimentId})`
}

/**
 * The queue of a user, which is made where there is none.
 *
 * @throws RESOURCE_ALREADY_EXISTS another queue has the user's name
 * @throws RESOURCE_DOES_NOT_EXIST no such experiment
 */
export async function openUserQueue(
  ctx: Context,
  experimentId: number,
  user: string,
): Promise<ReviewQueue> {
  const name = foldedOf(readName(user, 'name'))
  await requireActive(ctx, experimentId)
  const made = { experimentId, name, type: 'USER', users: [name], schemaIds: [] } as const
  const { queues } = await insertQueue(ctx, { ...made, createdBy: name, keepsKnown: true }).run()
  const [row] = queues
  if (!row) throw invalid(`An experiment has at most ${queuesMax} review queues; delete some`)
  if (row.type === 'USER') return reviewQueueFrom(row)
  throw new RegistryError(
    'RESOURCE_ALREADY_EXISTS',
    `A non-user queue named '${name}' already exists; cannot get-or-create a user queue with that name.`,
  )
}

/** @throws RESOURCE_DOES_NOT_EXIST */
export async function getReviewQueue(ctx: Context, queueId: string): Promise<ReviewQueue> {
  const row = await ctx.db.first(reviewQueueRead(ctx, queueId))
  if (!row) throw reviewQueueNotFound(queueId)
  return reviewQueueFrom(row)
}

/** @param name in whatever case. @throws RESOURCE_DOES_NOT_EXIST no such experiment, or queue */
export async function getReviewQueueByName(
  ctx: Context,
  experimentId: number,
  name: string,
): Promise<ReviewQueue> {
  await getExperiment(ctx, experimentId)
  const row = await ctx.db.first(sql<ReviewQueueRow>`select * from review_queues
    where experiment = ${experimentId} and folded = ${foldedOf(name)}`)
  if (!row) throw absent(judgingMessages.noReviewQueueNamed(name, experimentId))
  return reviewQueueFrom(row)
}

/**
 * @throws INVALID_PARAMETER_VALUE it is a user's, a name is empty, too long or that of a user, a schema is not there, or
 *   the schemas of a queue with items are changed: its answers would be to other questions
 * @throws RESOURCE_ALREADY_EXISTS the experiment has another queue of this name
 * @throws RESOURCE_DOES_NOT_EXIST
 */
export async function updateReviewQueue(
  ctx: Context,
  queueId: string,
  wanted: QueueChange,
): Promise<ReviewQueue> {
  const before = await getReviewQueue(ctx, queueId)
  if (before.type === 'USER') throw invalid(judgingMessages.userQueueFixed)
  if (Object.values(wanted).every((part) => part === undefined)) return before
  const change = readQueueChange(wanted)
  const { name, owner, schemaIds } = change
  await refuseNameOfUser(ctx, name)
  const users = change.users && JSON.stringify(change.users)
  const asked = schemaIds ?? []
  await requireSchemas(ctx, before.experimentId, asked)
  const isFree = sql`${isReviewQueue(ctx, queueId)} and q.type = 'CUSTOM'
    and not exists (${missingSchemas(before.experimentId, asked)})
    and (${Number(schemaIds === undefined)} or not exists (select 1 from review_items i where i.queue = q.id))`
  const write = commit(ctx, {
    entry: entryStatement(ctx, {
      action: 'review_queue.changed',
      from: sql`review_queues q where ${isFree}`,
      before: queueJson(),
      after: queueJson({ name, users, schemaIds: schemaIds && JSON.stringify(schemaIds) }),
    }),
    changed: sql<{
      id: number
    }>`update review_queues as q set name = coalesce(${name ?? null}, name),
        folded = coalesce(${name === undefined ? null : foldedOf(name)}, folded),
        created_by = coalesce(${owner ?? null}, created_by),
        users = coalesce(${users ?? null}, users),
        schema_ids = coalesce(${schemaIds ? JSON.stringify(schemaIds) : null}, schema_ids),
        updated_at_ms = ${ctx.now()}
      where ${isFree} returning id`,
    queues: reviewQueueRead(ctx, queueId),
  })
  const { changed, queues } = await refuseTaken(write, name ?? before.name)
  const [row] = queues
  if (!row) throw reviewQueueNotFound(queueId)
  if (changed.length > 0) return reviewQueueFrom(row)
  // A schema may have gone meanwhile.
  await requireSchemas(ctx, before.experimentId, asked)
  throw invalid(
    `${judgingMessages.queueQuestionsLocked}. Remove the items before changing its questions.`,
  )
}

/** Delete a queue with its items; the traces stay. One that is not there is no error. */
export async function deleteReviewQueue(ctx: Context, queueId: string): Promise<void> {
  await commit(ctx, {
    entry: entryStatement(ctx, {
      action: 'review_queue.deleted',
      from: sql`review_queues q where ${isReviewQueue(ctx, queueId)}`,
      before: queueJson(),
    }),
    gone: sql`delete from review_queues as q where ${isReviewQueue(ctx, queueId)}`,
  })
}

type QueueTexts = { readonly [K in 'name' | 'users' | 'schemaIds']?: string | undefined }

/** What the audit log says of a queue `q`, with what is to be changed. */
function queueJson({ name, users, schemaIds }: QueueTexts = {}): SQL {
  return sql`json_object('experiment', cast(q.experiment as text), 'queue', q.queue_id,
    'name', coalesce(${name ?? null}, q.name), 'type', q.type,
    'users', json(coalesce(${users ?? null}, q.users)),
    'schemas', json(coalesce(${schemaIds ?? null}, q.schema_ids)))`
}
