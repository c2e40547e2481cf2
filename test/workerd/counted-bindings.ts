import type { Counter } from '../support/counts.ts'

/** D1 that counts the rows which it says it has read and written: those that Cloudflare charges for. */
export function countedRows(database: D1Database, counter: Counter): D1Database {
  const count = <R extends D1Result>(result: R): R => {
    const { rows_read: rowsRead, rows_written: rowsWritten } = result.meta
    counter.add({ rowsRead, rowsWritten })
    return result
  }
  const prepare = (text: string) => ({
    bind: (...params: unknown[]) => {
      const bound = database.prepare(text).bind(...params)
      return { bound, all: async () => count(await bound.all()) }
    },
  })
  const batch = async (statements: readonly { readonly bound: D1PreparedStatement }[]) => {
    const results = await database.batch(statements.map(({ bound }) => bound))
    return results.map(count)
  }
  // The two methods that src/platform/workers/d1.ts calls, as it calls them.
  return { prepare, batch } as unknown as D1Database
}

/** What an operation of R2 is charged as; one that is not listed costs nothing. */
const classes: Readonly<Record<string, 'classA' | 'classB'>> = {
  put: 'classA',
  list: 'classA',
  createMultipartUpload: 'classA',
  uploadPart: 'classA',
  complete: 'classA',
  get: 'classB',
  head: 'classB',
}

/** R2 that counts the operations which Cloudflare charges for, those of multipart uploads too. */
export function countedBucket<T extends R2Bucket | R2MultipartUpload>(
  bucket: T,
  counter: Counter,
): T {
  return new Proxy(bucket, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      const charged = classes[String(name)]
      return (...args: unknown[]) => {
        if (charged) counter.add({ [charged]: 1 })
        const answer: unknown = value.apply(target, args)
        return String(name) === 'resumeMultipartUpload'
          ? countedBucket(answer as R2MultipartUpload, counter)
          : answer
      }
    },
  })
}
