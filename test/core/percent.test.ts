import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodePercent } from '../../src/core/percent.ts'

test.each([
  ['a%2fb', 'a/b'],
  ['%252e%252e', '..'],
  ['%25252525', '%'],
  ['%2', '%2'],
  ['%zz', '%zz'],
  ['%e2%82%ac', '€'],
  ['%ff%2e%2e', '%ff..'],
  ['%2%65', '.'],
])("'%s' is decoded to '%s'", (text, decoded) => {
  expect(decodePercent(text)).toBe(decoded)
})

test('what was decoded is decoded no further, however it was spelled', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('%', '2', 'e', '5', 'f', '/') }), (text) => {
      const decoded = decodePercent(text)
      expect(decodePercent(decoded)).toBe(decoded)
    }),
  )
})

test('the caller may refuse escapes that are no UTF-8', () => {
  const refuse = (escapes: string) => {
    throw new RangeError(escapes)
  }
  expect(() => decodePercent('a%ffb', refuse)).toThrow('%ff')
})
