import type Libsql from 'libsql'

/** `work` as one transaction: nothing of it is written if it throws, or cannot be committed. */
export function transaction<T>(
  file: Libsql.Database,
  begin: 'BEGIN' | 'BEGIN IMMEDIATE',
  work: () => T,
): T {
  file.exec(begin)
  try {
    const result = work()
    file.exec('COMMIT')
    return result
  } catch (err) {
    // When the disk is full, SQLite has rolled back already and there is no transaction to end.
    if (file.inTransaction) file.exec('ROLLBACK')
    throw err
  }
}
