import { type SQL, sql } from 'drizzle-orm'
import { uuidOf } from '../../core/bytes.ts'
import type { Platform } from '../../platform/context.ts'
import { databricksEventOf, databricksTerms } from '../events/databricks-events.ts'
import { type EventEntryRow, eventsOf, isWanted, type RegistryEvent } from '../events/events.ts'
import type { WebhookRow } from '../read-webhooks.ts'
import type { webhookDeliveries } from '../tables.ts'

export type DeliveryRow = typeof webhookDeliveries.$inferSelect

/** A process that delivers for one webhook; nobody else does until the lease ends. */
export type QueueLease = { readonly webhook: number; readonly id: string }

/**
 * Long enough for a slow database, short enough to wait for after a crash. Renewed while it is in
 * use.
 */
export const leaseMs = 12_000

/** How many entries of the audit log are looked through in one go. */
const entriesMax = 50

/** Webhooks with something to deliver now; those whose last attempts failed come last. */
export async function findDueWebhooks(
  platform: Platform,
  count: number,
): Promise<{ webhook: number; failures: number }[]> {
  const now = platform.now()
  return platform.db.all(sql<{ webhook: number; failures: number }>`select q.webhook, q.failures
    from webhook_queues q join webhooks w on w.id = q.webhook
    where w.status = 'ACTIVE' and q.lease_until_ms <= ${now} and (
      exists (select 1 from webhook_deliveries d where d.webhook = q.webhook
        and d.state = 'pending' and d.next_attempt_at_ms <= ${now})
      or (q.seq <= (select coalesce(max(seq), 0) from audit_entries) and not ${waits(sql`q.webhook`)}))
    order by q.failures > 0, q.lease_until_ms limit ${count}`)
}

/** When the next of all pending attempts is due; undefined when there is none. */
export async function findNextAttemptAtMs(platform: Platform): Promise<number | undefined> {
  const row = await platform.db.first(
    sql<{ at: number | null }>`select min(d.next_attempt_at_ms) as at from webhook_deliveries d
      join webhooks w on w.id = d.webhook where d.state = 'pending' and w.status = 'ACTIVE'`,
  )
  return row?.at ?? undefined
}

/**
 * Whether the head of a webhook's queue waits for a retry, so that the events after it wait too.
 */
function waits(webhook: SQL): SQL {
  return sql`exists (select 1 from webhook_deliveries p where p.webhook = ${webhook}
    and p.state = 'pending' and p.redelivery = 0)`
}

/** Takes the lease on a webhook; undefined if another process has it. */
export async function claimQueue(
  platform: Platform,
  webhook: number,
): Promise<QueueLease | undefined> {
  const id = platform.randomId()
  const now = platform.now()
  const rows = await platform.db.all(sql`update webhook_queues
    set lease = ${id}, lease_until_ms = ${now + leaseMs}
    where webhook = ${webhook} and lease_until_ms <= ${now} returning 1`)
  return rows.length > 0 ? { webhook, id } : undefined
}

/** Extend a lease, or give it back at once. */
export async function extendLease(
  platform: Platform,
  lease: QueueLease,
  ms = leaseMs,
): Promise<void> {
  await platform.db.all(sql`update webhook_queues set lease_until_ms = ${platform.now() + ms}
    where ${isLeased(lease)}`)
}

/**
 * A condition on `webhook_queues`: the queue of this lease, unless another process has taken it
 * over.
 */
function isLeased(lease: QueueLease): SQL {
  return sql`webhook = ${lease.webhook} and lease = ${lease.id}`
}

/** What is to be sent now. */
export type DueDelivery = {
  readonly webhook: WebhookRow
  readonly delivery: DeliveryRow
  readonly event: RegistryEvent
}

/**
 * The next thing to send for a leased webhook: a delivery whose time has come, or else the next
 * wanted event, which becomes a delivery. Undefined when there is nothing, the head of the queue
 * waits for a retry, the lease is lost, or the webhook is disabled or gone.
 */
export async function findNextDue(
  platform: Platform,
  lease: QueueLease,
): Promise<DueDelivery | undefined> {
  for (;;) {
    const found = await readQueue(platform, lease)
    if (!found) return undefined
    const { webhook, place, delivery, entries, nextSeq } = found
    if (delivery) return pendingDue(webhook, delivery, entries)
    const events = entries
      .flatMap(eventsOf)
      .filter((event) => event.seq > place.seq || event.n >= place.n)
    const wanted = {
      types: JSON.parse(webhook.events),
      models: webhook.models ?? undefined,
      stage: webhook.stage ?? undefined,
      alias: webhook.alias ?? undefined,
    }
    const names = databricksTerms(webhook.databricks)?.events
    const event = events.find(
      (candidate) => isWanted(wanted, candidate) && (!names || databricksEventOf(candidate, names)),
    )
    if (event) {
      const made = await enqueue(platform, lease, event)
      return made && { webhook, delivery: made, event }
    }
    if (nextSeq === undefined || !(await moveOn(platform, lease, nextSeq))) return undefined
  }
}

type Found = {
  readonly webhook: WebhookRow
  readonly place: { readonly seq: number; readonly n: number }
  readonly delivery: DeliveryRow | undefined
  /** The delivery's own entry, or those from `place` on. */
  readonly entries: readonly EventEntryRow[]
  /**
   * Behind these entries and, where they are the last, behind those of other workspaces: for these the
   * webhook would be due for ever. Undefined: there is nothing to step past, or it is not time.
   */
  readonly nextSeq: number | undefined
}

