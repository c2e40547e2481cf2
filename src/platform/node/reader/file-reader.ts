import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { SQL } from 'drizzle-orm'
import { runNamed } from '../../../db/batch.ts'
import { compile } from '../../../db/compile.ts'
import type { Batch, BatchRows, LongReads } from '../../../db/database.ts'

/** What the thread begins with; `closing` is not 0 once it is to end. */
export type ThreadData = { readonly path: string; readonly closing: Int32Array }

/** What the thread is asked. */
export type ReadQuery = {
  readonly id: number
  readonly statements: readonly {
    readonly text: string
    readonly params: readonly (string | number | bigint | null)[]
  }[]
}

/** What it answers: the rows of each statement, or what the driver threw. */
export type ReadAnswer = { readonly id: number } & (
  | { readonly rows: unknown[][] }
  | { readonly message: string; readonly code: string | undefined }
)

type Waiting = {
  readonly resolve: (rows: unknown[][]) => void
  readonly reject: (err: Error) => void
}

/** Beside this file in the sources, and beside the bundle in the package. */
const script = new URL(
  import.meta.url.endsWith('.ts') ? './thread.ts' : './reader-thread.js',
  import.meta.url,
)

/**
 * Reads of a database file in a thread of its own, so that a search of a tenth of a second does not
 * let every other request wait for it. It sees all that was committed before it was asked. The thread
 * begins with the first read and costs nothing before.
 */
export class FileReader implements LongReads {
  readonly #path: string
  readonly #waiting = new Map<number, Waiting>()
  /** What thread and reader both see, also while the thread is at work: not 0 once it is to end. */
  readonly #closing = new Int32Array(new SharedArrayBuffer(4))
  #thread: Worker | undefined
  #lastId = 0

  /** @param path of a file that is open already, and so in WAL mode */
  constructor(path: string) {
    this.#path = path
  }

  async all<R>(query: SQL<R>): Promise<R[]> {
    return (await this.batch({ query })).query
  }

  /** All see the same moment. @throws what the driver throws, with its code */
  batch<const Q extends Batch>(queries: Q): Promise<BatchRows<Q>> {
    return runNamed(queries, (list) => this.#ask(list.map(compile) as ReadQuery['statements']))
  }

  #ask(statements: ReadQuery['statements']): Promise<unknown[][]> {
    const id = ++this.#lastId
    const thread = this.#thread ?? this.#begin()
    // A thread without work does not keep the process alive.
    thread.ref()
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      thread.postMessage({ id, statements } satisfies ReadQuery)
    })
  }

  /**
   * End the thread, after the statement that it runs. What waits behind that fails. A process must not
   * end before: the driver, stopped within a statement, would abort it.
   */
  async close(): Promise<void> {
    const thread = this.#thread
    if (!thread) return
    this.#thread = undefined
    Atomics.store(this.#closing, 0, 1)
    const ended = once(thread, 'exit')
    thread.ref()
    thread.postMessage('close')
    await ended
  }

  #begin(): Worker {
    const thread = new Worker(script, {
      workerData: { path: this.#path, closing: this.#closing } satisfies ThreadData,
    })
    thread.on('message', (answer: ReadAnswer) => this.#settle(thread, answer))
    thread.on('error', (err) => this.#fail(thread, err))
    thread.on('exit', () => this.#fail(thread, new Error('the thread of reads ended')))
    this.#thread = thread
    return thread
  }

  #settle(thread: Worker, answer: ReadAnswer): void {
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if (this.#waiting.size === 0) thread.unref()
    if ('rows' in answer) waiting?.resolve(answer.rows)
    else waiting?.reject(Object.assign(new Error(answer.message), { code: answer.code }))
  }

  /** Whoever waits is told, and the next read begins another thread. */
  #fail(thread: Worker, err: Error): void {
    if (this.#thread !== thread) return
    this.#thread = undefined
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { reject } of waiting) reject(err)
  }
}
