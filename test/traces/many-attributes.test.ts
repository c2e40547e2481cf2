import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { expect, test } from 'vitest'
import { otlpOf, traceServer } from '../support/trace-server.ts'

const named = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${i}`, 'v']))

/** One span, with so many attributes, in protobuf. */
function protobufOf(count: number): Uint8Array {
  const within = (field: number, bytes: Uint8Array) =>
    new BinaryWriter().tag(field, 2).bytes(bytes).finish()
  const span = new BinaryWriter()
  span.tag(1, 2).bytes(new Uint8Array(16).fill(1))
  span.tag(2, 2).bytes(new Uint8Array(8).fill(2))
  for (let i = 0; i < count; i++) span.tag(9, 2).bytes(within(1, new TextEncoder().encode(`n${i}`)))
  return within(1, within(2, within(2, span.finish())))
}

test('a span has at most 10,000 attributes with its events, links and maps, in JSON and in protobuf', async () => {
  const { sendOtlp, get, traceCount } = await world()
  const event = (count: number) => ({ name: 'e', ...pairs(count) })
  const map = { kvlistValue: { values: pairs(10_000).attributes } }
  const tooMany = [
    otlpOf([{ id: 1, attributes: named(10_001) }]),
    otlpOf([{ id: 1, attributes: named(5000), events: [event(4999), event(1)] }]),
    otlpOf([{ id: 1, links: [event(10_000)] }]),
    otlpOf([{ id: 1 }, { id: 2, attributes: named(10_001) }]),
  ]
  for (const body of tooMany) {
    const { status, text } = await sendOtlp(body)
    expect([status, text]).toEqual([400, expect.stringContaining('more than 10000 attributes')])
  }
  const deep = otlpOf([{ id: 1 }])
  deep.resourceSpans[0].scopeSpans[0].spans[0].attributes = [{ key: 'm', value: map }]
  expect((await sendOtlp(deep)).status).toBe(400)
  const protobuf = { 'content-type': 'application/x-protobuf' }
  expect((await sendOtlp(protobufOf(10_001), protobuf)).status).toBe(400)
  expect(await traceCount()).toBe(0)
  expect((await sendOtlp(otlpOf([{ id: 1, attributes: named(10_000) }]))).status).toBe(200)
  expect((await sendOtlp(protobufOf(10_000), protobuf)).status).toBe(200)
  const { json } = await get(`get?trace_id=tr-${'01'.repeat(16)}`)
  expect(json.trace.spans[0].attributes.length).toBeGreaterThanOrEqual(10_000)
})

test('what senders say of themselves is told to each trace, as far as it stays in bounds', async () => {
  const { sendOtlp, read, traceCount } = await world()
  const spans = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ trace: i + 1, id: i + 1 }))
  const { status, text } = await sendOtlp(otlpOf(spans(2000), named(1000)))
  expect([status, text]).toEqual([
    400,
    expect.stringContaining('more than 20000000 characters of tags; send fewer traces at once'),
  ])
  const ofResource = await sendOtlp(otlpOf(spans(1), named(10_001)))
  expect([ofResource.status, ofResource.text]).toEqual([
    400,
    expect.stringContaining('more than 10000 attributes'),
  ])
  expect(await traceCount()).toBe(0)
  const taken = await sendOtlp(otlpOf([...spans(3), { id: 9 }], named(1000)))
  expect(taken.status).toBe(200)
  for (const trace of [1, 2, 3]) {
    expect((await read(trace)).trace_info.tags).toMatchObject(named(1000))
  }
})

test('what a trace has and what comes are one, also where both have many names', async () => {
  const { sendOtlp, info, read } = await world()
  const first = { ...named(3000), shared: 'first' }
  await info({ tags: first })
  expect((await sendOtlp(otlpOf([{ id: 1 }], { other: 'sent', shared: 'second' }))).status).toBe(
    200,
  )
  await info({ tags: { late: 'told', other: 'told' } })
  const { tags } = (await read()).trace_info
  expect(tags).toMatchObject({ ...first, shared: 'second', late: 'told', other: 'told' })
})

function pairs(count: number) {
  const attributes = Array.from({ length: count }, (_, i) => ({
    key: `n${i}`,
    value: { stringValue: 'v' },
  }))
  return { attributes }
}

async function world() {
  const made = await traceServer()
  const traceCount = async () => {
    const { json } = await made.post3('traces/search', {
      locations: [{ mlflow_experiment: { experiment_id: made.experiment } }],
    })
    return json.traces?.length ?? 0
  }
  return { ...made, traceCount }
}
