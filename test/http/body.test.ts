import { expect, test } from 'vitest'
import { parseWholeJson } from '../../src/http/body.ts'

test.each(['{"__proto__": "x"}', String.raw`{"tags": [{"\u005f_prot\u006F__": {}}]}`])(
  '%s is refused, since copies of it would lose that name without a word',
  (text) => {
    expect(() => parseWholeJson(text)).toThrow("No name may be '__proto__'")
  },
)

test.each(['{"a": "__proto__"}', '{"proto__": "x"}', '{"constructor": "x"}'])(
  '%s is read as it is',
  (text) => {
    expect(JSON.stringify(parseWholeJson(text))).toBe(text.replace(': ', ':'))
  },
)
