import type { D1Database } from '@cloudflare/workers-types'
import type { SQL } from 'drizzle-orm'
import { runNamed } from '../../db/batch.ts'
import { compile, isReadText } from '../../db/compile.ts'
import { type Batch, type BatchRows, constraintError, type Database } from '../../db/database.ts'

/** Cloudflare D1. */
export class D1 implements Database {
  readonly isFar = true
  readonly #database: D1Database

  constructor(database: D1Database) {
    this.#database = database
  }

  async all<R>(query: SQL<R>): Promise<R[]> {
    const { text, params } = compile(query)
    const prepared = this.#database.prepare(text).bind(...params)
    return (await attempted(transientOf([text]), () => prepared.all<R>())).results
  }

  async first<R>(query: SQL<R>): Promise<R | undefined> {
    return (await this.all(query))[0]
  }

  batch<const Q extends Batch>(queries: Q): Promise<BatchRows<Q>> {
    return runNamed(queries, (list) => this.#batch(list))
  }

  async #batch(queries: readonly SQL[]): Promise<unknown[][]> {
    const compiled = queries.map(compile)
    const prepared = compiled.map(({ text, params }) =>
      this.#database.prepare(text).bind(...params),
    )
    const transient = transientOf(compiled.map(({ text }) => text))
    const results = await attempted(transient, () => this.#database.batch(prepared))
    return results.map((result) => result.results)
  }
}

const triesMax = 3

/** D1 says so where it has run nothing. */
const notRun = /D1_ERROR: D1 DB is overloaded/
/** It may have run what was sent; only a read may be sent again. */
const notAnswered =
  /D1_ERROR: .*(?:D1 DB is overloaded|Network connection lost|storage caused object to be reset|its code was updated)/

/** The failures after which these statements may be sent again. */
function transientOf(texts: readonly string[]): RegExp {
  return texts.every(isReadText) ? notAnswered : notRun
}

/** Sends again, after a moment, what fails for a reason that passes. D1 itself does not do that for writes. */
async function attempted<T>(transient: RegExp, send: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await send()
    } catch (err) {
      if (tries === triesMax || !transient.test(String(err))) throw constraintError(err) ?? err
      await new Promise((done) => setTimeout(done, (tries + Math.random()) * 100))
    }
  }
}
