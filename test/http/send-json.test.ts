import { Hono } from 'hono'
import { afterEach, expect, test, vi } from 'vitest'
import type { AppEnv } from '../../src/http/app-env.ts'
import { JsonPieces, sendJson } from '../../src/http/send-json.ts'
import type { Context } from '../../src/platform/context.ts'

afterEach(() => vi.restoreAllMocks())

const megabyte = 'x'.repeat(1_000_000)

/** What is answered when `count` texts of a megabyte are listed, and how many of them were made. */
async function answerOf(count: number, failsAt?: number) {
  const seen = { made: 0 }
  async function* pieces() {
    yield '['
    for (let i = 0; i < count; i += 1) {
      if (i === failsAt) throw new Error('the disk is gone')
      seen.made += 1
      yield `${i > 0 ? ',' : ''}"${megabyte}"`
    }
    yield ']'
  }
  const app = new Hono<AppEnv>()
  app.onError((err, c) => c.text(err.message, 500))
  app.get('/', (c) => {
    c.set('ctx', { requestId: 'r' } as Context)
    return sendJson(c, new JsonPieces(pieces()), 200)
  })
  return { res: await app.request('/'), seen }
}

test('a list in pieces is one JSON text, whether it is sent whole or as it is made', async () => {
  for (const count of [0, 1, 3, 9]) {
    const { res } = await answerOf(count)
    expect(res.headers.get('content-type')).toBe('application/json')
    const text = await res.text()
    const length = res.headers.get('content-length')
    expect(length).toBe(count < 2 ? String(text.length) : null)
    const list: string[] = JSON.parse(text)
    expect(list).toHaveLength(count)
    expect(new Set(list).size).toBe(Math.min(count, 1))
  }
})

test('of a long list no more is made than its reader takes', async () => {
  const { res, seen } = await answerOf(50)
  expect(seen.made).toBeLessThan(10)
  const reader = res.body?.getReader()
  await reader?.read()
  await reader?.cancel()
  expect(seen.made).toBeLessThan(10)
})

test('a failure is an error while nothing is sent, and later cuts the answer off', async () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
  expect((await answerOf(50, 1)).res.status).toBe(500)
  expect(logged).not.toHaveBeenCalled()
  const { res } = await answerOf(50, 40)
  expect(res.status).toBe(200)
  await expect(res.text()).rejects.toThrow()
  expect(logged).toHaveBeenCalledOnce()
})
