import type { SQL } from 'drizzle-orm'
import { runList, runNamed } from './batch.ts'
import { compile, isReadText } from './compile.ts'
import type { Database } from './database.ts'

type Asked = {
  readonly statements: readonly SQL[]
  readonly answer: (rows: unknown[][]) => void
  readonly fail: (err: unknown) => void
}

/**
 * `db` for one request, where reads that are asked for at once go as one batch: one round trip. What
 * may write goes by itself, as it was asked. On Workers it must not outlive its request, nor be shared
 * between requests.
 */
export function joinedReads(db: Database): Database {
  let waiting: Asked[] = []

  async function send(): Promise<void> {
    const together = waiting
    waiting = []
    try {
      let rest = await runList(
        db,
        together.flatMap(({ statements }) => statements),
      )
      for (const { statements, answer } of together) {
        answer(rest.slice(0, statements.length))
        rest = rest.slice(statements.length)
      }
    } catch (err) {
      for (const { statements, answer, fail } of together) {
        // One that fails is not to fail the others; of a database that is silent each would wait as long again.
        if (together.length === 1 || isSilence(err)) fail(err)
        else runList(db, statements).then(answer, fail)
      }
    }
  }

  function ask(statements: readonly SQL[]): Promise<unknown[][]> {
    if (!statements.every(isRead)) return runList(db, statements)
    return new Promise((answer, fail) => {
      waiting.push({ statements, answer, fail })
      // After all that follows from the last answer has asked in its turn.
      if (waiting.length === 1) setTimeout(send, 0)
    })
  }

  const all = async <R>(query: SQL<R>): Promise<R[]> => {
    const [rows = []] = await ask([query])
    // Rows are what their statements say they select.
    return rows as R[]
  }
  return {
    all,
    first: async (query) => (await all(query))[0],
    batch: (queries) => runNamed(queries, ask),
    aside: db.aside,
  }
}

/** Whether the database did not answer in time, whatever it was asked. */
function isSilence(err: unknown): boolean {
  return err instanceof Error && 'code' in err && err.code === 'ETIMEDOUT'
}

/** Whether a statement changes nothing, as far as its words show. */
function isRead(query: SQL): boolean {
  return isReadText(compile(query).text)
}
