import type { Database } from '../../src/db/database.ts'
import { askedDatabase } from './watched-database.ts'

/** What requests cost. Rows and operations of R2 are told on workerd alone. */
export type Counts = {
  /** Round trips to the database. */
  readonly trips: number
  readonly statements: number
  /** Of tables and of indexes, as D1 charges for them. */
  readonly rowsRead: number
  readonly rowsWritten: number
  /** Operations of R2: writing and listing, and reading. */
  readonly classA: number
  readonly classB: number
}

/** Counts that go up, and how to read them. */
export class Counter {
  #counts: Counts = nothing

  add(more: Partial<Counts>): void {
    this.#counts = sumOf(this.#counts, { ...nothing, ...more })
  }

  /** What was counted since the last call. */
  take(): Counts {
    const counts = this.#counts
    this.#counts = nothing
    return counts
  }
}

const nothing: Counts = {
  trips: 0,
  statements: 0,
  rowsRead: 0,
  rowsWritten: 0,
  classA: 0,
  classB: 0,
}

function sumOf(a: Counts, b: Counts): Counts {
  return {
    trips: a.trips + b.trips,
    statements: a.statements + b.statements,
    rowsRead: a.rowsRead + b.rowsRead,
    rowsWritten: a.rowsWritten + b.rowsWritten,
    classA: a.classA + b.classA,
    classB: a.classB + b.classB,
  }
}

/** `db` that counts its round trips and the statements they carry. */
export function countedDatabase(db: Database, counter: Counter): Database {
  const asked = askedDatabase(db, () => counter.add({ statements: 1 }))
  const counted = <T>(ask: () => T): T => {
    counter.add({ trips: 1 })
    return ask()
  }
  return {
    all: (query) => counted(() => asked.all(query)),
    first: (query) => counted(() => asked.first(query)),
    batch: (queries) => counted(() => asked.batch(queries)),
  }
}
