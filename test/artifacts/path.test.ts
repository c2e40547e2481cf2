import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cleanFilePath, cleanPath, joinPaths } from '../../src/artifacts/path.ts'

const refused = expect.objectContaining({ code: 'INVALID_PARAMETER_VALUE' })

/** `text` percent-encoded `times` over, every byte of it. */
function encoded(text: string, times: number): string {
  let result = text
  for (let i = 0; i < times; i++) {
    result = [...new TextEncoder().encode(result)]
      .map((byte) => `%${byte.toString(16).padStart(2, '0')}`)
      .join('')
  }
  return result
}

describe('a clean path', () => {
  test.each([
    ['a/b.txt', 'a/b.txt'],
    ['a//b', 'a/b'],
    ['a/./b/', 'a/b'],
    ['', ''],
    ['.', ''],
    ['my%20f%C3%AFle.txt', 'my fïle.txt'],
    ['100%.txt', '100%.txt'],
    ['100%25.txt', '100%.txt'],
    ['a+b', 'a+b'],
    ['a%3Fb', 'a?b'],
    ['.hidden/...', '.hidden/...'],
    ['~x', '~x'],
    ['x/C:/y', 'x/C:/y'],
    ['a\\..\\b', 'a\\..\\b'],
    ['Icon%0d', 'Icon%0d'],
    ['__proto__/constructor', '__proto__/constructor'],
  ])('of %j is %j', (given, clean) => {
    expect(cleanPath(given)).toBe(clean)
  })

  test.each([
    '..',
    'a/..',
    'a/../b',
    '../x',
    '/etc/passwd',
    '\\\\host\\x',
    'C:\\x',
    'c:/x',
    'file:///etc/passwd',
    'FiLe:x',
    'a#b',
    'a\0b',
  ])('is not %j, encoded up to six times', (given) => {
    for (let times = 0; times <= 6; times++) {
      expect(() => cleanPath(encoded(given, times))).toThrow(refused)
    }
  })

  test('has at most 1,024 bytes, 255 in a segment', () => {
    expect(cleanPath('ü'.repeat(127))).toHaveLength(127)
    expect(() => cleanPath('ü'.repeat(128))).toThrow(refused)
    const deep = Array.from({ length: 5 }, () => 'x'.repeat(204)).join('/')
    expect(cleanPath(deep)).toHaveLength(1024)
    expect(() => cleanPath(`${deep}y`)).toThrow(refused)
    expect(() => joinPaths('root', deep)).toThrow(refused)
    expect(() => cleanPath('%25'.repeat(100_000))).toThrow(refused)
  })

  test('is UTF-8', () => {
    expect(() => cleanPath('%ff')).toThrow(refused)
    expect(() => cleanPath('%c0%ae%c0%ae/x')).toThrow(refused)
  })

  test('of a file names one', () => {
    for (const given of ['', '/', 'a/', 'a%2f', 'a/.', '.']) {
      expect(() => cleanFilePath(given)).toThrow(refused)
    }
  })

  test('is refused, or stays as it is when cleaned again, and never climbs', () => {
    const pieces = fc.constantFrom(
      '.',
      '..',
      '/',
      '%',
      '%2',
      '%2e',
      '%2f',
      '%25',
      'a',
      '#',
      '\\',
      '\n',
      'é',
    )
    const texts = fc.oneof(
      fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join('')),
      fc.string({ unit: 'grapheme', maxLength: 60 }),
    )
    fc.assert(
      fc.property(texts, (text) => {
        let clean: string
        try {
          clean = cleanPath(text)
        } catch (err) {
          expect(err).toEqual(refused)
          return
        }
        const segments = clean === '' ? [] : clean.split('/')
        expect(segments.some((segment) => ['', '.', '..'].includes(segment))).toBe(false)
        expect([...clean].some((char) => char < ' ' || char === '#')).toBe(false)
        expect(cleanPath(clean)).toBe(clean)
      }),
      { numRuns: 2000 },
    )
  })
})
