/**
 * The blocks of a stream of Server-Sent Events, without the empty line that ends each.
 *
 * @param silenceMaxMs a stream that is silent for longer ends; its connection may be dead
 */
export async function* readBlocks(res: Response, silenceMaxMs?: number): AsyncGenerator<string> {
  let text = ''
  const decoder = new TextDecoder()
  const reader = res.body?.getReader()
  if (!reader) return
  try {
    for (;;) {
      const { done, value } = await readWithin(reader, silenceMaxMs)
      if (done) return
      text += decoder.decode(value, { stream: true })
      const blocks = text.split('\n\n')
      text = blocks.pop() ?? ''
      yield* blocks
    }
  } finally {
    // A reader who stops early lets the connection go; of a stream that broke there is nothing to cancel.
    await reader.cancel().catch(() => {})
  }
}

/** @param ms after which the stream is ended */
async function readWithin(reader: ReadableStreamDefaultReader<Uint8Array>, ms?: number) {
  if (ms === undefined) return reader.read()
  const timer = setTimeout(() => reader.cancel().catch(() => {}), ms)
  try {
    return await reader.read()
  } finally {
    clearTimeout(timer)
  }
}
