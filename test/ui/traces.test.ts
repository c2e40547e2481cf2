import { describe, expect, test } from 'vitest'
import type { Json } from '../support/client.ts'
import { traceId } from '../support/trace-server.ts'
import { markupIn, textOf } from './page.ts'
import { answered, answerSpans, tracesWorld } from './traces-world.ts'

const human = { source_type: 'HUMAN', source_id: 'rita' }

describe('the list of traces', () => {
  test('says when each was, how it went, what it took and used, and what was said of it', async () => {
    const { as, rita, logTrace, list } = await tracesWorld()
    await logTrace(1, {
      session: 's-77',
      question: 'are pears ripe in\nwinter?',
      metadata: { 'mlflow.trace.tokenUsage': '{"input_tokens": 1000, "output_tokens": 204}' },
      assessments: [
        { assessment_name: 'good', source: human, feedback: { value: 'very' } },
        { assessment_name: 'judge', source: human, feedback: { error: { error_code: 'E' } } },
      ],
    })
    await logTrace(2, { name: 'plan', state: 'ERROR', tookMs: 130 })
    const { html, status } = await as(rita).get(list)
    expect(status).toBe(200)
    const text = textOf(html)
    expect(text).toContain('plan 2027-01-15 11:00 UTC error 130 ms – – – –')
    expect(text).toContain(
      'answer 2027-01-15 11:00 UTC OK 2.4 s 1,204 are pears ripe in winter? s-77 good=very judge=error',
    )
    expect(html.indexOf('>plan<')).toBeLessThan(html.indexOf('>answer<'))
    expect(html).toContain(`href="/traces/${traceId(1)}"`)
    expect((await as(rita).get('/experiments/1')).html).toContain(`href="${list}"`)
  })

  test('takes the grammar of trace search, words of spans, and marks a mistake at its place', async () => {
    const { as, rita, logTrace, list } = await tracesWorld()
    await logTrace(1, { name: 'first' }, answerSpans)
    await logTrace(2, { name: 'second', state: 'ERROR' })
    const found = async (q: string) => {
      const { html } = await as(rita).get(`${list}?q=${encodeURIComponent(q)}`)
      return ['first', 'second'].filter((name) => html.includes(`<bdi>${name}</bdi>`))
    }
    expect(await found("status = 'ERROR'")).toEqual(['second'])
    expect(await found("span.name = 'retrieve'")).toEqual(['first'])
    expect(await found('said retrieve')).toEqual(['first'])
    expect(await found('no such words')).toEqual([])
    expect(await found('timestamp >= 2020-01-01')).toEqual(['first', 'second'])
    expect(await found("trace.end_time < '2020-01-01 9:30'")).toEqual([])
    expect(await found("timestamp > 2020-01-01 AND span.name = 'retrieve'")).toEqual(['first'])
    expect((await as(rita).get(`${list}?q=${encodeURIComponent('timestamp > -1d')}`)).status).toBe(
      200,
    )
    const wrong = await as(rita).get(`${list}?q=${encodeURIComponent('execution_time = "x"')}`)
    expect(wrong.status).toBe(400)
    expect(wrong.html).toContain('role="alert"')
    expect(wrong.html).toContain('value="execution_time = &quot;x&quot;"')
  })

  test('goes on page by page with what was selected', async () => {
    const { as, rita, logTrace, list } = await tracesWorld()
    for (let i = 1; i <= 51; i++) await logTrace(i)
    const { html } = await as(rita).get(list)
    expect(textOf(html)).toContain('50 traces on this page, more follow')
    const after = /name="after" value="([^"]*)"/.exec(html)?.[1] ?? ''
    const next = await as(rita).get(`${list}?sel=${traceId(51)}&after=${after}`)
    expect(textOf(next.html)).toContain('1 trace on this page · 1 selected on other pages')
    expect(next.html).toContain(`<input type="hidden" name="sel" value="${traceId(51)}"/>`)
    const many = Array.from({ length: 101 }, (_, i) => `sel=${i}`).join('&')
    expect((await as(rita).get(`${list}?${many}`)).status).toBe(400)
  })

  test('shows how the first trace gets here, and nothing of experiments that one may not read', async () => {
    const { as, rita, eve, list, mlflow, admin } = await tracesWorld()
    expect(textOf((await as(rita).get(list)).html)).toContain('@mlflow.trace')
    const none = { experiment_id: '1', username: 'eve', permission: 'NO_PERMISSIONS' }
    await mlflow(admin, 'POST', 'experiments/permissions/create', none)
    expect((await as(eve).get(list)).status).toBe(403)
    expect((await as(rita).get('/experiments/77/traces')).status).toBe(404)
  })

  test('shows texts of traces as text', async () => {
    const { as, rita, logTrace, list } = await tracesWorld()
    const hostile = '"><img src=x onerror=alert(1)>\u202e'
    await logTrace(1, {
      ...{ name: hostile, session: hostile, question: hostile },
      assessments: [{ assessment_name: hostile, source: human, feedback: { value: hostile } }],
    })
    const { html } = await as(rita).get(list)
    expect(markupIn(html)).toEqual([])
    expect(html).not.toContain('\u202e')
  })
})

