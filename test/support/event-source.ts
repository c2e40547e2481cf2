import { expect } from 'vitest'
import type { Answering, Json } from './client.ts'

export type Block = {
  readonly id: string | undefined
  readonly event: string | undefined
  readonly data: Json
}

/** A stream of Server-Sent Events that is being read, block by block. */
export async function openStream(
  app: Answering,
  path: string,
  headers: Readonly<Record<string, string>> = {},
) {
  const res = await app.request(path, { headers })
  expect(res.status).toBe(200)
  expect(res.headers.get('content-type')).toBe('text/event-stream')
  const reader = res.body?.pipeThrough(new TextDecoderStream()).getReader()
  if (!reader) throw new Error('no body')
  let text = ''
  /** The next block, comments left out; undefined at the end. */
  const block = async (): Promise<Block | undefined> => {
    let lines = await nextLines()
    while (lines?.[0]?.startsWith(':')) lines = await nextLines()
    if (!lines) return undefined
    const field = (name: string) =>
      lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2)
    return { id: field('id'), event: field('event'), data: JSON.parse(field('data') ?? 'null') }
  }
  const nextLines = async (): Promise<string[] | undefined> => {
    while (!text.includes('\n\n')) {
      const { done, value } = await reader.read()
      if (done) return undefined
      text += value
    }
    const end = text.indexOf('\n\n')
    const lines = text.slice(0, end).split('\n')
    text = text.slice(end + 2)
    return lines
  }
  const start = await block()
  return { start, block, close: () => reader.cancel() }
}
