import { storePathOf } from '../../../artifacts/path.ts'
import type { GatehouseClient } from '../../../client/client.ts'
import { chunksOf } from '../../../core/bytes.ts'
import { defaultWorkspace } from '../../../core/names.ts'
import { StartError } from '../../../platform/start-error.ts'
import { artifactPathOf } from '../../mlflow-calls.ts'

export type SentFile = { readonly path: string; readonly size: number; readonly sha256: string }

/** A file at a server, below an address of its artifact store, from a byte on. @throws ApiError it cannot be read */
export async function openSentFile(
  source: GatehouseClient,
  { address, at }: { readonly address: string; readonly at: number },
  { path }: SentFile,
): Promise<AsyncIterable<Uint8Array>> {
  const headers: Record<string, string> = at > 0 ? { Range: `bytes=${at}-` } : {}
  const found = await source.fetch(artifactPathOf(placeOf(address, path)), { headers })
  if (!found.ok) throw await source.refusalOf(found)
  const chunks = found.body ? chunksOf(found.body) : emptyBody()
  return found.status === 206 ? chunks : bytesFrom(chunks, at)
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {}

/** What follows the first so many bytes. */
export async function* bytesFrom(
  chunks: AsyncIterable<Uint8Array>,
  at: number,
): AsyncGenerator<Uint8Array> {
  let left = at
  for await (const chunk of chunks) {
    if (left < chunk.byteLength) yield left > 0 ? chunk.subarray(left) : chunk
    left = Math.max(0, left - chunk.byteLength)
  }
}

/** Where a file lies in a server's artifact store. @throws StartError outside of it */
export function placeOf(address: string, path: string): string {
  const folder = storePathOf(address, defaultWorkspace)
  if (folder === undefined) {
    throw new StartError(`${address} lies outside of the server's artifact store`)
  }
  return `${folder}/${path}`
}
