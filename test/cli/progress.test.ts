import { expect, test } from 'vitest'
import { progressText, startProgress } from '../../src/cli/progress.ts'

function terminal(isTTY: boolean, columns = 80) {
  const written: string[] = []
  const write = (text: string) => written.push(text) > 0
  return { written, output: { isTTY, columns, write } }
}

test.each([
  [{ unit: 'runs', done: 0, total: 10, elapsedMs: 0 }, `[${'-'.repeat(20)}]    0%  0/10 runs`],
  [
    { unit: 'runs', done: 500, total: 2000, elapsedMs: 10_000 },
    `[#####${'-'.repeat(15)}]   25%  500/2000 runs  50/s  30s left`,
  ],
  [
    { unit: 'files', done: 1, total: 10_000, elapsedMs: 1000 },
    `[${'-'.repeat(20)}]    0%  1/10000 files  1.0/s  2h46m left`,
  ],
  [
    { unit: 'runs', done: 9, total: 9, elapsedMs: 3000 },
    `[${'#'.repeat(20)}]  100%  9/9 runs  3.0/s`,
  ],
  [{ unit: 'runs', done: 0, total: 0, elapsedMs: 3000 }, `[${'#'.repeat(20)}]  100%  0/0 runs`],
  [{ unit: 'files', done: 30, total: undefined, elapsedMs: 2000 }, '30 files  15/s'],
])('%o reads %s', (state, text) => {
  expect(progressText(state)).toBe(text)
})

test('the line is written again, cut to the terminal, at most ten times a second, and goes away', () => {
  let nowMs = 0
  const { written, output } = terminal(true, 40)
  const bar = startProgress({ unit: 'runs', total: 1000, output, now: () => nowMs })
  for (; nowMs < 1000; nowMs++) bar.advance()
  expect(written).toHaveLength(10)
  for (const text of written) {
    expect(text.startsWith('\r[') && text.endsWith('\u001b[K')).toBe(true)
    expect(text.length).toBeLessThanOrEqual(39 + 4)
  }
  bar.stop()
  bar.stop()
  expect(written.slice(10)).toEqual(['\r\u001b[K'])
})

test('nothing is written where there is no terminal', () => {
  const { written, output } = terminal(false)
  const bar = startProgress({ unit: 'runs', total: 2, output })
  bar.advance()
  bar.stop()
  expect(written).toEqual([])
})
