import { expect, test } from 'vitest'
import { completeReview } from '../../src/judging/queues/complete-review.ts'
import { systemContext } from '../../src/platform/context.ts'
import type { NewAssessment } from '../../src/traces/assessments/assessment.ts'
import type { Json } from '../support/client.ts'
import { markupIn, textOf } from './page.ts'
import { answerSpans, tracesWorld } from './traces-world.ts'

const reviews = '/experiments/1/reviews'

/** Three traces, and a queue that asks four questions. */
async function world({ text = 'Is it right?' } = {}) {
  const made = await tracesWorld()
  const { ann, call, as, logTrace, clock } = made
  const ids = [
    await logTrace(1, { name: 'first' }, answerSpans),
    await logTrace(2),
    await logTrace(3),
  ]
  const ask = async (name: string, input: object, more: object = {}) => {
    const body = { experiment_id: '1', name, type: 'FEEDBACK', input, instruction: text, ...more }
    const res = await call(ann, 'POST', '/api/3.0/mlflow/label-schemas/create', body)
    if (res.status !== 200) throw new Error(res.text)
    return String(res.json.label_schema.schema_id)
  }
  const right = { pass_fail: { positive_label: `Right ${text}`, negative_label: 'Wrong' } }
  const schemas = {
    right: await ask('right', right, { enable_comment: true }),
    kinds: await ask('kinds', { categorical: { options: ['a', `b ${text}`], multi_select: true } }),
    score: await ask('score', { numeric: { min_value: 0, max_value: 5 } }),
    wanted: await ask('wanted', { text: { max_length: 20 } }, { type: 'EXPECTATION' }),
  }
  const asked = Object.fromEntries(Object.values(schemas).map((id) => [`schema.${id}`, 'on']))
  /** What a form of the queue says of how its questions stood. */
  const seen = Object.fromEntries(
    Object.values(schemas).map((id) => [`seen_updated.${id}`, String(clock.now())]),
  )
  const opened = await as(ann).post(reviews, {
    name: `triage ${text}`,
    people: 'Ann, rita',
    ...asked,
  })
  expect(opened.status).toBe(303)
  const queue = opened.location ?? ''
  const said = async (id: string | undefined) => {
    const { json } = await call(ann, 'GET', `/api/3.0/mlflow/traces/${id}`)
    return json.trace.trace_info.assessments ?? []
  }
  return { ...made, ids, schemas, seen, queue, said }
}

test('selected traces are put into a queue, answered one after the other, and done then', async () => {
  const { as, ann, ids, schemas, seen, queue, said, list } = await world()
  expect((await as(ann).get(list)).html).toContain(`formaction="${reviews}"`)
  const [first, second, third] = ids
  const chosen = `sel=${first}&sel=${second}&sel=${third}`
  const { html } = await as(ann).get(`${reviews}?${chosen}`)
  expect(textOf(html)).toContain('3 traces selected')
  expect(html).toContain(`action="${queue}/items?${chosen.replaceAll('&', '&amp;')}"`)
  await as(ann).post(`${queue}/items?${chosen}`, {})
  const shown = textOf((await as(ann).get(queue)).html)
  for (const one of ['For ann, rita', 'kinds', 'Is it right?', 'A number from 0 up to 5']) {
    expect(shown).toContain(one)
  }
  const looked = await as(ann).get(`${queue}?item=${first}`)
  expect(textOf(looked.html)).toContain('Request question : of answer')
  const answer = (id: string | undefined, fields: Record<string, string>) =>
    as(ann).post(`${queue}/answers?item=${id}`, { ...seen, ...fields })
  const fields = {
    [`answer.${schemas.right}`]: 'true',
    [`comment.${schemas.right}`]: 'it says which',
    [`answer.${schemas.kinds}.0`]: 'on',
    [`answer.${schemas.score}`]: '4.5',
    [`answer.${schemas.wanted}`]: 'Some are.',
  }
  expect(await answer(first, fields)).toMatchObject({ status: 303, location: queue })
  const source = { source_type: 'HUMAN', source_id: 'ann' }
  expect((await said(first)).map((one: Json) => [one.assessment_name, one])).toEqual(
    expect.arrayContaining([
      [
        'right',
        expect.objectContaining({ source, feedback: { value: true }, rationale: 'it says which' }),
      ],
      ['kinds', expect.objectContaining({ feedback: { value: ['a'] } })],
      ['score', expect.objectContaining({ feedback: { value: 4.5 } })],
      ['wanted', expect.objectContaining({ expectation: { value: 'Some are.' } })],
    ]),
  )
  // What one said before is there to be changed, and the new answer takes its place.
  const again = await as(ann).get(`${queue}?status=complete`)
  expect(again.html).toContain('value="4.5"')
  await answer(first, { [`answer.${schemas.score}`]: '2' })
  const scores = (await said(first)).filter(
    (one: { assessment_name: string }) => one.assessment_name === 'score',
  )
  expect(scores.map((one: { valid: boolean }) => one.valid)).toEqual([false, true])
  await as(ann).post(`${queue}/status?item=${second}`, {})
  expect(textOf((await as(ann).get(`${queue}?status=declined`)).html)).toContain('declined ann')
  await as(ann).post(`${queue}/status?item=${second}`, { status: 'pending' })
  expect((await as(ann).get(queue)).html).toContain(`item=${second}`)
})

