import { jsx } from 'hono/jsx'
import { expect, test } from 'vitest'
import { StatusChip } from '../../src/ui/parts/chips.tsx'
import { Table } from '../../src/ui/parts/table.tsx'

const evil = '"><img src=x>\u202e'

test('a table says what it is about as it was written, with what cannot be seen spelled out', () => {
  const html = String(jsx(Table, { caption: `Gates of ${evil}`, columns: ['Gate'] }))
  expect(html).not.toContain('\u202e')
  expect(html).not.toContain('<img')
  expect(html.match(/\\u\{202e\}/g)).toHaveLength(2)
})

test.each(['constructor', '__proto__', 'toString', evil])(
  'a status that nobody knows, %j, is a word like others',
  (status) => {
    const html = String(jsx(StatusChip, { status }))
    expect(html).toMatch(/^<span class="chip"><svg/)
    expect(html).not.toMatch(/undefined|function|\u202e|<img/)
  },
)
