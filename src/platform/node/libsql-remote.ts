import { type Client, createClient, type ResultSet } from '@libsql/client'
import type { SQL } from 'drizzle-orm'
import { runNamed } from '../../db/batch.ts'
import { compile } from '../../db/compile.ts'
import { type Batch, type BatchRows, constraintError, type Database } from '../../db/database.ts'

/** A libSQL server (sqld, Turso) by URL and token. */
export class LibsqlRemote implements Database {
  readonly #client: Client

  constructor(url: string, authToken: string | undefined) {
    this.#client = createClient(authToken ? { url, authToken } : { url })
  }

  async all<R>(query: SQL<R>): Promise<R[]> {
    try {
      return rows(await this.#client.execute(statement(query))) as R[]
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
      return (await this.#client.batch(queries.map(statement), 'write')).map(rows)
    } catch (err) {
      throw constraintError(err) ?? err
    }
  }

  close(): void {
    this.#client.close()
  }
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
