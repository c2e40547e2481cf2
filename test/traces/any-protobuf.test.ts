import { BinaryWriter } from '@bufbuild/protobuf/wire'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { traceServer } from '../support/trace-server.ts'

/** A message of length-delimited fields, by number. */
function messageOf(...fields: readonly (readonly [number, Uint8Array])[]): Uint8Array {
  return fields
    .reduce((writer, [field, bytes]) => writer.tag(field, 2).bytes(bytes), new BinaryWriter())
    .finish()
}

const text = (value: string) => new TextEncoder().encode(value)
const attribute = (key: string, value: Uint8Array) => messageOf([1, text(key)], [2, value])
const string = (value: string) => messageOf([1, text(value)])
const double = (value: number) => new BinaryWriter().tag(4, 1).double(value).finish()

/** One span with times, attributes of several types, an event and a status. */
function spansRequest(): Uint8Array {
  const span = new BinaryWriter()
    .tag(1, 2)
    .bytes(new Uint8Array(16).fill(1))
    .tag(2, 2)
    .bytes(new Uint8Array(8).fill(2))
    .tag(5, 2)
    .string('answer')
    .tag(7, 1)
    .fixed64('1767225600000000000')
    .tag(8, 1)
    .fixed64('1767225601000000000')
    .tag(9, 2)
    .bytes(attribute('__proto__', string('a name of a caller')))
    .tag(9, 2)
    .bytes(attribute('score', double(Number.NaN)))
    .tag(9, 2)
    .bytes(attribute('documents', messageOf([5, messageOf([1, string('one')])])))
    .tag(11, 2)
    .bytes(messageOf([2, text('retried')]))
    .tag(15, 2)
    .bytes(new BinaryWriter().tag(3, 0).int32(2).finish())
    .finish()
  const resource = messageOf([1, attribute('service.name', string('agent'))])
  return messageOf([1, messageOf([1, resource], [2, messageOf([2, span])])])
}

test('a request of more fields than any sender writes is refused', async () => {
  const { sendOtlp } = await traceServer()
  // Items of a list without anything: two bytes each.
  const items = new Uint8Array(2_000_002).map((_, i) => (i % 2 === 0 ? 0x0a : 0))
  const span = messageOf([9, attribute('list', messageOf([5, items]))])
  const answer = await sendOtlp(messageOf([1, messageOf([2, messageOf([2, span])])]), headers)
  expect(answer.status).toBe(400)
  expect(answer.text).toContain('more than 1000000 fields')
})

test('what comes in thousands without anything in it is refused before it is read', async () => {
  const { sendOtlp } = await traceServer()
  const empty = (field: number, count: number) =>
    new Uint8Array(2 * count).map((_, i) => (i % 2 === 0 ? field * 8 + 2 : 0))
  const ofSpan = (span: Uint8Array) => messageOf([1, messageOf([2, messageOf([2, span])])])
  const ofResource = (resource: Uint8Array) => messageOf([1, messageOf([1, resource])])
  const tooMany = 'more than 10000 attributes'
  for (const [body, why] of [
    [ofSpan(empty(9, 10_001)), tooMany],
    [ofSpan(empty(11, 10_001)), tooMany],
    [ofSpan(empty(13, 10_001)), tooMany],
    [ofResource(empty(1, 10_001)), tooMany],
    [empty(1, 10_001), 'more than 10000 resources'],
  ] as const) {
    const { status, text } = await sendOtlp(body, headers)
    expect([status, text]).toEqual([400, expect.stringContaining(why)])
  }
})

test('a message that reaches beyond the one around it is refused', async () => {
  const { sendOtlp } = await traceServer()
  const whole = spansRequest()
  // The scope with its spans is said to end within the span.
  const group = whole.indexOf(0x12, 3)
  const odd = whole.with(group + 2, (whole[group + 2] ?? 0) - 1)
  expect((await sendOtlp(odd, headers)).status).toBe(400)
})

test('a field that is written in another way than it is known is skipped', async () => {
  const { sendOtlp, get } = await traceServer()
  const request = (field: number, type: 0 | 1 | 5) => {
    const odd = new BinaryWriter().tag(field, type)
    if (type === 0) odd.uint64(7n)
    else if (type === 1) odd.fixed64(7n)
    else odd.fixed32(7)
    const span = new BinaryWriter()
      .raw(odd.finish())
      .tag(1, 2)
      .bytes(new Uint8Array(16).fill(1))
      .tag(2, 2)
      .bytes(new Uint8Array(8).fill(2))
      .tag(5, 2)
      .string('answer')
      .finish()
    return messageOf([1, messageOf([2, messageOf([2, span])])])
  }
  for (const field of [1, 2, 4, 5, 7, 8, 9, 11, 13, 15]) {
    for (const type of [0, 1, 5] as const) {
      if (type === 1 && (field === 7 || field === 8)) continue
      const { status } = await sendOtlp(request(field, type), headers)
      expect(status, `field ${field} as ${type}`).toBe(200)
    }
  }
  const { json } = await get(`get?trace_id=tr-${'01'.repeat(16)}`)
  expect(json.trace.spans).toMatchObject([{ name: 'answer' }])
})

const headers = { 'content-type': 'application/x-protobuf' }

test('a request of spans that is cut anywhere, or has any bytes changed, is taken or refused', async () => {
  const { sendOtlp } = await traceServer()
  const whole = spansRequest()
  expect((await sendOtlp(whole, headers)).status).toBe(200)
  const place = fc.nat(whole.length - 1)
  const changed = fc
    .array(fc.tuple(place, fc.nat(255)), { minLength: 1, maxLength: 4 })
    .map((changes) => whole.map((byte, at) => changes.find(([i]) => i === at)?.[1] ?? byte))
  const cut = place.map((length) => whole.slice(0, length))
  await fc.assert(
    fc.asyncProperty(fc.oneof(changed, cut), async (bytes) => {
      expect([200, 400, 422]).toContain((await sendOtlp(bytes, headers)).status)
    }),
    { numRuns: 200 },
  )
})
