import { expect, test } from 'vitest'
import { measureJson } from '../../src/core/measure-json.ts'

test.each([
  ['{"a": [1, 2, {"b": "x"}]}', 3, 5],
  ['["[[[,,,", 1]', 1, 2],
  [String.raw`["a \" [[ , ", 1]`, 1, 2],
  [String.raw`["a \\", [1]]`, 2, 3],
  [String.raw`["a \\\" [[", 1]`, 1, 2],
  [String.raw`["\\\\", "\"", [","]]`, 2, 4],
  ['["no end [[[', 1, 1],
  [String.raw`["no end \"`, 1, 1],
  ['"', 0, 0],
  ['', 0, 0],
])('%s has %i levels and %i marks: what stands in strings is none', (text, depth, marks) => {
  expect(measureJson(text)).toMatchObject({ depth, marks })
})

test('a string of nothing but escapes is measured in one go', () => {
  const text = `["${'\\\\'.repeat(1_000_000)}", "${'\\"'.repeat(1_000_000)}"]`
  expect(measureJson(text)).toMatchObject({ depth: 1, marks: 2 })
})
