import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { isSampled } from '../../src/traces/intake/sample.ts'
import { otlpOf, traceId, traceServer } from '../support/trace-server.ts'

const secret = 'hunter2-very-secret'
const email = 'ada@example.com'
const emails = '[a-z0-9.]+@[a-z0-9.]+\\.[a-z]{2,}'

async function screened(terms: object) {
  const s = await traceServer()
  const path = `/api/v1/experiments/${s.experiment}/trace-intake`
  const set = await s.call('PUT', path, { revision: 0, ...terms })
  expect([set.status, set.text]).toEqual([200, expect.anything()])
  /** All that is kept of traces, as one text. */
  const kept = async (trace = 1) => {
    const rows =
      await s.platform.db.all(sql`select t.*, (select json_group_array(json_array(k.name))
      from span_kinds k) as kinds from traces t`)
    const said = await s.platform.db.all(sql`select * from assessments`)
    return JSON.stringify([rows, said, (await s.call('GET', readPath(trace))).json])
  }
  const counts = async () => (await s.call('GET', path)).json
  return { ...s, path, kept, counts }
}

const readPath = (trace: number) =>
  `/api/3.0/mlflow/traces/get?trace_id=${traceId(trace)}&allow_partial=true`

const human = { source_type: 'HUMAN', source_id: 'u' }

