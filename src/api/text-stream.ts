import { logError } from '../platform/log.ts'

/**
 * Pieces of text as the body of an answer, made as fast as they are taken. What fails in the middle
 * is logged and cuts the answer off, so that nobody takes a part for the whole.
 */
export function textStream(pieces: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await pieces.next()
        if (done) controller.close()
        else controller.enqueue(encoder.encode(value))
      } catch (err) {
        logError({ event: 'answer cut off', error: err instanceof Error ? err.stack : String(err) })
        controller.error(err)
      }
    },
    async cancel() {
      await pieces.return(undefined)
    },
  })
}
