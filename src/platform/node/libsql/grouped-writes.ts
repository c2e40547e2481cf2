import { setImmediate } from 'node:timers'
import type Libsql from 'libsql'
import { transaction } from './transaction.ts'

/** No write waits longer than about this for those that are committed with it. */
const groupMsMax = 5

type Write = {
  readonly run: () => unknown[][]
  readonly resolve: (rows: unknown[][]) => void
  readonly reject: (err: unknown) => void
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
      this.#waiting.push({ run, resolve, reject })
      if (this.#waiting.length === 1) this.#commitSoon()
    })
  }

  /** Commit all that wait. */
  flush(): void {
    while (this.#waiting.length > 0) this.#commitSome()
  }

  #commitSoon(): void {
    setImmediate(() => {
      this.#commitSome()
      if (this.#waiting.length > 0) this.#commitSoon()
    })
  }

  #commitSome(): void {
    const [first, second] = this.#waiting
    if (first === undefined) return
    const count = second ? this.#commitTogether(this.#waiting) : this.#commitAlone(first)
    this.#waiting.splice(0, count)
  }

  /** @returns how many have their answer: one */
  #commitAlone({ run, resolve, reject }: Write): number {
    try {
      resolve(transaction(this.#file, 'BEGIN IMMEDIATE', run))
    } catch (err) {
      reject(err)
    }
    return 1
  }

  /** @returns how many have their answer: the first ones, as many as the time allows */
  #commitTogether(group: readonly Write[]): number {
    const answers: (() => void)[] = []
    try {
      transaction(this.#file, 'BEGIN IMMEDIATE', () => this.#runSome(group, answers))
      for (const answer of answers) answer()
      return answers.length
    } catch (err) {
      // All have waited for whoever writes: one after the other they would wait again, and every request with them.
      if (isBusy(err)) {
        for (const { reject } of group) reject(err)
        return group.length
      }
      // Nothing is written. Whoever is to blame gets the error when it is alone.
      const tried = group.slice(0, answers.length + 1)
      for (const write of tried) this.#commitAlone(write)
      return tried.length
    }
  }

  #runSome(group: readonly Write[], answers: (() => void)[]): void {
    const untilMs = performance.now() + groupMsMax
    for (const write of group) {
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

function isBusy(err: unknown): boolean {
  return err instanceof Error && 'code' in err && err.code === 'SQLITE_BUSY'
}
