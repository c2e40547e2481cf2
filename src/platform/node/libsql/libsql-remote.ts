import { type Client, createClient, type ResultSet } from '@libsql/client'
import { type SQL, sql } from 'drizzle-orm'
import { runNamed } from '../../../db/batch.ts'
import { compile, isReadText } from '../../../db/compile.ts'
import { type Batch, type BatchRows, constraintError, type Database } from '../../../db/database.ts'
import { deadlineMs, waitForAnswer } from '../../deadline.ts'

/** A libSQL server (sqld, Turso) by URL and token. */
export class LibsqlRemote implements Database {
  readonly isFar = true
  readonly #client: Client

  constructor(url: string, authToken: string | undefined) {
    this.#client = createClient({ url, ...(authToken ? { authToken } : {}), fetch: fetchInTime })
  }

  async all<R>(query: SQL<R>): Promise<R[]> {
    try {
      const one = statement(query)
      return rows(await askInTime([one.sql], () => this.#client.execute(one))) as R[]
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
    try {
      const all = queries.map(statement)
      const texts = all.map(({ sql }) => sql)
      // What only reads takes no right to write: it would wait for all who write, and they for it.
      const mode = texts.every(isReadText) ? 'deferred' : 'write'
      return (await askInTime(texts, () => this.#client.batch(all, mode))).map(rows)
    } catch (err) {
      throw constraintError(err) ?? err
    }
  }

  /**
   * Whether the server itself copies its log into the database after so many pages. On sqld such a
   * copy can meet a writer, and all who write wait for ever. False where the server keeps it to itself.
   */
  async checkpointsByPages(): Promise<boolean> {
    try {
      const told = await this.first<{ wal_autocheckpoint: number }>(sql`pragma wal_autocheckpoint`)
      return told !== undefined && told.wal_autocheckpoint > 0
    } catch (err) {
      if (codesOf(err).some((code) => code.startsWith('SQL'))) return false
      throw err
    }
  }

  close(): void {
    this.#client.close()
  }
}

const what = 'the database server'
const attemptsMax = 3
/** How often what found the database busy is tried: it waits for others who write, and one of them always gets on. */
const busyAttemptsMax = 10
const firstPauseMs = 100

/** A call that is too late is broken off, so that it holds no connection. */
function fetchInTime(request: Request): Promise<Response> {
  return fetch(new Request(request, { signal: AbortSignal.timeout(deadlineMs + 1000) }))
}

/**
 * Ask the server within the deadline, all attempts together. What only reads is tried again after a
 * passing failure; what writes only if it was surely not done: never sent, or turned away since
 * somebody else was writing.
 */
async function askInTime<T>(texts: readonly string[], ask: () => Promise<T>): Promise<T> {
  const reads = texts.every(isReadText)
  const until = Date.now() + deadlineMs
  for (let attempt = 1; ; attempt++) {
    try {
      return await waitForAnswer(what, ask(), Math.max(1, until - Date.now()))
    } catch (err) {
      const pauseMs = Math.min(1000, firstPauseMs * 2 ** attempt) * (0.5 + Math.random())
      if (attempt >= attemptsFor(err, reads) || Date.now() + pauseMs >= until) throw err
      await new Promise((done) => setTimeout(done, pauseMs))
    }
  }
}

/** How often to ask in all, where it failed like this. */
function attemptsFor(err: unknown, reads: boolean): number {
  const codes = codesOf(err)
  if (codes.some(isBusy)) return busyAttemptsMax
  return codes.some(reads ? isPassing : isUnsent) ? attemptsMax : 1
}

/** The codes and HTTP statuses of an error and its causes. */
function codesOf(err: unknown): string[] {
  const codes: string[] = []
  for (let at = err, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const { code, status } = at as { code?: unknown; status?: unknown }
    codes.push(...[code, status].filter((one) => one !== undefined).map(String))
  }
  return codes
}

/** The transaction of a batch takes the right to write first, so that nothing of it was done; nor was one statement. */
function isBusy(code: string): boolean {
  return code.startsWith('SQLITE_BUSY')
}

function isUnsent(code: string): boolean {
  return ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'].includes(code)
}

function isPassing(code: string): boolean {
  return (
    isUnsent(code) || ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', '502', '503', '504'].includes(code)
  )
}

function statement(query: SQL) {
  const { text, params } = compile(query)
  return { sql: text, args: [...params] }
}

/** Plain objects: the client's own rows carry array indexes too. */
function rows(result: ResultSet): unknown[] {
  return result.rows.map((row) =>
    Object.fromEntries(result.columns.map((column, i) => [column, row[i]])),
  )
}
