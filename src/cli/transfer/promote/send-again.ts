import { type GatehouseClient, mayPass } from '../../../client/client.ts'
import { StartError } from '../../../platform/start-error.ts'
import { UnreachableError } from '../../with-server.ts'
import { webStreamOf } from '../sources/json-server.ts'

const attemptsMax = 4
const waitMs = 1000

/** What fails for the moment is tried again. */
export async function sendAgain<T>(send: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send()
    } catch (err) {
      const isFinal = err instanceof StartError && !(err instanceof UnreachableError)
      if (attempt === attemptsMax || isFinal || !mayPass(err)) throw err
      await new Promise((done) => setTimeout(done, waitMs * attempt))
    }
  }
}

type Sending = {
  readonly body: AsyncIterable<Uint8Array>
  /** Bytes. */
  readonly size: number
  readonly headers?: Readonly<Record<string, string>>
}

/** PUT a body that is read as it is sent. @throws ApiError, or what reading it threw */
export async function sendBody(
  target: GatehouseClient,
  path: string,
  { body, size, headers }: Sending,
): Promise<void> {
  const reading: Reading = {}
  const sent = {
    'Content-Type': 'application/octet-stream',
    'Content-Length': String(size),
    ...headers,
  }
  const stream = webStreamOf(readNoting(body, reading))
  const init = { method: 'PUT', headers: sent, body: stream, ...halfDuplex }
  const res = await target.fetch(path, init).catch((err) => {
    // What could not be read is not the fault of whoever was to take it.
    throw reading.problem ?? err
  })
  if (reading.problem) throw reading.problem
  if (!res.ok) throw await target.refusalOf(res)
  await res.body?.cancel()
}

/** Why the bytes of a file could not be read. */
type Reading = { problem?: unknown }

async function* readNoting(
  chunks: AsyncIterable<Uint8Array>,
  reading: Reading,
): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks
  } catch (err) {
    reading.problem = err
    throw err
  }
}

/** `fetch` wants it beside a body that streams; its types do not know it everywhere. */
const halfDuplex: object = { duplex: 'half' }
