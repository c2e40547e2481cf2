import { expect, test } from 'vitest'
import { fromBase64, fromBase64UrlBytes, toBase64, toBase64UrlBytes } from '../../src/core/bytes.ts'

test('bytes of every length and value come back from both alphabets', () => {
  for (let length = 0; length < 300; length += 1) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 89 + length) % 256)
    expect(fromBase64(toBase64(bytes))).toEqual(bytes)
    expect(fromBase64(toBase64UrlBytes(bytes))).toEqual(bytes)
    expect(fromBase64UrlBytes(toBase64UrlBytes(bytes))).toEqual(bytes)
  }
})

test.each([
  ['a character too many', 'abcde', undefined],
  ['one character', 'a', undefined],
  ['a blank', 'ab c', undefined],
  ['a line end', 'abcd\n', undefined],
  ['a sign in the middle', 'ab=c', undefined],
  ['a letter beyond ASCII', 'abcé', undefined],
  ['a character beyond it all', 'ab\u{1f600}', undefined],
  ['nothing', '', []],
  ['padding alone', '==', []],
  ['more padding than there need be', 'AQ=====', [1]],
  ['bits that are left over', 'AR', [1]],
])('base64 with %s', (_what, text, bytes) => {
  const expected = bytes && new Uint8Array(bytes)
  expect(fromBase64(text)).toEqual(expected)
  expect(fromBase64UrlBytes(text)).toEqual(expected)
})

test('what is for URLs has no plus and no slash', () => {
  expect(fromBase64UrlBytes('-_-_')).toEqual(fromBase64('+/+/'))
  expect(fromBase64UrlBytes('+/+/')).toBeUndefined()
})
