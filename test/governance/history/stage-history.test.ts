import { expect, test } from 'vitest'
import { versionsBackwards, versionsBefore } from '../../../src/governance/history/stage-history.ts'

/** `1 2 <1` in the order of time: 1 came, 2 came, 1 came back by a rollback. */
function entries(text: string) {
  const inOrder = text.split(' ').filter((word) => word !== '')
  return inOrder
    .map((word) => ({ version: Number(word.replace('<', '')), isRollback: word.startsWith('<') }))
    .reverse()
}

test.each([
  ['', []],
  ['1', [1]],
  ['1 2 3', [3, 2, 1]],
  ['1 2 1', [1, 2, 1]],
  ['1 2 3 <2', [2, 1]],
  ['1 2 3 <2 <1', [1]],
  ['1 2 3 <1', [1]],
  ['1 2 3 <2 4', [4, 2, 1]],
  ['1 2 3 <2 4 <2', [2, 1]],
  ['1 2 3 <1 4 <3', [3, 2, 1]],
  ['1 2 <1 2 <1', [1]],
  ['<3', [3]],
])('after %j the stage was held, from now on back, by %j', (text, expected) => {
  expect(versionsBackwards(entries(text))).toEqual(expected)
})

test.each([
  ['1 2 3', [3], [2, 1]],
  ['1 2', [1, 2], [1]],
  ['1 2', [1], []],
  ['1 2', [], [2, 1]],
  ['1 2 1', [1], [2]],
  ['1 2 3 <2', [2], [1]],
  ['1', [7], [1]],
])('after %j, with %j in the stage, a rollback goes to one of %j', (text, holders, expected) => {
  expect(versionsBefore(entries(text), holders)).toEqual(expected)
})
