import { expect, test } from 'vitest'
import { admin } from '../support/auth-server.ts'
import type { Json } from '../support/client.ts'
import { hiddenFields, rowsOf, textOf } from './page.ts'
import { tracesWorld } from './traces-world.ts'

const list = '/experiments/1/label-schemas'
const yesOrNo = { kind: 'passFail', positive: 'Right', negative: 'Wrong', type: 'FEEDBACK' }

async function world() {
  const made = await tracesWorld()
  const ann = made.as(made.ann)
  /** The questions as MLflow's clients are told of them, but for the one that every experiment has. */
  const kept = async (): Promise<readonly Json[]> => {
    const path = '/api/3.0/mlflow/label-schemas/list?experiment_id=1'
    const { json } = await made.call(made.ann, 'GET', path)
    return json.label_schemas.filter((one: Json) => !one.is_default)
  }
  const make = async (fields: Record<string, string> = {}) => {
    const res = await ann.post(list, { name: 'right', ...yesOrNo, ...fields })
    if (res.status !== 303) throw new Error(textOf(res.html))
    return res.location ?? ''
  }
  const seen = async (page: string) => hiddenFields((await ann.get(page)).html, page)
  return { ...made, author: made.ann, ann, kept, make, seen }
}

test.each([
  [{ ...yesOrNo }, { pass_fail: { positive_label: 'Right', negative_label: 'Wrong' } }],
  [
    { kind: 'categorical', options: ' a \n\nb c\n', multi: 'on', type: 'EXPECTATION' },
    { categorical: { options: ['a', 'b c'], multi_select: true } },
  ],
  [{ kind: 'numeric', min: '-1.5', max: '', type: 'FEEDBACK' }, { numeric: { min_value: -1.5 } }],
  [{ kind: 'text', chars_max: '20', type: 'FEEDBACK' }, { text: { max_length: 20 } }],
])(
  'a question of %o is made as the client would, and found where queues are made',
  async (fields, input) => {
    const { ann, kept } = await world()
    const form = await ann.get(`${list}?kind=${fields.kind}`)
    expect(form.html).toContain(`name="kind" value="${fields.kind}"`)
    const said = { name: 'how good?', instruction: 'Read the answer.', enable_comment: 'on' }
    const made = await ann.post(list, { ...said, ...fields })
    expect(made.status).toBe(303)
    expect(await kept()).toMatchObject([
      { name: 'how good?', instruction: 'Read the answer.', enable_comment: true, input },
    ])
    expect((await kept())[0].type).toBe(fields.type)
    expect(made.location).toBe(`/label-schemas/${(await kept())[0].schema_id}`)
    const { html } = await ann.get(made.location ?? '')
    expect(textOf(html)).toContain('Read the answer.')
    expect(rowsOf((await ann.get(list)).html).map((row) => row.split(' ')[0])).toEqual([
      'Feedback',
      'how',
    ])
    const reviews = await ann.get('/experiments/1/reviews')
    expect(textOf(reviews.html)).toContain('how good?')
    expect(reviews.html).toContain(`href="${list}"`)
  },
)

test.each([
  [{ name: '  ' }, "'name'"],
  [{ name: 'feedback' }, 'reserved for the experiment'],
  [{ negative: 'Right' }, 'must be distinct'],
  [{ kind: 'numeric', min: '5', max: '5' }, 'must be strictly less'],
  [{ kind: 'numeric', min: '1e999' }, 'A bound is a number'],
  [{ kind: 'text', chars_max: '1.5' }, 'The longest answer is a number'],
  [{ kind: 'categorical', options: 'a\na' }, 'must be deduplicated'],
  [{ kind: 'categorical', options: '' }, 'must be a non-empty list'],
  [{ kind: 'nothing' }, 'Choose how the question is answered'],
  [{ type: 'ISSUE' }, 'Choose how the question is answered'],
])('%o is refused beside what was typed', async (fields, message) => {
  const { ann, kept } = await world()
  const sent = { name: 'right', instruction: 'as it was typed', ...yesOrNo, ...fields }
  const refused = await ann.post(list, sent)
  expect([refused.status, textOf(refused.html)]).toEqual([400, expect.stringContaining(message)])
  if (!('kind' in fields && fields.kind === 'nothing'))
    expect(refused.html).toContain('>as it was typed</textarea>')
  expect(await kept()).toEqual([])
})

