import { describe, expect, test } from 'vitest'
import { traceId } from '../support/trace-server.ts'
import { markupIn, textOf } from './page.ts'
import { answerSpans, tracesWorld } from './traces-world.ts'

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
      'answer 2027-01-15 11:00 UTC OK 2.4 s 1,204 are pears ripe in winter? s-77 good very judge error',
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
    const wrong = await as(rita).get(`${list}?q=${encodeURIComponent('execution_time = "x"')}`)
    expect(wrong.status).toBe(400)
    expect(wrong.html).toContain('role="alert"')
    expect(wrong.html).toContain('value="execution_time = &quot;x&quot;"')
  })

  test('goes on page by page with what was selected', async () => {
    const { as, rita, logTrace, list } = await tracesWorld()
    for (let i = 1; i <= 101; i++) await logTrace(i)
    const { html } = await as(rita).get(list)
    expect(textOf(html)).toContain('100 traces on this page, more follow')
    const after = /name="after" value="([^"]*)"/.exec(html)?.[1] ?? ''
    const next = await as(rita).get(`${list}?sel=${traceId(101)}&after=${after}`)
    expect(textOf(next.html)).toContain('1 trace on this page · 1 selected on other pages')
    expect(next.html).toContain(`<input type="hidden" name="sel" value="${traceId(101)}"/>`)
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
