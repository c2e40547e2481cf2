import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { toBase64UrlBytes } from '../../src/core/bytes.ts'
import { collectGarbage } from '../../src/registry/collect-garbage.ts'
import { packLines } from '../../src/traces/spans/payload.ts'
import { Clock } from '../support/clock.ts'
import { otlpOf, traceId, traceServer } from '../support/trace-server.ts'

const root = { id: 1, name: 'root', status: 1 }
const child = { id: 2, parent: 1, name: 'child' }

describe('spans and the info of a trace', () => {
  const spans = {
    async send(s: Server) {
      await s.log([root, child])
    },
  }
  const info = {
    async send(s: Server) {
      const { status } = await s.info({ tags: { a: '1' }, trace_metadata: { m: '2' } })
      expect(status).toBe(200)
    },
  }
  type Server = Awaited<ReturnType<typeof traceServer>>

  test.each([
    ['spans first', [spans, info]],
    ['the info first', [info, spans]],
    ['everything twice', [spans, info, spans, info]],
  ])('are whole, once, with %s', async (_, steps) => {
    const s = await traceServer()
    for (const { send } of steps) await send(s)
    const trace = await s.read()
    expect(trace.spans.map(({ name }: { name: string }) => name)).toEqual(['root', 'child'])
    expect(trace.trace_info).toMatchObject({
      state: 'OK',
      execution_duration: '1s',
      trace_metadata: { m: '2', 'mlflow.trace.infoFinalized': 'true' },
      tags: { a: '1', 'mlflow.traceName': 'root', 'mlflow.trace.spansLocation': 'TRACKING_STORE' },
    })
  })

  test('at once are whole, however they cross', async () => {
    const s = await traceServer()
    await Promise.all([
      s.info(),
      ...Array.from({ length: 8 }, (_, i) =>
        s.log([{ id: i + 1, ...(i > 0 ? { parent: 1 } : {}) }]),
      ),
    ])
    expect((await s.read()).spans).toHaveLength(8)
  })

  test('a batch that is cut across traces fills each of them', async () => {
    const s = await traceServer()
    await s.log([root, { ...root, trace: 2 }])
    await s.log([child, { ...child, trace: 2 }, { id: 1, trace: 3 }])
    for (const [trace, count] of [
      [1, 2],
      [2, 2],
      [3, 1],
    ]) {
      expect((await s.read(trace)).spans).toHaveLength(count ?? 0)
    }
  })
})

describe('the info', () => {
  test('names the place of the spans only when some have arrived', async () => {
    const s = await traceServer()
    const { json } = await s.info({ tags: { 'mlflow.trace.spansLocation': 'TRACKING_STORE' } })
    expect(Object.keys(json.trace.trace_info.tags)).toEqual(['mlflow.artifactLocation'])
    expect((await s.get(`get?trace_id=${traceId()}`)).status).toBe(404)
    await s.log([root])
    const { tags } = (await s.read()).trace_info
    expect(tags['mlflow.trace.spansLocation']).toBe('TRACKING_STORE')
  })

  test('says the last word on time, state, name and previews', async () => {
    const s = await traceServer()
    await s.info({ request_preview: 'mine', tags: { 'mlflow.traceName': 'named' } })
    const inputs = { 'mlflow.spanInputs': 'theirs', 'mlflow.spanOutputs': 'said' }
    await s.log([{ ...root, status: 2, startMs: 0, attributes: inputs }])
    expect((await s.read()).trace_info).toMatchObject({
      request_time: '2026-01-01T00:00:00Z',
      execution_duration: '1s',
      state: 'OK',
      request_preview: 'mine',
      response_preview: '"said"',
      tags: { 'mlflow.traceName': 'named' },
    })
  })

  test('sent again is merged, and moves the trace nowhere', async () => {
    const s = await traceServer()
    await s.info({ client_request_id: 'r', tags: { a: '1', b: '1' } })
    const again = await s.info({ tags: { b: '2' }, execution_duration: '2.5s' })
    expect(again.json.trace.trace_info).toMatchObject({
      execution_duration: '2.500s',
      tags: { a: '1', b: '2' },
    })
    expect(again.json.trace.trace_info).not.toHaveProperty('client_request_id')
    const trace_location = { mlflow_experiment: { experiment_id: '0' } }
    expect((await s.info({ trace_location })).status).toBe(400)
    const elsewhere = await s.sendOtlp(otlpOf([child]), { 'x-mlflow-experiment-id': '0' })
    expect(elsewhere.status).toBe(400)
  })

  test.each([
    ['no location', { trace_location: {} }],
    ['an inference table', { trace_location: { type: 'INFERENCE_TABLE' } }],
    ['no id', { trace_id: '' }],
    ['an id that is a path', { trace_id: '../x' }],
    ['a time that is a number', { request_time: 5 }],
    ['a state that there is not', { state: 'FINE' }],
    ['a session that is too long', { trace_metadata: { 'mlflow.trace.session': 's'.repeat(251) } }],
    ['a key that no tag may have', { tags: { 'a!b': '1' } }],
  ])('with %s is refused', async (_, info) => {
    const s = await traceServer()
    expect((await s.info(info)).status).toBe(400)
  })

  test('keeps what a trace used as far as it is known', async () => {
    const s = await traceServer()
    const usage = (text: string) => ({ trace_metadata: { 'mlflow.trace.tokenUsage': text } })
    await s.info(usage('{"input_tokens": 3, "other": 4, "output_tokens": 1.5}'))
    await s.info(usage('no JSON'))
    expect((await s.get(traceId())).json.trace.trace_info.trace_metadata).toMatchObject({
      'mlflow.trace.tokenUsage': '{"input_tokens": 3}',
    })
  })
})