describe('selected traces', () => {
  test('go with all that is theirs once somebody with MANAGE says so', async () => {
    const { as, ann, rita, logTrace, list, call } = await tracesWorld()
    const [gone, kept] = [await logTrace(1), await logTrace(2)]
    const path = `${list}/delete?sel=${gone}`
    expect((await as(rita).get(list)).html).not.toContain('Delete selected')
    expect((await as(rita).post(path, {})).status).toBe(403)
    const shown = await as(ann).get(path)
    expect(textOf(shown.html)).toContain('for good')
    expect(shown.html).toContain(`action="${path}"`)
    expect(await as(ann).post(path, {})).toMatchObject({ status: 303, location: list })
    const read = (id: string) => call(ann, 'GET', `/api/3.0/mlflow/traces/${id}`)
    expect([(await read(gone)).status, (await read(kept)).status]).toEqual([404, 200])
    expect(textOf((await as(ann).get(path)).html)).toContain('None of the chosen traces')
    expect((await as(ann).post(`${list}/delete`, {})).status).toBe(400)
  })
})

describe('the page of a trace', () => {
  test('shows spans as a tree with bars, what took the time, and what went in and out of one', async () => {
    const { as, rita, logTrace } = await tracesWorld()
    const id = await logTrace(1, { session: 's-77', tags: { team: 'risk' } }, answerSpans)
    const { html } = await as(rita).get(`/traces/${id}`)
    const text = textOf(html)
    expect(text).toContain('OK 2.4 s 2027-01-15 11:00 UTC session s-77')
    expect(text).toContain('team=risk')
    const names = [...html.matchAll(/data-depth="(\d)"><span class="span-name">(.*?)<\/span><\/?/g)]
    expect(names.map(([, depth]) => depth)).toEqual(['0', '1', '1', '2', '2'])
    expect(text).toMatch(
      /answer CHAIN on the critical path, 2.4 s retrieve RETRIEVER on the critical path, 820 ms/,
    )
    expect(text).toMatch(/failed: attempt LLM on the critical path, 150 ms/)
    expect(text).toContain('question : of answer')
    expect(text).toContain('k : 1')
    expect(text).toContain('0: said by answer')
    const chosen = await as(rita).get(`/traces/${id}?span=0000000000000004`)
    expect(textOf(chosen.html)).toContain('question : of attempt k : 4')
    expect(chosen.html).toMatch(/span=0000000000000004#span"[^>]*aria-current="true"/)
    expect((await as(rita).get(`/traces/${id}?span=00000000000000ff`)).status).toBe(400)
    expect((await as(rita).get('/traces/tr-none')).status).toBe(404)
  })

  test('of thousands of spans shows a part that leads to all others', async () => {
    const { as, rita, logTrace } = await tracesWorld()
    const below = (parent: number, from: number, count: number) =>
      Array.from({ length: count }, (_, i) => ({
        ...{ id: from + i, parent, name: `span ${from + i}` },
        startMs: 1_800_000_000_000 + i,
      }))
    const spans = [
      { id: 1, name: 'root', startMs: 1_800_000_000_000 },
      ...below(1, 2, 200),
      ...below(5, 1000, 100),
      ...Array.from({ length: 300 }, (_, i) => ({
        id: 2000 + i,
        parent: i === 0 ? 1 : 1999 + i,
        startMs: 1_800_000_000_500,
      })),
    ]
    const id = await logTrace(1, {}, spans)
    const open = async (query = '') => {
      const { html, status } = await as(rita).get(`/traces/${id}${query}`)
      expect(status).toBe(200)
      expect(html.length).toBeLessThan(100_000)
      return { html, text: textOf(html) }
    }
    const first = await open()
    expect(first.text).toContain('1 to 60 of 201')
    expect(first.text).toContain('80 more spans in it')
    expect((await open('?under=0000000000000001&from=60')).text).toContain('61 to 120 of 201')
    expect((await open('?under=0000000000000005')).text).toContain('1 to 60 of 100')
    // A span that has no row at first is shown among its siblings.
    const deep = await open(`?span=${(2250).toString(16).padStart(16, '0')}`)
    expect(deep.html).toMatch(/aria-current="true" data-depth/)
    expect(deep.text).toContain('A part of the trace')
  })

  test('shows every span where parents are missing, or above each other in a circle', async () => {
    const { as, rita, logTrace } = await tracesWorld()
    const id = await logTrace(1, {}, [
      { id: 1, parent: 99, name: 'orphan' },
      { id: 2, parent: 3, name: 'one' },
      { id: 3, parent: 2, name: 'other' },
      { id: 4, parent: 3, name: 'tail' },
      { id: 5, parent: 5, name: 'own', endMs: 0 },
    ])
    const { html } = await as(rita).get(`/traces/${id}`)
    const rows = [...html.matchAll(/data-depth="(\d)"><span class="span-name"><bdi>(\w+)/g)]
    expect(rows.map(([, depth, name]) => `${name} ${depth}`).sort()).toEqual([
      ...['one 0', 'orphan 0', 'other 1', 'own 0', 'tail 2'],
    ])
  })

  test('bounds inputs of any size and depth, and says what it leaves out', async () => {
    const { as, rita, logTrace } = await tracesWorld()
    const nested = JSON.parse(`${'['.repeat(60)}1${']'.repeat(60)}`)
    const inputs = { long: 'x'.repeat(50_000), many: Array(5000).fill('y'), nested }
    const huge = 'z'.repeat(20_000)
    const attributes = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`a${i}`, huge]))
    const events = Array.from({ length: 30 }, (_, i) => ({
      ...{ name: `event ${i}`, timeUnixNano: '1800000000000000000' },
      attributes: [{ key: 'exception.stacktrace', value: { stringValue: huge } }],
    }))
    const span = {
      id: 1,
      events,
      attributes: { 'mlflow.spanInputs': JSON.stringify(inputs), ...attributes },
    }
    const tags = Object.fromEntries(
      Array.from({ length: 80 }, (_, i) => [`t${i}`, 'y'.repeat(3000)]),
    )
    const { html } = await as(rita).get(`/traces/${await logTrace(1, { tags }, [span])}`)
    expect(html.length).toBeLessThan(100_000)
    const text = textOf(html)
    expect(text).toContain('… 46,000 more characters')
    expect(text).toMatch(/… 4,\d+ more items/)
    expect(text).toContain('… 251 more')
  })

  test('leads to the run, the logged model and the version, as far as the caller may read them', async () => {
    const { as, rita, logTrace, logRun, post, call, ann, name, mlflow, admin } = await tracesWorld()
    const run = await logRun({ name: 'evaluated' })
    const { model } = await post('logged-models', {
      ...{ experiment_id: '1', name: 'bot', source_run_id: run },
    })
    const { model_id } = model.info
    await post('model-versions/create', { name, source: `models:/${model_id}`, model_id })
    const id = await logTrace(1, {
      metadata: { 'mlflow.sourceRun': run, 'mlflow.modelId': model_id },
    })
    const linked = { trace_ids: [id], run_id: run }
    await call(ann, 'POST', '/api/2.0/mlflow/traces/link-to-run', linked)
    const { html } = await as(rita).get(`/traces/${id}`)
    for (const href of [`/runs/${run}`, `/logged-models/${model_id}`, `/models/${name}/4`]) {
      expect(html).toContain(`href="${href}"`)
    }
    expect(textOf(html)).toContain('Linked with runs')
    const hidden = await post('experiments/create', { name: 'hidden' })
    const other = await post('runs/create', { experiment_id: hidden.experiment_id })
    const { run_id } = other.run.info
    await call(ann, 'POST', '/api/2.0/mlflow/traces/link-to-run', { ...linked, run_id })
    const none = { experiment_id: hidden.experiment_id, username: 'rita' }
    await mlflow(admin, 'POST', 'experiments/permissions/create', {
      ...{ ...none, permission: 'NO_PERMISSIONS' },
    })
    expect((await as(ann).get(`/traces/${id}`)).html).toContain(run_id)
    expect((await as(rita).get(`/traces/${id}`)).html).not.toContain(run_id)
    expect(textOf(html)).toContain('No span of this trace is here')
  })

  test('shows texts of spans as text', async () => {
    const { as, rita, logTrace } = await tracesWorld()
    const hostile = '"><img src=x onerror=alert(1)>\u202e'
    const id = await logTrace(1, { name: hostile, tags: { team: hostile } }, [
      {
        ...{ id: 1, name: hostile, type: hostile, status: 2, message: hostile },
        attributes: {
          'mlflow.spanInputs': JSON.stringify({ [hostile]: [hostile, { [hostile]: hostile }] }),
          [hostile]: hostile,
        },
        events: [
          {
            ...{ name: hostile, timeUnixNano: '1800000000000000000' },
            attributes: [{ key: hostile, value: { stringValue: hostile } }],
          },
        ],
      },
    ])
    const { html, status } = await as(rita).get(`/traces/${id}`)
    expect(status).toBe(200)
    expect(html).toContain('&lt;img src=x')
    expect(markupIn(html)).toEqual([])
    expect(html).not.toContain('\u202e')
  })
})

