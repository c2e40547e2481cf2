import { expect, test } from 'vitest'
import { collectGarbage, IdleCollector } from '../../src/platform/node/heap/idle-collector.ts'

const megabytes = (count: number) => count * 1024 * 1024

/** A process whose figures are set by hand; a collection leaves 30 MB. */
function processAt() {
  const now = { cpuMs: 0, bytes: megabytes(60) }
  const collected: number[] = []
  const collector = new IdleCollector({
    look: () => ({ ...now }),
    collect: () => {
      collected.push(now.bytes)
      now.bytes = megabytes(30)
      now.cpuMs += 50
    },
  })
  const look = (cpuMs: number, bytes = now.bytes) => {
    now.cpuMs += cpuMs
    now.bytes = bytes
    collector.lookOnce()
    return collected.length
  }
  return look
}

test('garbage is collected once the process did nothing between two looks, and not while it works', () => {
  const look = processAt()
  expect(look(500)).toBe(0)
  expect(look(500)).toBe(0)
  expect(look(5)).toBe(1)
})

test('it is collected again only after the process grew', () => {
  const look = processAt()
  look(500)
  expect(look(5)).toBe(1)
  expect(look(5)).toBe(1)
  expect(look(5, megabytes(34))).toBe(1)
  expect(look(1500, megabytes(200))).toBe(1)
  expect(look(5)).toBe(2)
  expect(look(5)).toBe(2)
})

test('a collection gives back the memory of buffers that nobody holds', () => {
  const kept = [Buffer.alloc(megabytes(64))]
  const before = process.memoryUsage().arrayBuffers
  kept.pop()
  collectGarbage()
  expect(process.memoryUsage().arrayBuffers).toBeLessThan(before - megabytes(60))
})

test('a collection gives the pages of a heap that was large back to the machine', () => {
  const kept = [Array.from({ length: 2_000_000 }, (_, i) => ({ i, text: `of ${i}` }))]
  const large = process.memoryUsage().rss
  kept.pop()
  collectGarbage()
  expect(process.memoryUsage().rss).toBeLessThan(large - megabytes(80))
})