describe('spans alone', () => {
  test('make a trace, which is in progress until its root arrives', async () => {
    const s = await traceServer()
    await s.log([{ ...child, startMs: 1000, endMs: 3000 }])
    expect((await s.read()).trace_info.state).toBe('IN_PROGRESS')
    await s.log([{ ...root, status: 2, startMs: 500, endMs: 0 }], { 'service.name': 'svc' })
    expect((await s.read()).trace_info).toMatchObject({
      state: 'ERROR',
      request_time: '1970-01-01T00:00:00.500Z',
      execution_duration: '2.500s',
      tags: { 'service.name': 'svc', 'mlflow.traceName': 'root' },
    })
  })

  test('add up what they used, each tree of them once, whatever the order of requests', async () => {
    const s = await traceServer()
    const used = (n: number) => ({
      'mlflow.chat.tokenUsage': { input_tokens: n, output_tokens: n, total_tokens: 2 * n },
    })
    await Promise.all([
      s.log([{ id: 2, parent: 1, attributes: used(1) }]),
      s.log([{ id: 3, parent: 1, attributes: used(2) }]),
      s.log([{ id: 4, parent: 3, attributes: used(50) }]),
    ])
    await s.log([root])
    const metadata = async () => (await s.read()).trace_info.trace_metadata
    expect(JSON.parse((await metadata())['mlflow.trace.tokenUsage'])).toEqual({
      input_tokens: 3,
      output_tokens: 3,
      total_tokens: 6,
    })
    await s.info({ trace_metadata: { 'mlflow.trace.tokenUsage': '{"total_tokens": 7}' } })
    await s.log([{ id: 5, parent: 1, attributes: used(9) }])
    expect((await metadata())['mlflow.trace.tokenUsage']).toBe('{"total_tokens": 7}')
  })

  test('are found in the conventions of other libraries', async () => {
    const s = await traceServer()
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.usage.input_tokens': 4,
      'gen_ai.usage.output_tokens': 5,
      'gen_ai.request.model': 'm',
      'session.id': 's-1',
    }
    await s.log([{ ...root, attributes }])
    const { spans, trace_info } = await s.read()
    const values = Object.fromEntries(
      spans[0].attributes.map((pair: { key: string; value: object }) => [pair.key, pair.value]),
    )
    expect(values).toMatchObject({
      'mlflow.spanType': { string_value: 'CHAT_MODEL' },
      'mlflow.llm.model': { string_value: 'm' },
      'gen_ai.request.model': { string_value: 'm' },
    })
    expect(trace_info.trace_metadata['mlflow.trace.session']).toBe('s-1')
    expect(JSON.parse(trace_info.trace_metadata['mlflow.trace.tokenUsage']).total_tokens).toBe(9)
  })

  test('keep every value as it was sent', async () => {
    const s = await traceServer()
    const attributes = {
      whole: 2n ** 62n,
      double: { double: 1 },
      text: '5',
      json: '{"a": [1, 1.0, null]}',
      map: { 'a b': [true] },
      '': 'x\u0000y',
      nothing: null,
      'text of null': 'null',
    }
    await s.log([
      { ...root, attributes, links: [{ traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) }] },
    ])
    const file = await s.call(
      'GET',
      `/ajax-api/3.0/mlflow/get-trace-artifact?request_id=${traceId()}`,
    )
    const [span] = file.json.spans
    expect(span.attributes).toMatchObject({
      whole: '4611686018427387904',
      double: '1.0',
      text: '"5"',
      json: '{"a": [1, 1.0, null]}',
      map: '{"a b": [true]}',
      '': '"x\\u0000y"',
    })
    const [read] = (await s.read()).spans
    expect(read.links).toHaveLength(1)
    expect(read.attributes).toContainEqual({ key: 'nothing', value: {} })
    expect(read.attributes).toContainEqual({ key: 'text of null', value: { string_value: 'null' } })
    expect((await s.get(`get?trace_id=${traceId()}`)).text).toContain(
      '"int_value":4611686018427387904',
    )
  })
})

