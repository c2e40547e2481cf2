import { invalid } from '../../core/error.ts'
import { noSuchUpload } from '../parts.ts'
import { S3Error } from './s3-client.ts'

/** A client's mistake with its upload gets a clear error; other failures pass unchanged. */
export async function refuseMistakes<T>(uploadId: string, call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (err) {
    if (!(err instanceof S3Error)) throw err
    const cause = { cause: err }
    if (err.code === 'NoSuchUpload') throw noSuchUpload(uploadId, cause)
    if (err.code === 'InvalidPart' || err.code === 'MalformedXML') {
      throw invalid('A part was not uploaded, or has another ETag; upload it again', cause)
    }
    if (err.code === 'EntityTooSmall') {
      throw invalid('Every part but the last must have 5 MiB at least', cause)
    }
    throw err
  }
}
