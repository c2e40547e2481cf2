import { expect, test } from 'vitest'
import { movedKeysFrom } from '../../src/router/moved-keys.ts'
import { chooseVariant } from '../../src/router/split.ts'

const split = (weights: readonly number[]) =>
  weights.map((weight, i) => ({ name: 'abcd'[i] ?? '', weight }))
const keys = Array.from({ length: 20_000 }, (_, i) => `user-${i}`)

test.each([
  ['a tenth more', [90, 10], [80, 20], { 'a b': 0.1 }],
  ['one is taken out', [90, 10], [100, 0], { 'b a': 0.1 }],
  ['one comes in', [1, 0], [70, 30], { 'a b': 0.3 }],
  ['other numbers of the same split', [9, 1], [90, 10], {}],
  ['three, of which one stays', [50, 30, 20], [20, 30, 50], undefined],
  ['three, of which one ends', [50, 0, 50], [0, 25, 75], undefined],
  ['four', [40, 30, 20, 10], [10, 20, 30, 40], undefined],
])('%s: the parts of keys that move are those that the router moves', (_, was, is, exactly) => {
  const [before, after] = [split(was), split(is)]
  const found = Object.fromEntries(
    movedKeysFrom(before, after).map(({ from, to, part }) => [`${from} ${to}`, part]),
  )
  if (exactly) {
    expect(Object.keys(found)).toEqual(Object.keys(exactly))
    for (const [move, part] of Object.entries(exactly)) expect(found[move]).toBeCloseTo(part, 10)
  }
  const routed: Record<string, number> = {}
  for (const key of keys) {
    const at = (variants: typeof before) => chooseVariant(variants, key, () => 0)?.name
    const move = `${at(before)} ${at(after)}`
    if (at(before) !== at(after)) routed[move] = (routed[move] ?? 0) + 1 / keys.length
  }
  for (const move of new Set([...Object.keys(found), ...Object.keys(routed)])) {
    expect(Math.abs((found[move] ?? 0) - (routed[move] ?? 0)), move).toBeLessThan(0.01)
  }
})
