import { setImmediate } from 'node:timers'
import type Libsql from 'libsql'
import { isLocked, lockedMsMax, lockedPauseMs } from './lock.ts'
import { transaction } from './transaction.ts'

/** No write waits longer than about this for those that are committed with it. */
const groupMsMax = 5

type Write = {
  readonly run: () => unknown[][]
  readonly resolve: (rows: unknown[][]) => void
  readonly reject: (err: unknown) => void
  /** Until when it waits for another process to let go of the file. */
  readonly untilMs: number
}

/**
 * The writes of one database file. Those that come in one turn of the event loop are committed together,
 * which costs little more than one of them: they write the same pages. Each is all or nothing by itself, sees
 * what those before it wrote, and is answered once it is committed.
 *
 * @see docs/adr/0025-writes-are-committed-together.md
 */
export class GroupedWrites {
  readonly #file: Libsql.Database
  readonly #waiting: Write[] = []

  constructor(file: Libsql.Database) {
    this.#file = file
  }

  /** @param run the statements of one batch; called again where their first transaction came to nothing */
  add(run: Write['run']): Promise<unknown[][]> {
    return new Promise((resolve, reject) => {
      const untilMs = performance.now() + lockedMsMax
      this.#waiting.push({ run, resolve, reject, untilMs })
      if (this.#waiting.length === 1) this.#commitSoon()
    })
  }

  /** Commit all that wait, or refuse them where the file is locked for as long as a call may stand still. */
  flush(): void {
    while (this.#waiting.length > 0) {
      const locked = this.#commitSome()
      if (locked === undefined) continue
      for (const { reject } of this.#waiting.splice(0)) reject(locked)
    }
  }

  #commitSoon(): void {
    setImmediate(() => {
      const locked = this.#commitSome()
      if (locked !== undefined) this.#waitForLock(locked)
      else if (this.#waiting.length > 0) this.#commitSoon()
    })
  }

  /** Refuse those that have waited long enough; the others, and what comes meanwhile, are tried again. */
  #waitForLock(locked: unknown): void {
    const now = performance.now()
    for (const { reject } of this.#waiting.filter(({ untilMs }) => untilMs <= now)) reject(locked)
    const others = this.#waiting.filter(({ untilMs }) => untilMs > now)
    this.#waiting.splice(0, this.#waiting.length, ...others)
    if (others.length > 0) setTimeout(() => this.#commitSoon(), lockedPauseMs)
  }

  /** @returns undefined, or the error where another process has the file locked: then all still wait */
  #commitSome(): unknown {
    try {
      if (this.#waiting.length > 1) this.#commitTogether()
      else this.#commitFirst()
      return undefined
    } catch (err) {
      return err
    }
  }

  /** @throws the file is locked, and the first one waits as before */
  #commitFirst(): void {
    const [first] = this.#waiting
    if (first === undefined) return
    try {
      first.resolve(transaction(this.#file, 'BEGIN IMMEDIATE', first.run))
    } catch (err) {
      if (isLocked(err)) throw err
      first.reject(err)
    }
    this.#waiting.shift()
  }

  /**
   * Commit the first ones, as many as the time allows.
   *
   * @throws the file is locked, and those without an answer wait as before
   */
  #commitTogether(): void {
    const answers: (() => void)[] = []
    try {
      transaction(this.#file, 'BEGIN IMMEDIATE', () => this.#runSome(answers))
    } catch (err) {
      if (isLocked(err)) throw err
      // Nothing is written. Whoever is to blame gets the error when it is alone.
      for (let tried = 0; tried <= answers.length; tried++) this.#commitFirst()
      return
    }
    for (const answer of answers) answer()
    this.#waiting.splice(0, answers.length)
  }

  #runSome(answers: (() => void)[]): void {
    const untilMs = performance.now() + groupMsMax
    for (const write of this.#waiting) {
      answers.push(this.#runWithin(write))
      if (performance.now() > untilMs) break
    }
  }

  /**
   * Run one write within the transaction of several.
   *
   * @returns what tells its result
   * @throws what has ended the transaction of all, as a full disk does
   */
  #runWithin({ run, resolve, reject }: Write): () => void {
    this.#file.exec('SAVEPOINT one')
    try {
      const rows = run()
      this.#file.exec('RELEASE one')
      return () => resolve(rows)
    } catch (err) {
      if (!this.#file.inTransaction) throw err
      this.#file.exec('ROLLBACK TO one')
      this.#file.exec('RELEASE one')
      return () => reject(err)
    }
  }
}
