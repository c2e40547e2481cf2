/** How long a call to a database or store over the network may take until it answers. */
export const deadlineMs = 10_000

/** A store over the network did not answer in time. Its code is the one that Node has for it. */
class DeadlineError extends Error {
  override name = 'DeadlineError'
  readonly code = 'ETIMEDOUT'
  constructor(what: string, ms: number) {
    super(`${what} did not answer within ${ms / 1000} s`)
  }
}

/** What `work` gives, if it does so in time. @throws DeadlineError; the work may go on unheard */
export async function waitForAnswer<T>(
  what: string,
  work: Promise<T>,
  ms = deadlineMs,
): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new DeadlineError(what, ms)), ms)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** A body whose sender is never silent for longer than the deadline while somebody waits for bytes. */
export function withoutSilence(
  what: string,
  body: ReadableStream<Uint8Array>,
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const { done, value } = await waitForAnswer(what, reader.read())
          if (done) controller.close()
          else controller.enqueue(value)
        } catch (err) {
          await reader.cancel(err).catch(() => undefined)
          controller.error(err)
        }
      },
      cancel: (why) => reader.cancel(why),
    },
    { highWaterMark: 0 },
  )
}
