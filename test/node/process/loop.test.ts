import { expect, test, vi } from 'vitest'
import { Loop } from '../../../src/platform/node/loop.ts'

const idle = async () => undefined

test('a loop works soon after it was woken, once for many calls, and twice a second', async () => {
  vi.useFakeTimers()
  let runs = 0
  const loop = new Loop(
    [
      async () => {
        runs++
      },
    ],
    idle,
  )
  loop.wake()
  await vi.advanceTimersByTimeAsync(5000)
  expect(runs).toBe(0)
  loop.start()
  for (let i = 0; i < 10; i++) loop.wake()
  expect(runs).toBe(0)
  await vi.advanceTimersByTimeAsync(100)
  expect(runs).toBe(1)
  await vi.advanceTimersByTimeAsync(3000)
  expect(runs).toBe(7)
  await loop.stop(1000)
  expect(runs).toBe(8)
  loop.wake()
  await vi.advanceTimersByTimeAsync(5000)
  expect(runs).toBe(8)
  vi.useRealTimers()
})

test('a stop waits for work under way and for the last run, and not longer than it was told', async () => {
  vi.useFakeTimers()
  const ends: (() => void)[] = []
  const loop = new Loop([() => new Promise((end) => ends.push(end))], idle)
  loop.start()
  await vi.advanceTimersByTimeAsync(500)
  let stopped = false
  const stop = loop.stop(10_000).then(() => {
    stopped = true
  })
  ends[0]?.()
  await vi.advanceTimersByTimeAsync(10)
  expect([ends.length, stopped]).toEqual([2, false])
  ends[1]?.()
  await stop

  const stuck = new Loop([() => new Promise(() => undefined)], idle)
  stuck.start()
  const late = stuck.stop(500)
  await vi.advanceTimersByTimeAsync(500)
  await late
  vi.useRealTimers()
})

test('no job of a loop waits for another, and a stop waits for all of them', async () => {
  vi.useFakeTimers()
  let runs = 0
  const stuck = () => new Promise<void>(() => undefined)
  const broken = () => Promise.reject(new Error('this job fails'))
  const sound = async () => {
    runs++
  }
  vi.spyOn(console, 'error').mockReturnValue()
  const loop = new Loop([stuck, broken, sound], idle)
  loop.start()
  await vi.advanceTimersByTimeAsync(2000)
  expect(runs).toBe(4)
  const stop = loop.stop(500)
  await vi.advanceTimersByTimeAsync(500)
  await stop
  vi.useRealTimers()
})
