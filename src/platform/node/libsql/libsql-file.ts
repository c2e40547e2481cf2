import type { SQL } from 'drizzle-orm'
import Libsql from 'libsql'
import { letOthersRun } from '../../../core/rounds.ts'
import { runNamed } from '../../../db/batch.ts'
import { type Compiled, compile } from '../../../db/compile.ts'
import { type Batch, type BatchRows, constraintError, type Database } from '../../../db/database.ts'
import { FileReader } from '../reader/file-reader.ts'
import { GroupedWrites } from './grouped-writes.ts'
import { lockedClosingMs, lockedMsMax, lockedTurnMs, retryWhileLocked } from './lock.ts'
import { transaction } from './transaction.ts'

const statementsMax = 500

/** Work that has used the database for so long lets other requests run before its next call. */
const turnMsMax = 25

type FileOptions = { readonly synchronous?: 'NORMAL' | 'FULL'; readonly readsAside?: boolean }

/** What `libsql` can bind. A boolean would abort the process, so the type excludes it. */
type Bindable = string | number | bigint | null

/**
 * A libSQL database file, opened in this process. Statements are kept prepared. Every call is
 * synchronous underneath, so a batch can never interleave with another. Long work takes turns: no
 * call waits for anything but others to be committed with, and other processes that keep the file
 * locked, so requests would wait for a whole sweep or list otherwise.
 *
 * @see docs/adr/0002-libsql-in-process.md
 */
export class LibsqlFile implements Database {
  readonly #file: Libsql.Database
  readonly #statements = new Map<string, Libsql.Statement>()
  readonly #writes: GroupedWrites
  readonly aside: FileReader | undefined
  /** When the first call of this turn of the event loop came; undefined: none came yet. */
  #turnSinceMs: number | undefined

  /**
   * @param path of the file, which is made when missing; `:memory:` for a database without one
   * @param readsAside whether long reads have a thread of their own; `:memory:` has none, since another
   *   connection would see another database
   */
  constructor(path: string, { synchronous = 'NORMAL', readsAside = false }: FileOptions = {}) {
    this.#file = new Libsql(path, { timeout: lockedMsMax })
    this.#file.pragma('journal_mode = WAL')
    this.#file.pragma(`synchronous = ${synchronous}`)
    this.#file.pragma('foreign_keys = ON')
    this.#file.pragma('cache_size = -32000')
    this.#file.pragma('temp_store = MEMORY')
    // The driver stands still while it waits, and all requests with it.
    this.#file.pragma(`busy_timeout = ${lockedTurnMs}`)
    this.#writes = new GroupedWrites(this.#file)
    this.aside = readsAside && path !== ':memory:' ? new FileReader(path) : undefined
  }

  async all<R>(query: SQL<R>): Promise<R[]> {
    await this.#takeTurn()
    const statement = compile(query)
    const run = () => [this.#run(statement)]
    try {
      // By itself, a write that finds the file locked would stay begun, and no later one could be committed.
      const [rows = []] = await (isWrite(statement) ? this.#writes.add(run) : retryWhileLocked(run))
      return rows as R[]
    } catch (err) {
      throw constraintError(err) ?? err
    }
  }

  async first<R>(query: SQL<R>): Promise<R | undefined> {
    return (await this.all(query))[0]
  }

  batch<const Q extends Batch>(queries: Q): Promise<BatchRows<Q>> {
    return runNamed(queries, (list) => this.#batch(list))
  }

  async #batch(queries: readonly SQL[]): Promise<unknown[][]> {
    await this.#takeTurn()
    const statements = queries.map(compile)
    const run = () => statements.map((statement) => this.#run(statement))
    try {
      if (!statements.every(isRead)) return await this.#writes.add(run)
      // Reads need no lock, so a writer in another process does not delay them.
      return await retryWhileLocked(() => transaction(this.#file, 'BEGIN', run))
    } catch (err) {
      throw constraintError(err) ?? err
    }
  }

  /**
   * Writes the journal into the file first, so that one file is the whole database, unless another process keeps it
   * locked: who opens it next does so. Without `readsAside` at once.
   */
  async close(): Promise<void> {
    if (this.aside) await this.aside.close()
    this.#file.pragma(`busy_timeout = ${lockedClosingMs}`)
    this.#writes.flush()
    this.#file.pragma('wal_checkpoint(TRUNCATE)')
    this.#file.close()
  }

  async #takeTurn(): Promise<void> {
    const now = performance.now()
    if (this.#turnSinceMs === undefined) {
      this.#turnSinceMs = now
      setImmediate(() => {
        this.#turnSinceMs = undefined
      })
    } else if (now - this.#turnSinceMs > turnMsMax) {
      await letOthersRun()
    }
  }

  #run({ text, params }: Compiled): unknown[] {
    return this.#prepared(text).all(params as Bindable[])
  }

  #prepared(text: string): Libsql.Statement {
    const known = this.#statements.get(text)
    if (known) return known
    const statement = this.#file.prepare(text)
    const oldest = this.#statements.keys().next()
    if (this.#statements.size >= statementsMax && !oldest.done) {
      this.#statements.delete(oldest.value)
    }
    this.#statements.set(text, statement)
    return statement
  }
}

/** A statement that no transaction may have, such as VACUUM, is none. */
function isWrite({ text }: Compiled): boolean {
  return /^\s*(?:with\b[\s\S]*?\b)?(?:insert|update|delete|replace|create|drop|alter)\b/i.test(text)
}

function isRead({ text }: Compiled): boolean {
  return /^\s*select\b/i.test(text)
}