async function readQueue(platform: Platform, lease: QueueLease): Promise<Found | undefined> {
  const { webhook } = lease
  const due = sql`select id from webhook_deliveries where webhook = ${webhook}
    and state = 'pending' and next_attempt_at_ms <= ${platform.now()} order by id limit 1`
  const mayMoveOn = sql`not exists (${due}) and not ${waits(sql`${webhook}`)}`
  const { webhooks, places, deliveries, own, following, newest } = await platform.db.batch({
    webhooks: sql<WebhookRow>`select * from webhooks where id = ${webhook} and status = 'ACTIVE'`,
    places: sql<{ seq: number; n: number }>`select seq, n from webhook_queues
      where ${isLeased(lease)}`,
    deliveries: sql<DeliveryRow>`select * from webhook_deliveries where id = (${due})`,
    own: sql<EventEntryRow>`select * from audit_entries
      where seq = (select seq from webhook_deliveries where id = (${due}))`,
    following: sql<EventEntryRow>`select * from audit_entries
      where seq >= (select seq from webhook_queues where webhook = ${webhook})
        and +workspace = (select workspace from webhooks where id = ${webhook}) and ${mayMoveOn}
      order by seq limit ${entriesMax}`,
    newest: sql<{ seq: number | null }>`
      select max(seq) as seq from audit_entries where ${mayMoveOn}`,
  })
  const [hook, place] = [webhooks[0], places[0]]
  if (!hook || !place) return undefined
  const last = (following.length < entriesMax ? newest[0] : following.at(-1))?.seq ?? undefined
  return {
    webhook: hook,
    place,
    delivery: deliveries[0],
    entries: [...own, ...following],
    nextSeq: last !== undefined && last >= place.seq ? last + 1 : undefined,
  }
}

function pendingDue(
  webhook: WebhookRow,
  delivery: DeliveryRow,
  entries: readonly EventEntryRow[],
): DueDelivery {
  const event = entries.flatMap(eventsOf).find(({ n }) => n === delivery.n)
  // Entries are never changed or deleted, and what they mean does not change.
  if (!event) throw new Error(`entry ${delivery.seq} has lost its event ${delivery.n}`)
  return { webhook, delivery, event }
}

/**
 * Step past an event and make a delivery of it, in one batch; undefined when the lease was lost.
 */
async function enqueue(
  platform: Platform,
  lease: QueueLease,
  { seq, n, type, model, version }: RegistryEvent,
): Promise<DeliveryRow | undefined> {
  const now = platform.now()
  const { made } = await platform.db.batch({
    queue: sql`update webhook_queues set seq = ${seq}, n = ${n + 1} where ${isLeased(lease)}`,
    made: sql<DeliveryRow>`insert into webhook_deliveries (webhook, delivery_id, seq, n, type, model, version, state,
        redelivery, attempts, signed_at_ms, next_attempt_at_ms, created_at_ms)
      select webhook, ${uuidOf(platform.randomId())}, ${seq}, ${n}, ${type}, ${model}, ${version},
        'pending', 0, 0, ${now}, ${now}, ${now}
      from webhook_queues where ${isLeased(lease)} returning *`,
  })
  return made[0]
}

/** Step past entries without an event for this webhook. */
async function moveOn(platform: Platform, lease: QueueLease, seq: number): Promise<boolean> {
  const rows = await platform.db.all(sql`update webhook_queues set seq = ${seq}, n = 0
    where ${isLeased(lease)} returning 1`)
  return rows.length > 0
}

/** The outcome of an attempt. */
export type AttemptOutcome = {
  readonly state: 'delivered' | 'failed' | 'pending'
  readonly responseStatus: number | null
  readonly error: string | null
  /** Of the next attempt, where the state is `pending`. */
  readonly nextAttemptAtMs: number
  readonly signedAtMs: number
}

/** How many deliveries the log keeps for one webhook, and after how many it is pruned. */
const finishedMax = 1000
const pruneEvery = 50

/** Store the outcome of an attempt, unless the lease was lost. */
export async function settleDelivery(
  platform: Platform,
  lease: QueueLease,
  { delivery, outcome }: { readonly delivery: DeliveryRow; readonly outcome: AttemptOutcome },
): Promise<void> {
  const { state, responseStatus, error, nextAttemptAtMs: next, signedAtMs } = outcome
  const finishedAtMs = state === 'pending' ? null : platform.now()
  const failures = state === 'delivered' ? sql`0` : sql`failures + 1`
  await platform.db.batch({
    delivery: sql`update webhook_deliveries set state = ${state}, attempts = attempts + 1,
        response_status = ${responseStatus}, error = ${error}, next_attempt_at_ms = ${next},
        signed_at_ms = ${signedAtMs}, finished_at_ms = ${finishedAtMs}
      where id = ${delivery.id} and exists (select 1 from webhook_queues where ${isLeased(lease)})`,
    queue: sql`update webhook_queues set failures = ${failures} where ${isLeased(lease)}`,
    pruned: delivery.id % pruneEvery === 0 ? pruneStatement(lease.webhook) : undefined,
  })
}

function pruneStatement(webhook: number): SQL {
  return sql`delete from webhook_deliveries where webhook = ${webhook} and state <> 'pending'
    and id < (select id from webhook_deliveries where webhook = ${webhook}
      order by id desc limit 1 offset ${finishedMax})`
}