describe('what people say of a trace', () => {
  test('is said, overridden and taken back by forms, in the name of who said it', async () => {
    const { as, ann, logTrace, call, clock } = await tracesWorld()
    const id = await logTrace(1, {}, answerSpans)
    const page = `/traces/${id}`
    const said = async () => {
      const { json } = await call(ann, 'GET', `/api/3.0/mlflow/traces/${id}`)
      return json.trace.trace_info.assessments ?? []
    }
    const add = (fields: Record<string, string>, query = '') =>
      as(ann).post(`${page}/assessments${query}`, { kind: 'feedback', ...fields })
    const made = await add({ name: 'correct', value: 'true', rationale: 'It says which.' })
    expect(made).toMatchObject({ status: 303, location: `${page}#assessments` })
    await add({ name: 'tone', value: 'kind', of_span: 'on' }, '?span=0000000000000003')
    await add({ name: 'want', kind: 'expectation', value: '{"a": [1, 2.0]}' })
    expect(await said()).toMatchObject([
      {
        ...{ assessment_name: 'correct', feedback: { value: true }, rationale: 'It says which.' },
        source: { source_type: 'HUMAN', source_id: 'ann' },
      },
      { feedback: { value: 'kind' }, span_id: '0000000000000003' },
      { expectation: { serialized_value: { value: '{"a": [1, 2.0]}' } } },
    ])
    const [first, , want] = await said()
    const which = `?assessment=${first.assessment_id}`
    const form = await as(ann).get(`${page}${which}`)
    expect(form.html).toContain(`action="${page}/assessments/change${which}"`)
    await as(ann).post(`${page}/assessments/change${which}`, { value: '0.5' })
    const expected = `${page}/assessments/change?assessment=${want.assessment_id}`
    const { html } = await as(ann).get(`${page}?assessment=${want.assessment_id}`)
    const seen_updated = /name="seen_updated" value="(\d+)"/.exec(html)?.[1] ?? ''
    clock.pass(1000)
    await as(ann).post(expected, { value: 'other', seen_updated })
    // What nobody has seen is not written over.
    const unseen = await as(ann).post(expected, { value: 'third', seen_updated })
    expect([unseen.status, textOf(unseen.html)]).toEqual([
      409,
      expect.stringContaining('Somebody has changed it since'),
    ])
    expect((await as(ann).post(expected, { value: 'third' })).status).toBe(400)
    const [before, , other, override] = await said()
    expect([before.valid, override.feedback.value, override.overrides]).toEqual([
      ...[false, 0.5, first.assessment_id],
    ])
    expect(other.expectation.value).toBe('other')
    expect(textOf((await as(ann).get(page)).html)).toContain('correct feedback · overridden true')
    const late = await as(ann).post(`${page}/assessments/change${which}`, { value: 'false' })
    expect(late.status).toBe(409)
    const gone = `?assessment=${override.assessment_id}`
    await as(ann).post(`${page}/assessments/delete${gone}`, {})
    expect(await said()).toHaveLength(3)
    expect((await said())[0].valid).toBe(true)
  })

  test('of two changes of one feedback at once one is made', async () => {
    const { as, ann, logTrace, call } = await tracesWorld()
    const id = await logTrace(1)
    await as(ann).post(`/traces/${id}/assessments`, { kind: 'feedback', name: 'good', value: '1' })
    const said = async () => {
      const { json } = await call(ann, 'GET', `/api/3.0/mlflow/traces/${id}`)
      return json.trace.trace_info.assessments
    }
    const [first] = await said()
    const which = `/traces/${id}/assessments/change?assessment=${first.assessment_id}`
    const ends = await Promise.all(['2', '3'].map((value) => as(ann).post(which, { value })))
    expect(ends.map(({ status }) => status).sort()).toEqual([303, 409])
    expect((await said()).filter(({ valid }: Json) => valid)).toHaveLength(1)
  })

  test('takes EDIT on the experiment, and a refusal is in the audit log', async () => {
    const { as, ann, rita, logTrace, call, admin } = await tracesWorld()
    const id = await logTrace(1)
    const page = `/traces/${id}`
    await as(ann).post(`${page}/assessments`, { kind: 'feedback', name: 'good', value: 'yes' })
    const { html } = await as(rita).get(page)
    expect(html).not.toContain('<form method="post" action="/traces')
    expect(textOf(html)).toContain('EDIT')
    const [one] = (await call(ann, 'GET', `/api/3.0/mlflow/traces/${id}`)).json.trace.trace_info
      .assessments
    const which = `?assessment=${one.assessment_id}`
    for (const path of ['', `/change${which}`, `/delete${which}`]) {
      const fields = { kind: 'feedback', name: 'n', value: 'v' }
      expect((await as(rita).post(`${page}/assessments${path}`, fields)).status).toBe(403)
    }
    const { text } = await call(admin, 'GET', '/api/v1/audit?action=request.refused')
    for (const operation of ['createAssessment', 'updateAssessment', 'deleteAssessment']) {
      expect(text).toContain(operation)
    }
  })

  test('keeps what was typed where it is refused, and bounds what it shows', async () => {
    const { as, ann, logTrace, call } = await tracesWorld()
    const id = await logTrace(1)
    const page = `/traces/${id}`
    const wrong = await as(ann).post(`${page}/assessments`, {
      ...{ kind: 'expectation', name: 'want', value: 'null', rationale: 'since "so"' },
    })
    expect(wrong.status).toBe(400)
    expect(wrong.html).toContain('since &quot;so&quot;')
    expect(wrong.html).toContain('value="want"')
    const hostile = '"><img src=x onerror=alert(1)>\u202e'
    for (let i = 0; i < 25; i++) {
      const assessment = {
        ...{ assessment_name: hostile, rationale: 'r'.repeat(90_000) },
        ...{ source: { source_type: 'CODE', source_id: hostile }, feedback: { value: hostile } },
        assessment_id: `${hostile}${i}`,
      }
      await call(ann, 'POST', `/api/3.0/mlflow/traces/${id}/assessments`, { assessment })
    }
    const { html } = await as(ann).get(page)
    expect(html.length).toBeLessThan(100_000)
    expect(textOf(html)).toContain('5 more')
    expect(markupIn(html)).toEqual([])
    expect(html).not.toContain('\u202e')
    const last = textOf((await as(ann).get(`${page}?said=20`)).html)
    expect(last.match(/person|program/g)).toHaveLength(5)
    const chosen = await as(ann).get(`${page}?assessment=${encodeURIComponent(`${hostile}3`)}`)
    expect(chosen.html).toContain('Override</button>')
  })
})

