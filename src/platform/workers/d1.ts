import type { D1Database, D1PreparedStatement } from '@cloudflare/workers-types'
import type { SQL } from 'drizzle-orm'
import { runNamed } from '../../db/batch.ts'
import { compile } from '../../db/compile.ts'
import { type Batch, type BatchRows, constraintError, type Database } from '../../db/database.ts'

/** Cloudflare D1. */
export class D1 implements Database {
  readonly #database: D1Database

  constructor(database: D1Database) {
    this.#database = database
  }

  async all<R>(query: SQL<R>): Promise<R[]> {
    try {
      return (await this.#prepare(query).all<R>()).results
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
      const results = await this.#database.batch(queries.map((query) => this.#prepare(query)))
      return results.map((result) => result.results)
    } catch (err) {
      throw constraintError(err) ?? err
    }
  }

  #prepare(query: SQL): D1PreparedStatement {
    const { text, params } = compile(query)
    return this.#database.prepare(text).bind(...params)
  }
}
