import { sql } from 'drizzle-orm'
import type { Database } from '../../db/database.ts'
import type { Platform } from '../../platform/context.ts'

const pollMs = 500

/** The newest entry of the audit log, and `readAccessEpoch`. */
export type Moment = { readonly seq: number; readonly epoch: number }

type Waiter = Moment & { readonly done: (found: Moment | undefined) => void }

/** The statement that reads a moment. */
export const momentRead = sql<Moment>`select coalesce(max(seq), 0) as seq,
  (select epoch from access_epoch where id = 1) as epoch from audit_entries`

/** Looks for new entries, once for all that wait in one scope, and only while something waits. */
class AuditPoller {
  readonly #db: Database
  readonly #waiters = new Set<Waiter>()
  #isPolling = false

  constructor(db: Database) {
    this.#db = db
  }

  /**
   * The moment when entry `seq` was there, or anything about access had changed, if that is within `ms`;
   * undefined at once when `ended` is aborted. A failing database counts as a change: who waited finds
   * out by reading it.
   */
  async until({ seq, epoch }: Moment, ms: number, ended: AbortSignal): Promise<Moment | undefined> {
    if (ended.aborted) return undefined
    return new Promise((done) => {
      const finish = (found: Moment | undefined) => {
        clearTimeout(timer)
        ended.removeEventListener('abort', abort)
        this.#waiters.delete(waiter)
        done(found)
      }
      const waiter: Waiter = { seq, epoch, done: finish }
      const abort = () => finish(undefined)
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
        const now = await this.#db.first(momentRead)
        if (now) this.#tell(({ seq, epoch }) => seq <= now.seq || epoch !== now.epoch, now)
      }
    } catch {
      // The waiting streams notice that the database fails when they read it themselves.
      for (const { done, seq, epoch } of [...this.#waiters]) done({ seq: seq - 1, epoch })
    } finally {
      this.#isPolling = false
    }
  }

  #tell(isDue: (waiter: Waiter) => boolean, now: Moment): void {
    for (const waiter of [...this.#waiters]) if (isDue(waiter)) waiter.done(now)
  }
}

const pollers = new WeakMap<object, AuditPoller>()

/**
 * The poller of a process. On Workers each request has its own: one whose request has ended would never
 * look again, while others still wait.
 */
export function pollerOf({ db, timerScope }: Pick<Platform, 'db' | 'timerScope'>): AuditPoller {
  const known = pollers.get(timerScope)
  if (known) return known
  const poller = new AuditPoller(db)
  pollers.set(timerScope, poller)
  return poller
}