describe('a request of spans', () => {
  test.each([
    ['no experiment', { 'x-mlflow-experiment-id': '' }, 422],
    ['an experiment that is not there', { 'x-mlflow-experiment-id': '99' }, 404],
    ['an experiment that is no number', { 'x-mlflow-experiment-id': 'abc' }, 400],
    ['another content type', { 'content-type': 'text/plain' }, 400],
    ['another encoding', { 'content-encoding': 'br' }, 400],
    ['gzip that is none', { 'content-encoding': 'gzip' }, 400],
    ['protobuf that is none', { 'content-type': 'application/x-protobuf' }, 400],
  ])('with %s is refused', async (_, headers, status) => {
    const s = await traceServer()
    expect((await s.sendOtlp(otlpOf([root]), headers)).status).toBe(status)
  })

  test.each([
    ['no spans at all', { resourceSpans: [] }, 400],
    ['a list', [], 400],
    ['a span without an id', otlpOf([root, { ...child, spanId: '' }]), 422],
    ['an id that is not hex', otlpOf([{ ...root, traceId: 'xyz' }]), 400],
    ['an id that is half hex', otlpOf([{ ...root, traceId: 'abc' }]), 400],
    ['an id without an end', otlpOf([{ ...root, traceId: 'ab'.repeat(9_000_000) }]), 422],
    ['values without an end', otlpOf([{ ...root, attributes: { a: deep(70) } }]), 400],
    ['too many spans', otlpOf(Array.from({ length: 10_001 }, (_, id) => ({ id: id + 1 }))), 400],
  ])('of %s is refused, and nothing of it is kept', async (_, body, status) => {
    const s = await traceServer()
    expect((await s.sendOtlp(body)).status).toBe(status)
    expect(await s.platform.db.all(sql`select 1 from traces`)).toEqual([])
  })

  test('a text of very many values stays a text', async () => {
    const s = await traceServer()
    const text = `[${'0,'.repeat(40_000)}0]`
    await s.log([{ id: 1, attributes: { text, short: '[1]' } }])
    const { attributes } = (await s.read(1, '&allow_partial=true')).spans[0]
    const attributeOf = (name: string) =>
      attributes.find(({ key }: { key: string }) => key === name).value
    expect(attributeOf('text')).toEqual({ string_value: text })
    expect(attributeOf('short')).toHaveProperty('array_value')
  })

  test('an integer of a text that OTLP cannot say is answered as a double', async () => {
    const s = await traceServer()
    await s.log([{ id: 1, attributes: { text: '[9223372036854775808]' } }])
    const { text } = await s.get(`get?trace_id=${traceId()}&allow_partial=true`)
    expect(text).toContain('"double_value":9223372036854776000')
  })

  test('that would unpack to more than a body may have is refused', async () => {
    const s = await traceServer()
    const bomb = await gzip('x'.repeat(21_000_000))
    expect((await s.sendOtlp(bomb, { 'content-encoding': 'gzip' })).status).toBe(413)
  })

  test('may be packed, and is answered in protobuf, empty', async () => {
    const s = await traceServer()
    const packed = await gzip(JSON.stringify(otlpOf([root])))
    const answer = await s.sendOtlp(packed, { 'content-encoding': 'gzip' })
    expect(answer).toEqual({ status: 200, text: '', type: 'application/x-protobuf' })
  })

  test('of spans that do not fit into a row keeps them', async () => {
    const s = await traceServer()
    const noise = Array.from({ length: 120_000 }, () => Math.random().toString(36)).join('')
    await s.log([{ ...root, attributes: { noise } }])
    const [span] = (await s.read()).spans
    const value = span.attributes.find(({ key }: { key: string }) => key === 'noise').value
    expect(value.string_value).toBe(noise)
  })

  test('links its traces with a run of the experiment, and with no other', async () => {
    const s = await traceServer()
    for (const experiment_id of [s.experiment, '0']) {
      const run = (await s.post('runs/create', { experiment_id })).json.run.info.run_id
      await s.sendOtlp(otlpOf([root]), { 'x-mlflow-run-id': run })
    }
    const rows = await s.platform.db.all(sql`select 1 from trace_links`)
    expect(rows).toHaveLength(1)
  })

  test('of spans in the blob store keeps them from gc until their trace is deleted', async () => {
    const clock = new Clock()
    const s = await traceServer({ now: clock.now })
    const noise = Array.from({ length: 120_000 }, () => Math.random().toString(36)).join('')
    await s.log([{ ...root, attributes: { noise } }])
    // What the store was written at is the real time.
    clock.ms = Date.now() + 1000
    const gc = () => collectGarbage({ ...s.platform, dryRun: false, graceMs: 0 })
    expect((await gc()).orphans).toBe(0)
    expect((await s.read()).spans).toHaveLength(1)
    const which = { experiment_id: s.experiment, request_ids: [traceId()] }
    await s.post('traces/delete-traces', which)
    expect((await gc()).orphans).toBe(1)
  })
})

