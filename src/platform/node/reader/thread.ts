/** The other end of FileReader: answers its queries, one after the other, in a thread of its own. */
import { parentPort, workerData } from 'node:worker_threads'
import Libsql from 'libsql'
import type { ReadAnswer, ReadQuery, ThreadData } from './file-reader.ts'

const statementsMax = 100

const { path, closing }: ThreadData = workerData
const file = new Libsql(path, { timeout: 5000 })
file.pragma('query_only = ON')
file.pragma('cache_size = -32000')
file.pragma('temp_store = MEMORY')

const statements = new Map<string, Libsql.Statement>()

function prepared(text: string): Libsql.Statement {
  const statement = statements.get(text) ?? file.prepare(text)
  const oldest = statements.keys().next()
  if (statements.size >= statementsMax && !oldest.done) statements.delete(oldest.value)
  statements.set(text, statement)
  return statement
}

/** Statements of one query see the same moment. */
function answerTo({ id, statements: list }: ReadQuery): ReadAnswer {
  try {
    file.exec('BEGIN')
    const rows = list.map(({ text, params }) => {
      if (Atomics.load(closing, 0) !== 0) throw new Error('the database is being closed')
      return prepared(text).all([...params])
    })
    return { id, rows }
  } catch (err) {
    const code = err instanceof Error && 'code' in err ? String(err.code) : undefined
    return { id, message: err instanceof Error ? err.message : String(err), code }
  } finally {
    if (file.inTransaction) file.exec('COMMIT')
  }
}

parentPort?.on('message', (query: ReadQuery | 'close') => {
  if (query === 'close') {
    file.close()
    parentPort?.close()
  } else parentPort?.postMessage(answerTo(query))
})