test('a wrong answer changes nothing and stays to be mended', async () => {
  const { as, ann, ids, schemas, seen, queue, said } = await world()
  const [id] = ids
  await as(ann).post(`${queue}/items?sel=${id}`, {})
  for (const [fields, why] of [
    [{}, 'at least one question'],
    [{ [`answer.${schemas.score}`]: '9', [`answer.${schemas.right}`]: 'true' }, 'from 0 up to 5'],
    [{ [`answer.${schemas.score}`]: '0x2' }, 'from 0 up to 5'],
    [{ [`answer.${schemas.right}`]: 'maybe' }, 'one of its answers'],
    [{ [`answer.${schemas.wanted}`]: 'x'.repeat(21) }, 'more than 20 characters'],
  ] as const) {
    const res = await as(ann).post(`${queue}/answers?item=${id}`, { ...seen, ...fields })
    expect([res.status, textOf(res.html)]).toEqual([400, expect.stringContaining(why)])
  }
  const kept = await as(ann).post(`${queue}/answers?item=${id}`, {
    ...seen,
    [`answer.${schemas.score}`]: '9',
  })
  expect(kept.html).toContain('value="9"')
  expect(await said(id)).toEqual([])
  const fields = { ...seen, [`answer.${schemas.right}`]: 'true' }
  const why = async (one: string) => {
    const { status, html } = await as(ann).post(`${queue}/answers?item=${one}`, fields)
    return [status, textOf(html).replaceAll(one, 'it')]
  }
  const unqueued = await why(ids[1] ?? '')
  expect(unqueued).toEqual([404, expect.stringContaining("Item 'it' is not attached")])
  expect(await said(ids[1])).toEqual([])
  // Whether there is such a trace elsewhere is not told.
  expect((await why('tr-none'))[1]).toContain("Item 'it' is not attached")
})

test('an answer to a question that has changed since it was shown is not taken', async () => {
  const { as, ann, ids, schemas, seen, queue, said, call, clock } = await world()
  const [id] = ids
  await as(ann).post(`${queue}/items?sel=${id}`, {})
  const shown = await as(ann).get(queue)
  for (const [field, updated] of Object.entries(seen)) {
    expect(shown.html).toContain(`name="${field}" value="${updated}"`)
  }
  clock.pass(1000)
  const changed = await call(ann, 'PATCH', '/api/3.0/mlflow/label-schemas/update', {
    schema_id: schemas.kinds,
    input: { categorical: { options: ['worse', 'a'], multi_select: true } },
  })
  expect(changed.status, changed.text).toBe(200)
  const fields = { [`answer.${schemas.kinds}.0`]: 'on' }
  const late = await as(ann).post(`${queue}/answers?item=${id}`, { ...seen, ...fields })
  expect([late.status, textOf(late.html)]).toEqual([
    409,
    expect.stringContaining("'kinds' has changed since it was shown"),
  ])
  expect((await as(ann).post(`${queue}/answers?item=${id}`, fields)).status).toBe(400)
  expect(await said(id)).toEqual([])
})

test('of two forms of one person that were open at once, the second replaces nothing unseen', async () => {
  const { as, ann, ids, schemas, seen, queue, said, platform } = await world()
  const [id = ''] = ids
  await as(ann).post(`${queue}/items?sel=${id}`, {})
  const answer = (value: string) => ({ ...seen, [`answer.${schemas.right}`]: value })
  expect((await as(ann).post(`${queue}/answers?item=${id}`, answer('true'))).status).toBe(303)
  const [first] = await said(id)
  const both = { queueId: queue.split('/').at(-1) ?? '', traceId: id }
  const replacing = (value: string): NewAssessment => ({
    ...{ assessmentId: undefined, name: 'right', sourceType: 'HUMAN' },
    kind: 'feedback',
    ...{ sourceId: 'ann', spanId: undefined, value, isSerialized: false, error: undefined },
    ...{ rationale: undefined, metadata: {}, createdAtMs: undefined, updatedAtMs: undefined },
    overrides: String(first.assessment_id),
  })
  const ctx = systemContext(platform, 'default')
  const complete = (value: string) =>
    completeReview(ctx, both, { by: 'ann', answers: [replacing(value)] })
  const ends = await Promise.allSettled([complete('false'), complete('true')])
  expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect(ends.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { code: 'RESOURCE_CONFLICT' },
  })
  const counting = (await said(id)).filter((one: Json) => one.valid)
  expect(counting).toHaveLength(1)
})

