import { expect, test } from 'vitest'
import { chooseVariant } from '../../src/router/split.ts'

const of = (champion: number, challenger: number) => [
  { name: 'champion', weight: champion },
  { name: 'challenger', weight: challenger },
]
const keys = Array.from({ length: 20_000 }, (_, i) => `user-${i}`)
const never = () => {
  throw new Error('a key needs no chance')
}

test.each([
  [90, 10],
  [50, 50],
  [1, 0],
  [0, 3],
  [99.5, 0.5],
])(
  'of 20,000 requests each variant gets its weight within 1%%: %d and %d',
  (champion, challenger) => {
    const share = challenger / (champion + challenger)
    const variants = of(champion, challenger)
    const bySticky = keys.filter(
      (key) => chooseVariant(variants, key, never)?.name === 'challenger',
    )
    expect(Math.abs(bySticky.length / keys.length - share)).toBeLessThan(0.01)
    // Every place between 0 and 1 once.
    const byChance = keys.filter(
      (_, i) => chooseVariant(variants, undefined, () => i / keys.length)?.name === 'challenger',
    )
    expect(Math.abs(byChance.length / keys.length - share)).toBeLessThan(0.01)
  },
)

test('from 10% to 20% moves only that tenth, and only to the variant that grew', () => {
  const at = (challenger: number) =>
    keys.map((key) => chooseVariant(of(100 - challenger, challenger), key, never)?.name)
  const [before, after] = [at(10), at(20)]
  const moved = keys.flatMap((_, i) => (before[i] === after[i] ? [] : [after[i]]))
  expect(new Set(moved)).toEqual(new Set(['challenger']))
  expect(Math.abs(moved.length / keys.length - 0.1)).toBeLessThan(0.01)
})

test('a variant that is gone leaves its keys to the others, whose own stay', () => {
  const three = [...of(45, 45), { name: 'third', weight: 10 }]
  for (const key of keys) {
    const before = chooseVariant(three, key, never)?.name
    const after = chooseVariant(of(45, 45), key, never)?.name
    if (before !== 'third') expect(after).toBe(before)
  }
})

test('no weight is no choice', () => {
  for (const key of ['k', undefined]) {
    expect(chooseVariant(of(0, 0), key, () => 0.5)).toBeUndefined()
    expect(chooseVariant([], key, () => 0.5)).toBeUndefined()
  }
})