describe('the sessions of traces', () => {
  test('are listed, and each reads as a conversation in its order', async () => {
    const { as, rita, eve, logTrace, mlflow, admin } = await tracesWorld()
    const session = 's "7&7" \'x\''
    await logTrace(2, { ...answered, session, question: 'and then?', answer: 'Later.' })
    await logTrace(1, { ...answered, session, state: 'ERROR', question: 'ripe?', answer: 'No.' })
    await logTrace(3, { session: 'other', question: 'elsewhere' })
    const list = '/experiments/1/sessions'
    const { html } = await as(rita).get(list)
    const text = textOf(html)
    expect(text).toContain(`other 1 0 2027-01-15 11:00 UTC`)
    expect(text).toContain(`${session} 2 1 2027-01-15 11:00 UTC`)
    const address = `${list}?id=${encodeURIComponent(session)}`
    expect(html).toContain(`href="${address.replaceAll("'", '&#39;')}"`)
    const shown = textOf((await as(rita).get(address)).html)
    expect(shown).toContain('2 traces 2,408 tokens 1 failed')
    const order = ['Request: ripe?', 'Response: No.', 'Request: and then?', 'Response: Later.']
    expect(order.map((one) => shown.indexOf(one))).toEqual(
      order.map((one) => shown.indexOf(one)).sort((a, b) => a - b),
    )
    expect(shown).not.toContain('elsewhere')
    expect(shown).toContain('correct=true')
    expect((await as(rita).get('/traces/tr-00000000000000000000000000000001')).html).toContain(
      `href="${address.replaceAll("'", '&#39;')}"`,
    )
    expect(textOf((await as(rita).get(`${list}?id=none`)).html)).toContain('No trace names')
    const none = { experiment_id: '1', username: 'eve', permission: 'NO_PERMISSIONS' }
    await mlflow(admin, 'POST', 'experiments/permissions/create', none)
    expect((await as(eve).get(list)).status).toBe(403)
    expect((await as(eve).get(address)).status).toBe(403)
  })

  test('of many turns go on page by page, however long each is', async () => {
    const { as, rita, logTrace } = await tracesWorld()
    const session = '"><img src=x>\u202e'
    const long = `${session}${'x'.repeat(20_000)}`
    for (let i = 1; i <= 21; i++) {
      await logTrace(i, { session, question: i === 21 ? 'last' : long, answer: long })
    }
    const first = await as(rita).get(`/experiments/1/sessions?id=${encodeURIComponent(session)}`)
    expect(first.html.length).toBeLessThan(100_000)
    expect(markupIn(first.html)).toEqual([])
    expect(first.html).not.toContain('\u202e')
    const next = /href="([^"]*&amp;after=[^"]*)"/.exec(first.html)?.[1]?.replaceAll('&amp;', '&')
    const second = textOf((await as(rita).get(next ?? '')).html)
    expect(second).toContain('1 trace on this page')
    expect(second).toContain('Request: last')
  })
})

