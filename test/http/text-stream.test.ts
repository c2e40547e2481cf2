import { afterEach, expect, test, vi } from 'vitest'
import { textStream } from '../../src/http/text-stream.ts'

const about = { requestId: 'r', operation: 'exportAudit' }

afterEach(() => vi.restoreAllMocks())

test('whoever leaves while a piece is being made ends it, and that is no error', async () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
  const seen: string[] = []
  const waiting = Promise.withResolvers<void>()
  async function* pieces() {
    try {
      yield 'first'
      await waiting.promise
      yield 'second'
      seen.push('went on')
    } finally {
      seen.push('ended')
    }
  }
  const reader = textStream(pieces(), about, waiting.resolve).getReader()
  expect(new TextDecoder().decode((await reader.read()).value)).toBe('first')
  const pending = reader.read()
  await reader.cancel()
  expect((await pending).done).toBe(true)
  expect(seen).toEqual(['ended'])
  expect(logged).not.toHaveBeenCalled()
})

test('what fails in the middle cuts the answer off, and the log says where', async () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
  async function* pieces() {
    yield 'first'
    throw new Error('the disk is gone')
  }
  await expect(new Response(textStream(pieces(), about)).text()).rejects.toThrow()
  expect(JSON.parse(logged.mock.calls[0]?.[0])).toMatchObject({
    ...about,
    event: 'answer cut off',
    error: expect.stringContaining('the disk is gone'),
  })
})
