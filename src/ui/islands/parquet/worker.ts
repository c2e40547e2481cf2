/** Reads a Parquet file in a thread of its own, which the page ends when it takes too long. */
import { readParquet } from './read-parquet.ts'
import { type FileAtUrl, sourceAt } from './source.ts'

addEventListener('message', ({ data }: MessageEvent<FileAtUrl>) =>
  readParquet(sourceAt(data), (piece) => postMessage(piece)),
)