describe('two traces', () => {
  test('are compared span by span, and by what went in and out of each', async () => {
    const { as, rita, eve, logTrace, list, mlflow, admin } = await tracesWorld()
    const [root, retrieve, llm, failed, last] = answerSpans
    const a = await logTrace(1, answered, answerSpans)
    const slower = { ...retrieve, endMs: Number(retrieve?.endMs) + 1000 }
    const other = { 'mlflow.spanOutputs': '["else"]' }
    const b = await logTrace(
      2,
      { tookMs: 3400, question: 'another' },
      [
        { ...root },
        slower,
        { ...llm, attributes: { ...llm?.attributes, ...other } },
        { ...last },
        { ...failed, id: 77, name: 'check', parent: 1, status: 0 },
      ].flatMap((span) => (span?.id === undefined ? [] : [{ ...span, id: span.id }])),
    )
    const path = `${list}/compare?sel=${a}&sel=${b}`
    const { html, status } = await as(rita).get(path)
    expect(status).toBe(200)
    const text = textOf(html)
    expect(text).toContain('Took 2.4 s 3.4 s +1 s')
    expect(text).toContain('Tokens 1204 – –')
    expect(text).toContain('4 spans in both, 2 in one alone')
    expect(text).toContain('retrieve 820 ms 1.82 s +1 s –')
    expect(text).toContain('llm 1.55 s 1.55 s 0 outputs')
    expect(text).toMatch(/attempt 150 ms 1.37 s \+1.22 s status, inputs/)
    expect(text).toMatch(/attempt 1.37 s – – only in the first/)
    expect(text).toMatch(/check – 150 ms – only in the second/)
    expect(html).toContain('<h2 id="pair"><bdi>answer</bdi></h2>')
    const chosen = await as(rita).get(`${path}&span=0000000000000003`)
    expect(textOf(chosen.html)).toContain('Outputs differ First 0: said by llm Second 0: else')
    expect((await as(rita).get(`${list}/compare?sel=${a}`)).status).toBe(400)
    expect((await as(rita).get(`${list}/compare?sel=${a}&sel=none`)).status).toBe(404)
    const none = { experiment_id: '1', username: 'eve', permission: 'NO_PERMISSIONS' }
    await mlflow(admin, 'POST', 'experiments/permissions/create', none)
    expect((await as(eve).get(path)).status).toBe(403)
    expect((await as(eve).get(path.replace('experiments/1', 'experiments/0'))).status).toBe(403)
  })

  test('of any size and content make a page of bounded size', async () => {
    const { as, rita, logTrace, list } = await tracesWorld()
    const hostile = '"><img src=x onerror=alert(1)>\u202e'
    const value = JSON.stringify({ [hostile]: hostile.repeat(2000) })
    const spans = (by: number) =>
      Array.from({ length: 400 }, (_, i) => ({
        ...{ id: i + 1, ...(i > 0 && { parent: i }), name: `${hostile}${i * by}` },
        attributes: i === 0 ? { 'mlflow.spanInputs': value, 'mlflow.spanOutputs': value + by } : {},
      }))
    const ids = [await logTrace(1, {}, spans(1)), await logTrace(2, { name: hostile }, spans(2))]
    const { html } = await as(rita).get(`${list}/compare?sel=${ids.join('&sel=')}`)
    expect(html.length).toBeLessThan(100_000)
    expect(markupIn(html)).toEqual([])
    expect(html).not.toContain('\u202e')
    expect(textOf(html)).toContain('more spans')
  })
})

