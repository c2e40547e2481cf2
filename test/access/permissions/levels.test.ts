import { expect, test } from 'vitest'
import { foldLevels, type Level } from '../../../src/access/permissions/levels.ts'
import { matchesGlob } from '../../../src/core/glob.ts'
import { workMs } from '../../support/work.ts'

test.each<[Level[], Level, Level | undefined]>([
  [[], 'READ', undefined],
  [['READ'], 'READ', 'READ'],
  [['READ', 'EDIT', 'USE'], 'READ', 'EDIT'],
  [['READ'], 'EDIT', 'EDIT'],
  [['MANAGE', 'DENY'], 'MANAGE', 'DENY'],
  [['NO_PERMISSIONS'], 'READ', 'NO_PERMISSIONS'],
  [['NO_PERMISSIONS', 'READ'], 'NO_PERMISSIONS', 'READ'],
  [['NO_PERMISSIONS', 'READ'], 'EDIT', 'EDIT'],
])('%j with the default %s comes to %s', (granted, fallback, expected) => {
  expect(foldLevels(granted, fallback)).toBe(expected)
})

test.each([
  ['*', '', true],
  ['*', 'anything', true],
  ['fraud-*', 'fraud-', true],
  ['fraud-*', 'fraud-detector', true],
  ['fraud-*', 'a-fraud-detector', false],
  ['*-prod', 'fraud-prod', true],
  ['a*a', 'a', false],
  ['a*a', 'aa', true],
  ['a*b*c', 'a-b-b-c', true],
  ['a*b*c', 'a-c-b', false],
  ['a*bc*c', 'abc', false],
  ['fraud', 'fraud', true],
  ['fraud', 'frau', false],
  ['fraud?', 'frauds', false],
  ['[f]raud', 'fraud', false],
  ['Fraud', 'fraud', false],
  ['', '', true],
])('the glob %j matches %j: %s', (glob, text, expected) => {
  expect(matchesGlob(glob, text)).toBe(expected)
})

test('a glob of many stars takes no time on a long text', async () => {
  const took = await workMs(() =>
    expect(matchesGlob(`${'*a'.repeat(250)}b`, 'a'.repeat(100_000))).toBe(false),
  )
  expect(took).toBeLessThan(1000)
})