test('a question is changed as it was seen, but for how it is answered', async () => {
  const { ann, kept, make, seen, clock } = await world()
  const page = await make({ kind: 'categorical', options: 'a\nb', multi: 'on' })
  const old = await seen(page)
  clock.pass(1000)
  const now = { name: 'which?', instruction: '', options: 'a\nb\nc', enable_comment: 'on' }
  expect(await ann.post(page, { ...old, ...now })).toMatchObject({ status: 303, location: page })
  const input = { categorical: { options: ['a', 'b', 'c'], multi_select: true } }
  expect(await kept()).toMatchObject([{ name: 'which?', instruction: '', input }])
  const late = await ann.post(page, { ...old, ...now, options: 'mine' })
  expect([late.status, textOf(late.html)]).toEqual([
    409,
    expect.stringContaining('has changed since it was shown'),
  ])
  expect(late.html).toContain('>mine</textarea>')
  expect(await kept()).toMatchObject([{ input }])
})

test('answers of a client that have space and lines of their own stay while all else changes', async () => {
  const { ann, author, kept, call, seen } = await world()
  const input = { categorical: { options: [' a', 'b\nc'], multi_select: false } }
  const body = { experiment_id: '1', name: 'odd', type: 'FEEDBACK', input }
  const { json } = await call(author, 'POST', '/api/3.0/mlflow/label-schemas/create', body)
  const page = `/label-schemas/${json.label_schema.schema_id}`
  const fields = { ...(await seen(page)), name: 'even', instruction: '', options: ' a\nb\nc' }
  expect((await ann.post(page, fields)).status).toBe(303)
  expect(await kept()).toMatchObject([{ name: 'even', input }])
})

test('a question is deleted by its name, its queues ask it no longer, and the default one stays', async () => {
  const { ann, kept, make, call } = await world()
  const page = await make()
  const id = page.split('/').at(-1) ?? ''
  const queue = await ann.post('/experiments/1/reviews', { name: 'all', [`schema.${id}`]: 'on' })
  expect(textOf((await ann.get(`${page}`)).html)).toContain('Queues ask it no longer')
  const unsaid = await ann.post(`${page}/delete`, { confirm: 'wrong' })
  expect([unsaid.status, textOf(unsaid.html)]).toEqual([400, expect.stringContaining('type right')])
  expect(await ann.post(`${page}/delete`, { confirm: 'right' })).toMatchObject({
    ...{ status: 303, location: list },
  })
  expect(await kept()).toEqual([])
  expect((await ann.get(page)).status).toBe(404)
  expect((await ann.get(queue.location ?? '')).status).toBe(200)
  const { json } = await call(admin, 'GET', '/api/v1/audit?action=label_schema.deleted')
  expect(json.items).toHaveLength(1)
  const path = '/api/3.0/mlflow/label-schemas/list?experiment_id=1'
  const all = await call(admin, 'GET', path)
  const default_ = `/label-schemas/${all.json.label_schemas[0].schema_id}`
  expect(textOf((await ann.get(default_)).html)).not.toContain('Save the question')
  const refused = await ann.post(`${default_}/delete`, { confirm: 'Feedback' })
  expect([refused.status, textOf(refused.html)]).toEqual([
    400,
    expect.stringContaining('cannot be deleted'),
  ])
})

test('who may only read sees questions and changes none; who may not read sees none', async () => {
  const { as, user, make, seen, kept, call } = await world()
  const page = await make()
  const hidden = await seen(page)
  const before = await kept()
  const rick = as(await user('rick'))
  for (const one of [list, `${list}?kind=text`, page]) {
    const { status, html } = await rick.get(one)
    expect(status).toBe(200)
    expect(textOf(html)).not.toMatch(/Make the question|Save the question|Delete right/)
  }
  const posts = [
    await rick.post(list, { name: 'other', ...yesOrNo }),
    await rick.post(page, { ...hidden, name: 'other', positive: 'a', negative: 'b' }),
    await rick.post(`${page}/delete`, { confirm: 'right' }),
  ]
  expect(posts.map(({ status }) => status)).toEqual([403, 403, 403])
  expect(await kept()).toEqual(before)
  const permission = { username: 'rick', experiment_id: '1', permission: 'NO_PERMISSIONS' }
  await call(admin, 'POST', '/api/2.0/mlflow/experiments/permissions/create', permission)
  for (const one of [list, page]) expect((await rick.get(one)).status).toBe(403)
})
