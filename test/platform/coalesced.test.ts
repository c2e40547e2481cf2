import { expect, test, vi } from 'vitest'
import { coalesced } from '../../src/platform/coalesced.ts'

/** Work that ends when it is told to, and counts how often it began. */
function slowWork() {
  const ends: (() => void)[] = []
  const work = () => new Promise<void>((end) => ends.push(end))
  return { work, begun: () => ends.length, end: (i: number) => ends[i]?.() }
}

test('work that is asked for while it runs runs once more, however often it was asked', async () => {
  const { work, begun, end } = slowWork()
  const ask = coalesced(work, Date.now)
  const first = ask()
  const others = [ask(), ask(), ask()]
  expect(begun()).toBe(1)
  end(0)
  await first
  await vi.waitFor(() => expect(begun()).toBe(2))
  const another = ask()
  end(1)
  await Promise.all(others)
  await vi.waitFor(() => expect(begun()).toBe(3))
  end(2)
  await another
  expect(begun()).toBe(3)
})

test('a failure is logged, ends nothing, and is not logged again for a minute while it goes on', async () => {
  let now = 1_790_000_000_000
  let error: Error | undefined = new Error('away')
  const ask = coalesced(
    async () => {
      if (error) throw error
    },
    () => now,
  )
  const log = vi.spyOn(console, 'error').mockReturnValue()
  const logged = () => log.mock.calls.length
  await ask()
  await ask()
  expect(logged()).toBe(1)
  expect(JSON.parse(log.mock.calls[0]?.[0])).toMatchObject({
    level: 'error',
    event: 'background work failed',
    error: expect.stringContaining('Error: away'),
  })
  now += 61_000
  await ask()
  expect(logged()).toBe(2)
  error = new Error('another')
  await ask()
  expect(logged()).toBe(3)
  error = undefined
  await ask()
  error = new Error('another')
  await ask()
  expect(logged()).toBe(4)
  log.mockRestore()
})