describe('traces are found', () => {
  test('from the run that made them or is linked with them, and from their model and its version', async () => {
    const { as, rita, logTrace, logRun, post, call, ann, name, clock } = await tracesWorld()
    const run = await logRun({ name: 'evaluated' })
    const before = (await as(rita).get(`/runs/${run}`)).html
    expect(before).not.toContain('>Traces')
    const { model } = await post('logged-models', { experiment_id: '1', name: 'bot' })
    const { model_id } = model.info
    await post('model-versions/create', { name, source: `models:/${model_id}`, model_id })
    await logTrace(1, { name: 'made', metadata: { 'mlflow.sourceRun': run } })
    const linked = await logTrace(2, { name: 'linked', metadata: { 'mlflow.modelId': model_id } })
    const body = { trace_ids: [linked], run_id: run }
    await call(ann, 'POST', '/api/2.0/mlflow/traces/link-to-run', body)
    const follow = async (page: string, text: RegExp) => {
      const { html } = await as(rita).get(page)
      const links = [...html.matchAll(/<a href="([^"]*\/traces\?q=[^"]*)"[^>]*>([^<]*)/g)]
      const [, href = ''] = links.find(([, , shown = '']) => text.test(shown)) ?? []
      const list = textOf((await as(rita).get(href.replaceAll('&#39;', "'"))).html)
      return ['made', 'linked'].filter((one) => list.includes(` ${one} 20`))
    }
    expect(await follow(`/runs/${run}`, /^Traces 2$/)).toEqual(['made', 'linked'])
    expect(await follow(`/logged-models/${model_id}`, /^Traces$/)).toEqual(['linked'])
    expect(await follow(`/models/${name}/4`, /its traces/)).toEqual(['linked'])
    await post('model-versions/create', { name, source: `runs:/${run}/m`, run_id: run })
    clock.pass(10_000)
    expect(await follow(`/models/${name}/5`, /those of its run/)).toEqual(['made', 'linked'])
  })

  test('by their id or its beginning, by who may read them', async () => {
    const { as, rita, eve, logTrace, mlflow, admin, call } = await tracesWorld()
    const id = await logTrace(0xabcdef)
    const found = async (who: string, q: string) =>
      (await call(who, 'GET', `/api/v1/find?q=${q}`)).json.traces
    const one = [{ trace_id: id, name: 'answer' }]
    for (const q of [id, id.slice(3), id.slice(0, 12)]) expect(await found(rita, q)).toEqual(one)
    expect(await found(rita, 'abcdef')).toEqual([])
    expect(await as(rita).get(`/find?q=${id}`)).toMatchObject({
      ...{ status: 302, location: `/traces/${id}` },
    })
    const none = { experiment_id: '1', username: 'eve', permission: 'NO_PERMISSIONS' }
    await mlflow(admin, 'POST', 'experiments/permissions/create', none)
    expect(await found(eve, id)).toEqual([])
  })
})

