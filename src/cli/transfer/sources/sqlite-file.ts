import { statSync } from 'node:fs'
import Libsql from 'libsql'
import { StartError } from '../../../platform/start-error.ts'
import { SourceError } from './source-error.ts'

/** Integers past 2^53 are text, and bytes are left out. */
export type DbRow = Readonly<Record<string, string | number | null>>

/** A SQLite file that is not ours, to be read. */
export class SqliteFile {
  readonly #path: string
  readonly #db: Libsql.Database

  /** @throws StartError there is no such file. SourceError it is none of SQLite, or has views */
  constructor(path: string) {
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
      throw new StartError(`there is no file '${path}'`)
    }
    this.#path = path
    this.#db = new Libsql(path, { readonly: true })
    // MLflow makes none. What reads like a table could go on for ever.
    if (this.all("select 1 from sqlite_schema where type = 'view'").length > 0) {
      throw new SourceError(`'${path}' has views, as no database of MLflow does`)
    }
  }

  has(table: string): boolean {
    const query = "select 1 from sqlite_schema where type = 'table' and name = ?"
    return this.all(query, table).length > 0
  }

  /** @throws SourceError the file is damaged, or has no such table or column */
  all(query: string, ...values: readonly (string | number)[]): DbRow[] {
    try {
      const rows: unknown[] = this.#db
        .prepare(query)
        .safeIntegers(true)
        .all(...values)
      return rows.map((row) => Object.fromEntries(Object.entries(row ?? {}).map(exact)))
    } catch (err) {
      if (!(err instanceof Error && 'code' in err)) throw err
      throw new SourceError(`'${this.#path}' cannot be read: ${err.message}`, { cause: err })
    }
  }

  close(): void {
    this.#db.close()
  }
}

function exact([key, value]: [string, unknown]): [string, string | number | null] {
  if (typeof value === 'bigint') {
    const small = Number(value)
    return [key, Number.isSafeInteger(small) ? small : value.toString()]
  }
  return [key, typeof value === 'string' || typeof value === 'number' ? value : null]
}