describe('what rules name is nowhere in what is kept', () => {
  test('of spans: attributes, keys inside them, events, messages, names, resource, previews', async () => {
    const s = await screened({ redact_keys: ['*password*', 'x-token'], redact_patterns: [emails] })
    const attributes = {
      'mlflow.spanInputs': JSON.stringify({ user: email, deep: [{ Password: secret, age: 5 }] }),
      'mlflow.spanOutputs': JSON.stringify(`mail ${email} twice ${email}`),
      'db.password': secret,
      count: 7,
      kept: 'plain',
      nested: { list: [{ 'X-Token': { a: secret }, [email]: 1 }] },
      'mlflow.traceTag.who': email,
      'session.id': 's-1',
    }
    const event = {
      name: `sent to ${email}`,
      timeUnixNano: '1',
      attributes: [{ key: 'password', value: { stringValue: secret } }],
    }
    const spans = [
      {
        id: 1,
        name: `ask ${email}`,
        attributes,
        status: 2,
        message: `no ${email}`,
        events: [event],
      },
    ]
    await s.log(spans, { 'service.password': secret, owner: email })
    const all = await s.kept()
    expect(all).not.toContain(secret)
    expect(all).not.toContain(email)
    const { spans: read, trace_info } = await s.read()
    expect(trace_info.request_preview).toBe(
      '{"user": "[redacted]", "deep": [{"Password": "[redacted]", "age": 5}]}',
    )
    expect(trace_info.response_preview).toContain('mail [redacted] twice [redacted]')
    expect(trace_info.trace_metadata['mlflow.trace.session']).toBe('s-1')
    expect(JSON.stringify(read)).toContain('plain')
    expect((await s.counts()).values_redacted).toBeGreaterThanOrEqual(9)
  })

  test('of what other conventions call inputs, under MLflow’s names too', async () => {
    const s = await screened({ redact_keys: ['input.value'] })
    await s.log([{ id: 1, attributes: { 'input.value': secret, 'output.value': 'fine' } }])
    expect(await s.kept()).not.toContain(secret)
    expect((await s.read()).trace_info.response_preview).toContain('fine')
    const t = await screened({ redact_keys: ['mlflow.spanInputs', 'input.value'] })
    await t.log([{ id: 1, attributes: { 'input.value': secret } }])
    await t.info({ request_preview: secret, trace_metadata: { 'mlflow.traceInputs': secret } })
    expect(await t.kept()).not.toContain(secret)
  })

  test('of infos: previews that are cut off, tags, metadata, assessments, and what is written later', async () => {
    const s = await screened({ redact_keys: ['*password*'], redact_patterns: [emails] })
    const cut = `{"a": 1, "my_password" : {"x": ["${secret}`
    const feedback = {
      assessment_name: 'good',
      source: human,
      feedback: { value: { note: email, password: secret } },
      rationale: `says ${email}`,
      metadata: { password: secret },
    }
    await s.info({
      client_request_id: email,
      request_preview: cut,
      response_preview: `{'password': '${email}'}`,
      tags: { password: secret, other: email },
      trace_metadata: { 'mlflow.traceInputs': cut, 'mlflow.trace.user': email },
      assessments: [feedback],
    })
    expect((await s.read(1, '&allow_partial=true')).trace_info.request_preview).toBe(
      '{"a": 1, "my_password" : "[redacted]"',
    )
    const assess = `/api/3.0/mlflow/traces/${traceId()}/assessments`
    const made = await s.call('POST', assess, { assessment: feedback })
    const id = made.json.assessment.assessment_id
    const changed = await s.call('PATCH', `${assess}/${id}`, {
      assessment: { feedback: { value: email }, rationale: email, metadata: { password: secret } },
      update_mask: 'feedback,rationale,metadata',
    })
    const tagged = await s.call('PATCH', `/api/2.0/mlflow/traces/${traceId()}/tags`, {
      key: 'mail',
      value: email,
    })
    expect([made.status, changed.status, tagged.status]).toEqual([200, 200, 200])
    expect(changed.json.assessment.feedback.value).toBe('[redacted]')
    const all = await s.kept()
    expect(all).not.toContain(secret)
    expect(all).not.toContain(email)
  })

  test('of JSON in strings of JSON, as the arguments of a tool call are, however deep and cut off', async () => {
    const s = await screened({ redact_keys: ['*password*'] })
    const call = JSON.stringify({ password: secret, city: 'Bern "quoted"' })
    const deep = JSON.stringify({ arguments: JSON.stringify({ inner: call }) })
    const cut = JSON.stringify({ arguments: call }).slice(0, -40)
    const escaped = '{"a": "\\u007b\\"pass\\u0077ord\\": \\"'
    const attributes = {
      'mlflow.spanInputs': JSON.stringify({ tool_calls: [{ arguments: call }] }),
      'mlflow.spanOutputs': JSON.stringify(call),
      deep,
      cut,
      escaped: `${escaped}${secret}`,
      plain: JSON.stringify({ note: '{not JSON: "x"', list: '["a", 1]' }),
    }
    await s.log([{ id: 1, attributes }])
    expect(await s.kept()).not.toContain(secret)
    const { spans } = await s.read()
    const values = JSON.stringify(spans)
    const redacted = '{"password": "[redacted]","city":"Bern \\"quoted\\""}'
    expect(values.split(JSON.stringify(redacted)).length).toBe(3)
    expect(values).toContain(JSON.stringify('{not JSON: "x"'))
    expect(values).toContain(JSON.stringify('["a", 1]'))
  })

  test('of texts of any length', async () => {
    const s = await screened({ redact_keys: ['*password*'] })
    const long = 'x'.repeat(12_000_000)
    await s.log([{ id: 1, attributes: { long: `{"a": "${long}", "password": "${secret}` } }])
    expect(await s.kept()).not.toContain(secret)
    expect((await s.counts()).values_redacted).toBe(1)
  })

  test('of files of spans, and of traces of older clients', async () => {
    // First: the next server may have the same database, made as new.
    const other = await traceServer()
    await other.log([{ id: 1, attributes: { password: secret, to: email } }])
    const read = await other.app.request(
      `/ajax-api/3.0/mlflow/get-trace-artifact?request_id=${traceId()}`,
    )
    const text = await read.text()
    expect(text).toContain(secret)
    const s = await screened({ redact_keys: ['*password*'], redact_patterns: [emails] })
    await s.info()
    const folder = `${s.experiment}/traces/${traceId()}/artifacts`
    const put = (body: string) =>
      s.app.request(`/api/2.0/mlflow-artifacts/artifacts/${folder}/traces.json`, {
        method: 'PUT',
        body,
      })
    const unread = await put(`{"spans": "${secret}"}`)
    expect([unread.status, await unread.text()]).toEqual([
      400,
      expect.stringContaining('cannot redact'),
    ])
    const parts = async (verb: string, body: object) => {
      const { status, text } = await s.call(
        'POST',
        `/api/2.0/mlflow-artifacts/mpu/${verb}/${folder}`,
        { path: 'traces.json', ...body },
      )
      return [status, text]
    }
    const refused = [400, expect.stringContaining('cannot redact')]
    expect(await parts('create', { num_parts: 1 }), 'its parts are not looked at').toEqual(refused)
    expect(await parts('complete', { upload_id: 'from before', parts: [] })).toEqual(refused)
    expect((await put(text)).status).toBe(200)
    const started = await s.post('traces', {
      experiment_id: s.experiment,
      timestamp_ms: 1,
      request_metadata: [{ key: 'a', value: email }],
      tags: [],
    })
    const { request_id } = started.json.trace_info
    await s.call('PATCH', `/api/2.0/mlflow/traces/${request_id}`, {
      request_id,
      timestamp_ms: 2,
      status: 'OK',
      request_metadata: [{ key: 'password', value: secret }],
      tags: [{ key: 'b', value: email }],
    })
    const all = await s.kept()
    expect(all).toContain('[redacted]')
    expect(all).not.toContain(secret)
    expect(all).not.toContain(email)
  })

  test('the server’s default counts beside what an experiment says', async () => {
    const s = await screened({ redact_keys: ['a'] })
    const set = { revision: 0, redact_keys: ['b'], redact_patterns: [], sample_rate: 0 }
    expect((await s.call('PUT', '/api/v1/trace-intake', set)).status).toBe(200)
    await s.call('PUT', s.path, { revision: 1, redact_keys: ['a'], sample_rate: 1 })
    await s.log([{ id: 1, attributes: { a: `${secret}-a`, b: `${secret}-b`, c: 'c' } }])
    expect(await s.kept()).not.toContain(secret)
    expect((await s.read()).spans).toHaveLength(1)
  })
})