test('queues take READ to see and EDIT to work in, and everybody opens their own', async () => {
  const { as, ann, rita, eve, ids, queue, mlflow, admin, schemas } = await world()
  await as(ann).post(`${queue}/items?sel=${ids[0]}`, {})
  const mine = await as(ann).post(`${reviews}/mine`, {})
  expect(textOf((await as(ann).get(mine.location ?? '')).html)).toContain('Nothing waits here')
  const seen = await as(rita).get(queue)
  expect(seen.html).not.toContain(`action="${queue}`)
  expect(textOf(seen.html)).toContain('EDIT')
  for (const path of [`${queue}/items?sel=${ids[1]}`, `${queue}/answers?item=${ids[0]}`]) {
    const fields = { [`answer.${schemas.right}`]: 'true' }
    expect((await as(rita).post(path, fields)).status).toBe(403)
  }
  for (const path of [reviews, `${reviews}/mine`, `${queue}/status?item=${ids[0]}`]) {
    expect((await as(rita).post(path, { name: 'n' })).status).toBe(403)
  }
  const none = { experiment_id: '1', username: 'eve', permission: 'NO_PERMISSIONS' }
  await mlflow(admin, 'POST', 'experiments/permissions/create', none)
  for (const path of [reviews, queue]) expect((await as(eve).get(path)).status).toBe(403)
  expect((await as(rita).get('/reviews/rq-none')).status).toBe(404)
})

test('a new queue asks any question: the form offers the newest, says so, and takes others by name', async () => {
  const { as, ann, call, schemas } = await world()
  const before = await as(ann).get(reviews)
  expect(before.html).not.toContain('name="questions"')
  for (let i = 0; i < 48; i++) {
    const res = await call(ann, 'POST', '/api/3.0/mlflow/label-schemas/create', {
      ...{ experiment_id: '1', name: `later-${i}`, type: 'FEEDBACK' },
      input: { pass_fail: { positive_label: 'Yes', negative_label: 'No' } },
    })
    expect(res.status, res.text).toBe(200)
  }
  const { html } = await as(ann).get(reviews)
  expect(textOf(html)).toContain('These are the 50 newest of the experiment.')
  expect(html).not.toContain(`name="schema.${schemas.right}"`)
  const fields = { name: 'all', people: '', questions: ' right \n later-3\n' }
  const wrong = await as(ann).post(reviews, { ...fields, questions: 'rihgt' })
  expect([wrong.status, textOf(wrong.html)]).toEqual([
    400,
    expect.stringContaining("There is no question 'rihgt'"),
  ])
  const made = await as(ann).post(reviews, fields)
  expect(made.status).toBe(303)
  const list = await call(ann, 'GET', '/api/3.0/mlflow/review-queues/list?experiment_id=1')
  const queue = list.json.review_queues.find((one: Json) => one.name === 'all')
  expect(queue.schema_ids).toHaveLength(2)
  expect(queue.schema_ids).toContain(schemas.right)
})

test('texts of questions and queues are shown as text', async () => {
  const hostile = '"><img src=x onerror=alert(1)>\u202e'
  const { as, ann, ids, queue } = await world({ text: hostile })
  await as(ann).post(`${queue}/items?sel=${ids[0]}`, {})
  for (const path of [reviews, queue]) {
    const { html, status } = await as(ann).get(path)
    expect(status).toBe(200)
    expect(markupIn(html)).toEqual([])
    expect(html).not.toContain('\u202e')
  }
})

test('the owner of a queue says who reviews, and whoever is left out neither sees nor answers it', async () => {
  const { as, ann, rita, ids, queue, schemas, seen } = await world()
  await as(ann).post(`${queue}/items?sel=${ids[0]}`, {})
  const people = `action="${queue}/people"`
  expect((await as(ann).get(queue)).html).toContain(people)
  expect((await as(rita).get(queue)).html).not.toContain(people)
  expect((await as(rita).post(`${queue}/people`, { people: 'rita' })).status).toBe(403)
  const saved = await as(ann).post(`${queue}/people`, { people: ' Eve , ben' })
  expect([saved.status, saved.location]).toEqual([303, queue])
  const shown = await as(ann).get(queue)
  expect(textOf(shown.html)).toContain('For ben, eve')
  expect(shown.html).toContain('value="ben, eve"')
  // The owner is none of its users now.
  expect(textOf(shown.html)).toContain('only the users of a review queue review')
  const fields = { ...seen, [`answer.${schemas.right}`]: 'true' }
  expect((await as(ann).post(`${queue}/answers?item=${ids[0]}`, fields)).status).toBe(403)
  expect((await as(rita).get(queue)).status).toBe(403)
  expect(textOf((await as(rita).get(reviews)).html)).not.toContain('triage')
  const long = await as(ann).post(`${queue}/people`, { people: 'x'.repeat(251) })
  expect(long.status).toBe(400)
  expect(long.html).toContain('x'.repeat(251))
})

test('a queue that is made for nobody is for whoever made it', async () => {
  const { as, ann } = await world()
  const { location } = await as(ann).post(reviews, { name: 'alone' })
  expect(textOf((await as(ann).get(location ?? '')).html)).toContain('For ann')
})