describe("a client's traces.json", () => {
  const path = (experiment: string) =>
    `/api/2.0/mlflow-artifacts/artifacts/${experiment}/traces/${traceId()}/artifacts/traces.json`

  test('becomes spans, beside those that have arrived', async () => {
    const from = await traceServer()
    await from.log([root, child])
    const { text } = await from.call(
      'GET',
      `/ajax-api/3.0/mlflow/get-trace-artifact?request_id=${traceId()}`,
    )
    const s = await traceServer()
    await s.info()
    await s.log([child])
    expect((await s.call('PUT', path(s.experiment), text)).status).toBe(200)
    const { spans, trace_info } = await s.read()
    expect(spans.map(({ name }: { name: string }) => name)).toEqual(['root', 'child'])
    expect(trace_info.tags['mlflow.trace.spansLocation']).toBe('TRACKING_STORE')
    expect((await s.call('GET', path(s.experiment))).json.spans).toHaveLength(2)
  })

  test('of more spans than one request may have is kept whole', async () => {
    const s = await traceServer()
    await s.info()
    await s.log([root])
    const [one] = JSON.parse((await s.call('GET', path(s.experiment))).text).spans
    const spans = Array.from({ length: 10_002 }, (_, i) => ({
      ...one,
      span_id: Buffer.from((i + 1).toString(16).padStart(16, '0'), 'hex').toString('base64'),
      parent_span_id: i === 0 ? null : one.span_id,
    }))
    const put = await s.call('PUT', path(s.experiment), JSON.stringify({ spans }))
    expect(put.status).toBe(200)
    expect((await s.call('GET', path(s.experiment))).json.spans).toHaveLength(10_002)
  })

  test('that is something else is a file', async () => {
    const s = await traceServer()
    await s.info()
    await s.call('PUT', path(s.experiment), '{"spans": [{"name": "old"}]}')
    expect((await s.call('GET', path(s.experiment))).text).toBe('{"spans": [{"name": "old"}]}')
    expect((await s.get(`get?trace_id=${traceId()}`)).status).toBe(404)
  })
})

