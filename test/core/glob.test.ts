import fc from 'fast-check'
import { expect, test } from 'vitest'
import { matchesGlob } from '../../src/core/glob.ts'
import { matchesPlace } from '../../src/core/place.ts'
import { workMs } from '../support/work.ts'

test.each([
  ['*', '', true],
  ['', '', true],
  ['', 'a', false],
  ['fraud-*', 'fraud-', true],
  ['fraud-*', 'Fraud-x', false],
  ['*-model', 'a-model', true],
  ['a*b*c', 'a1b2c', true],
  ['a*b*c', 'acb', false],
  ['ab*ba', 'aba', false],
  ['a**c', 'abc', true],
  ['a.c', 'abc', false],
  ['[a]', 'a', false],
])("'%s' on '%s' is %s", (glob, text, matches) => {
  expect(matchesGlob(glob, text)).toBe(matches)
})

test('a glob matches what a regular expression of the same meaning matches', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 12 })
  fc.assert(
    fc.property(text, text, (glob, name) => {
      const parts = glob.split('*').map((part) => part.replace(/\W/g, '\\$&'))
      expect(matchesGlob(glob, name)).toBe(new RegExp(`^${parts.join('.*')}$`, 's').test(name))
    }),
  )
})

test('stars upon stars take no time', async () => {
  const spent = await workMs(() => matchesGlob('*a'.repeat(5000), 'a'.repeat(100_000)))
  expect(spent).toBeLessThan(500)
})

test('a place matches in any case, as a stage and an alias of one name are one place', () => {
  expect(matchesPlace('PROD*', 'production')).toBe(true)
  expect(matchesPlace('Production', 'pRODUCTION')).toBe(true)
  expect(matchesPlace('Production', 'Production2')).toBe(false)
})