describe('a trace is kept or left out as a whole', () => {
  const rate = 0.5
  const ids = Array.from({ length: 40 }, (_, i) => i + 1)
  const isIn = (id: number) => isSampled(traceId(id), rate)

  test('by its id alone, in whatever batches and order its spans and its info come', async () => {
    const s = await screened({ sample_rate: rate })
    for (const id of ids.slice(0, 20)) expect((await s.info({}, id)).status).toBe(200)
    await s.log(ids.map((trace) => ({ trace, id: 2, parent: 1 })))
    await s.log(ids.map((trace) => ({ trace, id: 1 })))
    const told: (string | undefined)[] = []
    for (const id of ids) {
      const { json } = await s.info({}, id)
      told.push(json.trace.trace_info.tags['mlflow.trace.spansLocation'])
    }
    // Whatever is done with them, clients need not upload their spans.
    expect(new Set(told)).toEqual(new Set(['TRACKING_STORE']))
    const rows = await s.platform.db.all(
      sql<{ trace_id: string }>`select trace_id from traces order by trace_id`,
    )
    const kept = ids.filter(isIn)
    expect(rows.map(({ trace_id }) => trace_id)).toEqual(kept.map((id) => traceId(id)))
    expect(kept.length).toBeGreaterThan(10)
    expect(kept.length).toBeLessThan(30)
    for (const id of kept) expect((await s.read(id)).spans).toHaveLength(2)
    const out = ids.length - kept.length
    const before = ids.slice(0, 20).filter((id) => !isIn(id)).length
    expect(await s.counts()).toMatchObject({
      spans_left_out: 2 * out,
      infos_left_out: out + before,
    })
  })

  test('the share that is kept is near the rate', () => {
    const many = Array.from({ length: 20_000 }, (_, i) => traceId(i))
    for (const share of [0, 0.01, 0.3, 0.9, 1]) {
      const kept = many.filter((id) => isSampled(id, share)).length / many.length
      expect(Math.abs(kept - share)).toBeLessThan(0.01)
    }
  })

  test('what is to be kept is kept, and what is there stays whole', async () => {
    const s = await screened({ sample_rate: 0 })
    await s.log([{ trace: 1, id: 1 }], { 'gatehouse.keep': 'true' })
    await s.log([{ trace: 2, id: 1, attributes: { 'gatehouse.keep': true } }])
    await s.log([{ trace: 2, id: 2, parent: 1 }])
    await s.log([{ trace: 3, id: 1 }])
    const named = async (id: number, info: object) => {
      const { json } = await s.info(info, id)
      return json.trace.trace_info.tags?.['mlflow.trace.spansLocation']
    }
    // Its spans were left out, so its client is to upload them.
    expect(await named(3, { tags: { 'gatehouse.keep': 'true' } })).toBeUndefined()
    expect(await named(4, { trace_metadata: { 'mlflow.sourceRun': 'r' } })).toBeUndefined()
    expect(await named(5, {})).toBe('TRACKING_STORE')
    const assessed = { assessment_name: 'a', source: human, feedback: { value: 1 } }
    expect(await named(6, { assessments: [assessed] })).toBeUndefined()
    const rows = await s.platform.db.all(
      sql<{ trace_id: string }>`select trace_id from traces order by trace_id`,
    )
    expect(rows.map(({ trace_id }) => trace_id)).toEqual([1, 2, 3, 4, 6].map(traceId))
    expect((await s.read(2)).spans).toHaveLength(2)
    const gone = { trace_location: { mlflow_experiment: { experiment_id: '999' } } }
    expect((await s.info(gone, 7)).status).toBe(404)
  })
})

