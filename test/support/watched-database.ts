import type { SQL } from 'drizzle-orm'
import { runList, withBatches } from '../../src/db/batch.ts'
import { compile } from '../../src/db/compile.ts'
import type { Database } from '../../src/db/database.ts'

/** A database that no process asks any more once a policy or the stages were written. */
export function endingDatabase(db: Database): Database {
  let hasEnded = false
  const unlessEnded = () => {
    if (hasEnded) throw new Error('the process has ended')
  }
  return watchedDatabase(db, {
    asked: unlessEnded,
    after: () => {
      hasEnded = true
    },
  })
}

type Watch = {
  readonly asked?: () => void
  readonly before?: () => Promise<void>
  readonly after?: () => void
  /** Tables whose writing it tells of. */
  readonly tables?: string
}

/** A database that tells of each statement, and of the batches that write to some tables. */
export function watchedDatabase(
  db: Database,
  { asked: ask, before, after, tables = 'policies|stages' }: Watch,
): Database {
  const written = new RegExp(`(update|insert into) (${tables})\\b`)
  const writes = (query: SQL) => written.test(compile(query).text)
  return {
    ...withBatches(db, async (list) => {
      ask?.()
      const isChange = list.some(writes)
      if (isChange) await before?.()
      const rows = await runList(db, list)
      if (isChange) after?.()
      return rows
    }),
    all: async (query) => {
      ask?.()
      return db.all(query)
    },
    first: async (query) => {
      ask?.()
      return db.first(query)
    },
  }
}

/** A database that hands on each statement. */
export function askedDatabase(db: Database, tell: (query: SQL) => void): Database {
  const batches = withBatches(db, (list) => {
    for (const query of list) tell(query)
    return runList(db, list)
  })
  return {
    ...batches,
    all: (query) => {
      tell(query)
      return db.all(query)
    },
    first: (query) => {
      tell(query)
      return db.first(query)
    },
  }
}

/** A database in which somebody acts once, after the first statement read alone that `matches`. */
export function overtakenDatabase(
  db: Database,
  matches: RegExp,
  act: () => Promise<void>,
): Database {
  let hasActed = false
  const afterwards = async <T>(query: SQL, rows: Promise<T>): Promise<T> => {
    const found = await rows
    if (!hasActed && matches.test(compile(query).text)) {
      hasActed = true
      await act()
    }
    return found
  }
  return {
    ...db,
    all: (query) => afterwards(query, db.all(query)),
    first: (query) => afterwards(query, db.first(query)),
  }
}