describe('evaluation datasets', () => {
  test('are listed with their experiment, and their records shown page by page', async () => {
    const { as, rita, eve, ann, call, mlflow, admin } = await tracesWorld()
    const list = '/experiments/1/evaluation-datasets'
    expect(textOf((await as(rita).get(list)).html)).toContain('No evaluation datasets')
    const hostile = '"><img src=x onerror=alert(1)>\u202e'
    const made = await call(ann, 'POST', '/api/3.0/mlflow/datasets/create', {
      ...{ name: `questions ${hostile}`, experiment_ids: ['1'] },
      tags: JSON.stringify({ team: 'risk', 'mlflow.user': 'ann' }),
    })
    const id = String(made.json.dataset.dataset_id)
    const records = JSON.stringify(
      Array.from({ length: 11 }, (_, i) => ({
        inputs: { question: `${i} ${hostile}`, more: 'x'.repeat(20_000) },
        expectations: { fruit: true },
        source: { source_type: 'DOCUMENT', source_data: { doc_uri: `s3://lake/${hostile}` } },
      })),
    )
    const path = `/api/3.0/mlflow/datasets/${id}/records`
    expect((await call(ann, 'POST', path, { records })).status).toBe(200)
    const listed = await as(rita).get(list)
    expect(listed.html).toContain(`href="/evaluation-datasets/${id}"`)
    expect(markupIn(listed.html)).toEqual([])
    const first = await as(rita).get(`/evaluation-datasets/${id}`)
    expect(textOf(first.html)).toContain('11 records digest')
    expect(textOf(first.html)).toContain('fruit : true')
    for (const one of ['by ann', 'team=risk', 'DOCUMENT', 's3://lake/', 'nightly']) {
      expect(textOf(first.html)).toContain(one)
    }
    expect(first.html.length).toBeLessThan(100_000)
    expect(markupIn(first.html)).toEqual([])
    expect(first.html).not.toContain('\u202e')
    const next = /href="([^"]*after=[^"]*)"/.exec(first.html)?.[1] ?? ''
    expect(textOf((await as(rita).get(next)).html)).toContain('question : 10')
    const none = { experiment_id: '1', username: 'eve', permission: 'NO_PERMISSIONS' }
    await mlflow(admin, 'POST', 'experiments/permissions/create', none)
    for (const page of [list, `/evaluation-datasets/${id}`]) {
      expect((await as(eve).get(page)).status).toBe(403)
    }
    expect((await as(rita).get('/evaluation-datasets/d-none')).status).toBe(404)
  })
})
