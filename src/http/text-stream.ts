import { failureText, logError } from '../platform/log.ts'

/**
 * Pieces of text, or of its UTF-8, as the body of an answer. Each piece is made only when the reader wants it. A
 * failure in the middle is logged and cuts the answer off, so that nobody takes a part for the
 * whole. The stream ends when the reader stops reading.
 *
 * @param about what the log says of the request
 * @param onCancel called when nobody reads any more, so that work on the next piece can stop
 */
export function textStream(
  pieces: AsyncGenerator<string | Uint8Array>,
  about: { readonly requestId: string; readonly operation: string },
  onCancel?: () => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let isCancelled = false
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await pieces.next()
          if (isCancelled) return
          if (done) controller.close()
          else controller.enqueue(typeof value === 'string' ? encoder.encode(value) : value)
        } catch (err) {
          const error = failureText(err)
          logError({ ...about, event: 'answer cut off', error })
          controller.error(err)
        }
      },
      async cancel() {
        isCancelled = true
        onCancel?.()
        await pieces.return(undefined)
      },
    },
    { highWaterMark: 0 },
  )
}
