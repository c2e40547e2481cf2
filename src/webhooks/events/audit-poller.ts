import { sql } from 'drizzle-orm'
import type { Database } from '../../db/database.ts'
import type { Platform } from '../../platform/context.ts'

const pollMs = 500

/** `epoch` is that of `readAccessEpoch`. */
type Waiter = {
  readonly seq: number
  readonly epoch: number
  readonly done: (found: boolean) => void
}

/** Looks for new entries, once for all streams of a process, and only while one of them waits. */
class AuditPoller {
  streams = 0
  /** How many streams each account has, by name. */
  readonly streamsOf = new Map<string, number>()
  readonly #db: Database
  readonly #waiters = new Set<Waiter>()
  #isPolling = false

  constructor(db: Database) {
    this.#db = db
  }

  /**
   * Whether entry `seq` was written, or anything about access changed, within `ms`; false at once
   * when `ended` is aborted.
   */
  async until(
    { seq, epoch }: Omit<Waiter, 'done'>,
    ms: number,
    ended: AbortSignal,
  ): Promise<boolean> {
    if (ended.aborted) return false
    return new Promise((done) => {
      const finish = (found: boolean) => {
        clearTimeout(timer)
        ended.removeEventListener('abort', abort)
        this.#waiters.delete(waiter)
        done(found)
      }
      const waiter: Waiter = { seq, epoch, done: finish }
      const abort = () => finish(false)
      const timer = setTimeout(abort, ms)
      ended.addEventListener('abort', abort, { once: true })
      this.#waiters.add(waiter)
      void this.#poll()
    })
  }

  async #poll(): Promise<void> {
    if (this.#isPolling) return
    this.#isPolling = true
    try {
      while (this.#waiters.size > 0) {
        await new Promise((done) => setTimeout(done, pollMs))
        const row = await this.#db.first(
          sql<{ seq: number; epoch: number }>`select coalesce(max(seq), 0) as seq,
            (select epoch from access_epoch where id = 1) as epoch from audit_entries`,
        )
        if (row) this.#tell(({ seq, epoch }) => seq <= row.seq || epoch !== row.epoch)
      }
    } catch {
      // The waiting streams notice that the database fails when they read it themselves.
      this.#tell(() => true)
    } finally {
      this.#isPolling = false
    }
  }

  #tell(isDue: (waiter: Waiter) => boolean): void {
    for (const waiter of [...this.#waiters]) if (isDue(waiter)) waiter.done(true)
  }
}

const pollers = new WeakMap<Database, AuditPoller>()

/**
 * The poller of a database. On Workers each request has its own database object, and so its own
 * poller.
 */
export function pollerOf({ db }: Pick<Platform, 'db'>): AuditPoller {
  const known = pollers.get(db)
  if (known) return known
  const poller = new AuditPoller(db)
  pollers.set(db, poller)
  return poller
}
