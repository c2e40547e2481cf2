import { toUtf8 } from '../core/bytes.ts'
import { letOthersRun } from '../core/rounds.ts'
import type { AppContext } from './app-env.ts'
import { textStream } from './text-stream.ts'

const turnCharsMax = 1_000_000

/** Of an answer in pieces: one that is longer is sent while the rest of it is made. */
const wholeBytesMax = 2_000_000

/** A reply that is JSON already, in pieces: what it lists is at no moment there as objects, all of it. */
export class JsonPieces {
  readonly pieces: AsyncGenerator<string>

  constructor(pieces: AsyncGenerator<string>) {
    this.pieces = pieces
  }
}

/** Answer JSON. Each step of writing a long answer is a turn of its own. */
export async function sendJson(c: AppContext, reply: object, status: 200 | 201): Promise<Response> {
  if (reply instanceof JsonPieces) return sendPieces(c, reply.pieces, status)
  const text = JSON.stringify(reply)
  const headers = { 'content-type': 'application/json' }
  if (text.length < turnCharsMax) return c.body(text, status, headers)
  await letOthersRun()
  return c.body(toUtf8(text), status, headers)
}

/**
 * A failure is told as an error as long as nothing is sent, and cuts the answer off later. The pieces are not
 * joined: for many readers at once that would be all of it once more.
 */
async function sendPieces(
  c: AppContext,
  pieces: AsyncGenerator<string>,
  status: 200 | 201,
): Promise<Response> {
  const made: Uint8Array[] = []
  let madeBytes = 0
  let isWhole = false
  while (!isWhole && madeBytes <= wholeBytesMax) {
    const { done, value } = await pieces.next()
    if (done) isWhole = true
    else {
      const bytes = toUtf8(value)
      made.push(bytes)
      madeBytes += bytes.byteLength
    }
  }
  const { ctx, operation = 'other' } = c.var
  const body = textStream(withRest(made, pieces), { requestId: ctx.requestId, operation })
  const headers = { 'content-type': 'application/json' }
  const length = isWhole ? { 'content-length': String(madeBytes) } : {}
  return c.body(body, status, { ...headers, ...length })
}

async function* withRest(
  made: Uint8Array[],
  pieces: AsyncGenerator<string>,
): AsyncGenerator<string | Uint8Array> {
  yield* made.splice(0)
  yield* pieces
}