describe('rules are judged when they are set', () => {
  const refused: [object, string][] = [
    [{ redact_patterns: ['('] }, "'(' is no regular expression"],
    [{ redact_patterns: ['(a)\\1'] }, 'is no regular expression'],
    [{ redact_patterns: ['a*'] }, 'matches an empty text'],
    [{ redact_patterns: ['[a-z ]{1000}'] }, 'steps and may have 500'],
    [{ redact_patterns: ['((a{1,30}){1,30}){1,30}'] }, 'is no regular expression'],
    [{ redact_patterns: ['a'.repeat(1001)] }, 'redact_patterns'],
    [{ redact_keys: ['**'] }, 'would redact everything'],
    [{ sample_rate: 1.5 }, 'sample_rate'],
    [{ sample_rate: -0.1 }, 'sample_rate'],
  ]
  test.each(refused)('%j is refused', async (terms, why) => {
    const s = await traceServer()
    for (const path of [
      `/api/v1/experiments/${s.experiment}/trace-intake`,
      '/api/v1/trace-intake',
    ]) {
      const { status, json } = await s.call('PUT', path, { revision: 0, ...terms })
      expect([status, json.message]).toEqual([400, expect.stringContaining(why)])
    }
  })

  test('patterns that try to hurt end soon, and what they cannot look through is not kept', async () => {
    const s = await screened({
      redact_patterns: ['(x+x+)+y', '(a|aa)+$', '(.*){9}=', emails],
    })
    const long = 'x'.repeat(1_500_000)
    const began = performance.now()
    await s.log([{ id: 1, attributes: { long, short: 'x'.repeat(20_000), to: email } }])
    expect(performance.now() - began).toBeLessThan(20_000)
    const [span] = (await s.read()).spans
    expect(JSON.stringify(span)).not.toContain(long.slice(0, 30_000))
    expect(JSON.stringify(span)).not.toContain(email)
  })

  test('of two changes at once one is made, and both the old and the new are in the audit log', async () => {
    const s = await screened({ redact_keys: ['a'] })
    const both = await Promise.all(
      ['b', 'c'].map((key) => s.call('PUT', s.path, { revision: 1, redact_keys: [key] })),
    )
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409])
    const { json } = await s.call('GET', '/api/v1/audit?action=trace_intake.changed')
    expect(json.items).toHaveLength(2)
    const { redact_keys } = await s.counts()
    const changed = json.items.find((one: { before: unknown }) => one.before !== null)
    expect(changed).toMatchObject({
      before: { experiment: s.experiment, revision: 1, redact_keys: ['a'], sample_rate: null },
      after: { revision: 2, redact_keys },
    })
    await s.post('experiments/delete', { experiment_id: s.experiment })
    expect((await s.call('PUT', s.path, { revision: 2, redact_keys: [] })).status).toBe(400)
    expect(
      (await s.call('PUT', '/api/v1/experiments/999/trace-intake', { revision: 0 })).status,
    ).toBe(404)
  })

  test('an experiment that says nothing keeps traces as they are', async () => {
    const s = await traceServer()
    await s.sendOtlp(otlpOf([{ id: 1, attributes: { password: secret } }]))
    expect(JSON.stringify(await s.read())).toContain(secret)
  })
})