describe('reading', () => {
  test('waits for as many spans as were announced, unless fewer will do', async () => {
    const s = await traceServer()
    await s.info({ trace_metadata: { 'mlflow.trace.sizeStats': '{"num_spans": 2}' } })
    await s.log([root])
    expect((await s.get(`get?trace_id=${traceId()}`)).status).toBe(404)
    expect((await s.read(1, '&allow_partial=True')).spans).toHaveLength(1)
    await s.log([child])
    expect((await s.read(1, '&allow_partial=False')).spans).toHaveLength(2)
  })

  test('several traces keeps the order, and leaves out what is not there or not whole', async () => {
    const s = await traceServer()
    await s.log([root, { ...root, trace: 2 }])
    await s.info({}, 3)
    const ids = [2, 9, 3, 1, 2].map((trace) => traceId(trace))
    const query = ids.map((id) => `trace_ids=${id}`).join('&')
    const idsOf = (traces: { trace_id: string }[]) => traces.map(({ trace_id }) => trace_id)
    const whole = await s.get(`batchGet?${query}`)
    const infos = whole.json.traces.map(({ trace_info }: { trace_info: object }) => trace_info)
    expect(idsOf(infos)).toEqual([traceId(2), traceId(1)])
    const found = await s.post3('traces/batchGetInfos', { trace_ids: ids })
    expect(idsOf(found.json.trace_infos)).toEqual([traceId(2), traceId(3), traceId(1)])
    expect((await s.get('batchGet')).status).toBe(400)
  })

  test('a trace as a file has its roots first, and then the spans by their start', async () => {
    const s = await traceServer()
    const startMs = Date.parse('2026-01-01T00:00:00Z')
    const at = (ms: number) => ({ startMs: startMs + ms, endMs: startMs + 9000 })
    const name = 'third "start_time_unix_nano": 1, "parent_span_id": null'
    await s.log([
      { id: 3, parent: 1, name, ...at(20) },
      { id: 2, parent: 1, name: 'second', ...at(10) },
      { id: 1, name: 'first', ...at(30) },
    ])
    const path = `/ajax-api/3.0/mlflow/get-trace-artifact?request_id=${traceId()}`
    const { spans } = JSON.parse((await s.call('GET', path)).text)
    const names = spans.map((span: { name: string }) => span.name)
    expect(names).toEqual(['first', 'second', name])
  })

  test('of more spans than one answer may have is refused, and searches go on behind them', async () => {
    const s = await traceServer()
    for (const trace of [1, 2, 3]) await s.log([{ ...root, trace, startMs: trace }])
    // What spans of a few requests each may come to.
    const ids = ['AAAAAAAAAAo=', 'AAAAAAAAAAs=']
    const lines = ids.map((id) =>
      JSON.stringify({
        trace_id: `${'A'.repeat(21)}g==`,
        span_id: id,
        name: 'x'.repeat(2e7),
      }).replaceAll('":"', '": "'),
    )
    const body = toBase64UrlBytes(await packLines(lines))
    await s.platform.db.all(sql`insert into trace_payloads (id, body)
      select id * 65536 + 9, ${body} from traces where trace_id in (${traceId(2)}, ${traceId(3)})`)
    const two = `trace_ids=${traceId(2)}&trace_ids=${traceId(3)}`
    const refused = await s.get(`batchGet?${two}`)
    expect(refused.status).toBe(400)
    expect(refused.json.message).toContain('ask for fewer traces at once')
    const search = async (page_token?: string) => {
      const locations = [{ mlflow_experiment: { experiment_id: s.experiment } }]
      const filter = "span.content LIKE '%root%'"
      return (await s.post3('traces/search', { locations, filter, page_token })).json
    }
    const first = await search()
    expect(first.traces.map(({ trace_id }: { trace_id: string }) => trace_id)).toEqual([traceId(3)])
    const second = await search(first.next_page_token)
    const third = await search(second.next_page_token)
    expect([second.traces, third.traces].map((found) => found[0].trace_id)).toEqual([
      traceId(2),
      traceId(1),
    ])
  })
})

function deep(levels: number): unknown {
  return levels === 0 ? 1 : [deep(levels - 1)]
}

async function gzip(text: string): Promise<Uint8Array> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}
