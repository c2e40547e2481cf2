import { expect, test } from 'vitest'
import { wantIn } from '../../src/ui/islands/choose/filter-wants.ts'

test.each([
  ['', 'key', '', ''],
  ['met', 'key', 'met', ''],
  ['metrics.acc', 'key', 'metrics.acc', ''],
  ['metrics.`val lo', 'key', 'metrics.`val lo', ''],
  ['metrics.`val loss` ', 'operator', '', 'metrics.`val loss`'],
  ['params.model li', 'operator', 'li', 'params.model'],
  ['params.model is no', 'operator', 'is no', 'params.model'],
  ['params.model IS NOT NULL ', 'join', '', 'params.model'],
  ['params.model = ', 'value', '', 'params.model'],
  ['params.model=', 'value', '', 'params.model'],
  ["params.model = 'r", 'value', "'r", 'params.model'],
  ['params.model = r', 'value', 'r', 'params.model'],
  ["run_id IN ('a', '", 'value', "'", 'run_id'],
  ["run_id NOT IN ('a') ", 'join', '', 'run_id'],
  ["params.a = 'x' an", 'join', 'an', 'params.a'],
  ["params.a = 'x' AND ", 'key', '', ''],
  ["params.a = 'x' AND metrics.b > 1 AND tags.", 'key', 'tags.', ''],
  ["params.a = 'it AND metrics.b", 'value', "'it AND metrics.b", 'params.a'],
  ['= = =', 'join', '', '='],
  ['((((', 'value', '', '('],
])('behind %j belongs a %s, of which %j is there', (text, what, typed, key) => {
  expect(wantIn(text)).toMatchObject({ what, typed, key, from: text.length - typed.length })
})
