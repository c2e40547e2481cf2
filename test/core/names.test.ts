import { expect, test } from 'vitest'
import { cutText } from '../../src/core/error.ts'
import { maskCredentials } from '../../src/core/mask.ts'
import { checkKey, checkLength, isPlainPath, nearestOf, truncate } from '../../src/core/names.ts'

test.each(['a', 'A_b-c.d:e/f g', 'ключ', 'k'.repeat(250), 'a/b'])("'%.20s' may be a key", (key) => {
  expect(() => checkKey(key, 'key')).not.toThrow()
})

test.each(['', 'a//b', '../a', '/a', 'a/', './a', 'a\n', 'a,b', 'k'.repeat(251)])(
  "'%.20s' may be no key, and the message names the field",
  (key) => {
    expect(() => checkKey(key, 'metric_key')).toThrow(/metric_key/)
  },
)

test('characters count as Unicode has them, not as half of a pair', () => {
  const foxes = '🦊'.repeat(10)
  expect(() => checkLength(foxes, 10, 'name')).not.toThrow()
  expect(() => checkLength(foxes, 9, 'name')).toThrow(/maximum length of 9/)
  expect(truncate(foxes, 3)).toBe('🦊🦊🦊')
  expect(cutText('a🦊b', 2).isWellFormed()).toBe(true)
})

test.each([
  ['a/b', true],
  ['a/./b', false],
  ['a/../b', false],
  ['', false],
  ['...', true],
])("'%s' as a path in its shortest form: %s", (path, isPlain) => {
  expect(isPlainPath(path)).toBe(isPlain)
})

test('the nearest name is one that a few letters make', () => {
  const names = ['ml-approvers', 'data-science', 'risk']
  expect(nearestOf('ml-aprovers', names)).toBe('ml-approvers')
  expect(nearestOf('RISK', names)).toBe('risk')
  expect(nearestOf('operations', names)).toBeUndefined()
})

test.each([
  ['--index-url https://bob:s3cret@pypi.example/simple', 's3cret'],
  ['pkg @ git+https://ghp_abc@host/x.git', 'ghp_abc'],
  ['https://host/a?x=1&api_token=s3cret&y=2', 's3cret'],
])("credentials in '%s' are masked, and the rest stays", (line, secret) => {
  const masked = maskCredentials(line)
  expect(masked).not.toContain(secret)
  expect(masked).toContain('***')
  expect(maskCredentials('git+ssh://git@host/x.git numpy==1.2')).toBe(
    'git+ssh://git@host/x.git numpy==1.2',
  )
})
