import { expect, test } from 'vitest'
import { checkAccountName, nameKey } from '../../../src/access/accounts/names.ts'

test.each([
  ['admin', 'Admin'],
  ['admin', 'ADMIN'],
  ['admin', 'аdmin', 'Cyrillic а'],
  ['admin', 'аԁміп', 'Cyrillic throughout'],
  ['admin', 'αdmin', 'Greek alpha'],
  ['ADMIN', 'ΑDΜΙΝ', 'Greek capitals'],
  ['admin', 'adm1n', 'a digit'],
  ['admin', 'admln', 'small L'],
  ['admin', 'admIn', 'capital I'],
  ['admin', 'ａｄｍｉｎ', 'full width'],
  ['admin', '𝐚𝐝𝐦𝐢𝐧', 'mathematical bold'],
  ['admin', 'ạdmin', 'a dot below'],
  ['admin', 'adrnin', 'r and n'],
  ['admin', 'admın', 'dotless i'],
  ['bob', 'b0b', 'zero'],
  ['bob', 'bоb', 'Cyrillic о'],
  ['HELEN', 'НЕLЕΝ', 'Cyrillic and Greek capitals'],
  ['strasse', 'straße'],
  ['josé', 'jose'],
  ['josé', 'jose\u0301', 'composed and not'],
  ['ml-ops', 'ml‐ops', 'another hyphen'],
  ['will', 'vvill', 'two v'],
])('%s and %s can be taken for each other', (one, other, _why?: string) => {
  expect(nameKey(one)).toBe(nameKey(other))
})

test.each([
  ['alice', 'alicia'],
  ['bob', 'rob'],
  ['trainer-2', 'trainer-3'],
  ['か', 'が'],
  ['ada', 'ade'],
  ['ml-ops', 'ml_ops'],
  ['a.b', 'ab'],
])('%s and %s are told apart', (one, other) => {
  expect(nameKey(one)).not.toBe(nameKey(other))
})

test.each([
  'ada',
  'ada@example.com',
  'Ada Lovelace',
  '__proto__',
  'constructor',
  'toString',
  'ädä',
  '山田',
  'x'.repeat(128),
  "o'neil",
])('%j is a name', (name) => {
  expect(() => checkAccountName(name, 'username')).not.toThrow()
})

test.each([
  ['', 'empty'],
  [' ', 'blank'],
  ['a:b', 'a colon'],
  ['service:trainer', 'a kind'],
  ['service꞉trainer', 'what looks like a colon'],
  ['a：b', 'a full-width colon'],
  ['a\nb', 'a line break'],
  ['a\0b', 'NUL'],
  ['a\u007fb', 'DEL'],
  ['a\u200bb', 'a zero-width space'],
  ['a\u202eb', 'a change of direction'],
  ['a\ufe0fb', 'a variation selector'],
  ['a\u3164b', 'an invisible letter'],
  ['a\u00a0b', 'a blank that is no blank'],
  [' ada', 'a blank ahead'],
  ['ada ', 'a blank behind'],
  ['a  b', 'two blanks'],
  ['a\ud800b', 'half a character'],
  ['x'.repeat(129), 'too long'],
  ['.', 'a path'],
  ['..', 'a path'],
  ['a/../b', 'a path'],
  ['anonymous', 'who has not signed in'],
  ['Operator', 'the command line'],
])('%j is no name: %s', (name) => {
  expect(() => checkAccountName(name, 'username')).toThrow(
    expect.objectContaining({ code: 'INVALID_PARAMETER_VALUE' }),
  )
})
