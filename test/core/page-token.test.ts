import { expect, test } from 'vitest'
import { decodePageToken, encodePageToken, fingerprintOf } from '../../src/core/page-token.ts'

const query = ['runs', 'default', 'metrics.acc > 0.9', ['start_time desc']]

test('a token gives back the key of the last item', () => {
  for (const key of [[1], ['ü\u0000', null, -0.5], []]) {
    expect(decodePageToken(query, encodePageToken(query, key))).toEqual(key)
  }
})

test('no token, and an empty one, ask for the first page', () => {
  expect(decodePageToken(query, undefined)).toBeUndefined()
  expect(decodePageToken(query, '')).toBeUndefined()
})

test('a token of another filter or order is refused and says so', () => {
  const token = encodePageToken(query, [7])
  for (const other of [['runs'], [...query, 'more'], ['runs', 'default', '', []]]) {
    expect(() => decodePageToken(other, token)).toThrow(/another filter or order/)
  }
})

test.each(['x', '%', 'bnVsbA', 'W10', 'W3t9XQ', 'eyJhIjoxfQ', 'WzEsdHJ1ZV0', 'A'.repeat(100_000)])(
  "'%.20s' is no token of ours",
  (token) => {
    expect(() => decodePageToken(query, token)).toThrow(/^Invalid page token/)
  },
)

test('a forged token with a number that is none is refused: no statement takes it', () => {
  const text = `[${fingerprintOf(query)},1e999]`
  expect(() => decodePageToken(query, btoa(text).replaceAll('=', ''))).toThrow(
    /^Invalid page token/,
  )
})
