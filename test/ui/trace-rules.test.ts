import { expect, test } from 'vitest'
import { admin } from '../support/auth-server.ts'
import { hiddenFields, markupIn, textOf } from './page.ts'
import { tracesWorld } from './traces-world.ts'

const page = '/experiments/1/traces/rules'
const retention = { days_max: '30', traces_max: '', keep_assessed: 'on' }
const intake = {
  redact_keys: '*password*\n\n authorization \n',
  redact_patterns: '[a-z]+@[a-z]+',
  sample_percent: '12.5',
}

async function world() {
  const made = await tracesWorld()
  const ann = made.as(made.ann)
  const seen = async (action: string) =>
    hiddenFields((await ann.get(page)).html, `${page}/${action}`)
  const kept = async (what: string) =>
    (await made.call(made.ann, 'GET', `/api/v1/experiments/1/trace-${what}`)).json
  return { ...made, ann, seen, kept }
}

test('how long traces are kept, and what never is, is said on their page', async () => {
  const { ann, seen, kept, list, call } = await world()
  expect((await ann.get(list)).html).toContain(`href="${page}"`)
  const saved = await ann.post(`${page}/retention`, { ...(await seen('retention')), ...retention })
  expect(saved).toMatchObject({ status: 303, location: page })
  expect(await kept('retention')).toEqual({
    ...{ revision: 1, days_max: 30, traces_max: null, keep_assessed: true },
    keep_of_versions: false,
  })
  expect((await ann.post(`${page}/intake`, { ...(await seen('intake')), ...intake })).status).toBe(
    303,
  )
  expect(await kept('intake')).toMatchObject({
    ...{ revision: 1, redact_keys: ['*password*', 'authorization'], sample_rate: 0.125 },
    redact_patterns: ['[a-z]+@[a-z]+'],
  })
  const { html } = await ann.get(page)
  expect(html).toContain('value="12.5"')
  expect(textOf(html)).toContain('So far 0 values redacted')
  const { json } = await call(admin, 'GET', '/api/v1/audit?max_results=100')
  const actions = json.items.map(({ action }: { action: string }) => action)
  for (const action of ['trace_retention.changed', 'trace_intake.changed']) {
    expect(actions.filter((one: string) => one === action)).toHaveLength(1)
  }
})

test.each([
  ['retention', { days_max: '0' }, 'The age in days is a whole number from 1 to 36500'],
  ['retention', { traces_max: '100001' }, 'The number of traces is a whole number from 1'],
  ['intake', { redact_keys: '**' }, 'would redact everything'],
  ['intake', { redact_patterns: '(' }, 'is no regular expression of RE2'],
  ['intake', { redact_patterns: 'a\n'.repeat(21) }, 'At most 20 lines'],
  ['intake', { redact_keys: 'a'.repeat(251) }, 'A line has at most 250 characters'],
  ['intake', { sample_percent: '101' }, 'The share that is kept is a number from 0 to 100'],
])('%s with %o is refused beside what was typed', async (what, fields, message) => {
  const { ann, seen, kept } = await world()
  const before = await kept(what)
  const refused = await ann.post(`${page}/${what}`, { ...(await seen(what)), ...fields })
  expect([refused.status, textOf(refused.html)]).toEqual([400, expect.stringContaining(message)])
  const [name = '', typed = ''] = Object.entries(fields)[0] ?? []
  expect(refused.html).toContain(`name="${name}"`)
  expect(refused.html).toContain(typed.trim().slice(0, 100))
  expect(await kept(what)).toEqual(before)
})

test('of two who change the same rules the second is told', async () => {
  const { ann, seen, kept } = await world()
  const old = await seen('retention')
  await ann.post(`${page}/retention`, { ...old, ...retention })
  const second = await ann.post(`${page}/retention`, { ...old, days_max: '1' })
  expect([second.status, textOf(second.html)]).toEqual([
    409,
    expect.stringContaining('somebody else changed it'),
  ])
  expect((await kept('retention')).days_max).toBe(30)
})

test('who may only read sees the rules and cannot change them', async () => {
  const { ann, seen, as, user } = await world()
  const rick = as(await user('rick'))
  const { html } = await rick.get(page)
  expect(markupIn(html)).not.toContain('Save what is')
  expect(html).toContain('disabled')
  for (const [what, fields] of [
    ['retention', retention],
    ['intake', intake],
  ] as const) {
    const refused = await rick.post(`${page}/${what}`, { ...(await seen(what)), ...fields })
    expect(refused.status).toBe(403)
  }
  expect((await ann.get(page)).html).toContain('name="seen_intake" value="0"')
})
