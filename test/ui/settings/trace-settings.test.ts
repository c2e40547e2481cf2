import { expect, test } from 'vitest'
import { admin } from '../../support/auth-server.ts'
import { hiddenFields, markupIn, pagesOf, textOf } from '../page.ts'
import { tracesWorld } from '../traces-world.ts'

const page = '/settings/traces'
const terms = { redact_keys: '*password*\n', redact_patterns: '[a-z]+@[a-z]+', sample_percent: '' }

async function world() {
  const made = await tracesWorld()
  const root = pagesOf(made.app, admin)
  const kept = async () => (await made.call(admin, 'GET', '/api/v1/trace-intake')).json
  const seen = async () => hiddenFields((await root.get(page)).html, page)
  return { ...made, root, kept, seen }
}

test('an administrator says what of all traces is redacted, and the next trace is', async () => {
  const { root, kept, seen, call, logTrace, ann, as } = await world()
  expect(textOf((await root.get(page)).html)).toContain('Nobody has said anything yet.')
  const saved = await root.post(page, { ...(await seen()), ...terms })
  expect([saved.status, saved.location]).toEqual([303, page])
  expect(await kept()).toEqual({
    ...{ revision: 1, redact_keys: ['*password*'], redact_patterns: ['[a-z]+@[a-z]+'] },
    sample_rate: null,
  })
  expect(textOf((await root.get(page)).html)).toContain('Revision 1.')
  const { json } = await call(admin, 'GET', '/api/v1/audit?action=trace_intake.changed')
  expect(json.items).toMatchObject([
    { actor: { name: 'admin' }, after: { experiment: null, redact_keys: ['*password*'] } },
  ])
  const id = await logTrace(1, { question: 'is ann@example ripe?' })
  expect(textOf((await as(ann).get(`/traces/${id}`)).html)).toContain('is [redacted] ripe?')
  const rules = textOf((await as(ann).get('/experiments/1/traces/rules')).html)
  expect(rules).toContain('The server says for every experiment: *password* , [a-z]+@[a-z]+')
})

test.each([
  [{ redact_keys: '**' }, 'would redact everything'],
  [{ redact_patterns: '(' }, 'is no regular expression of RE2'],
  [{ sample_percent: '101' }, 'The share that is kept is a number from 0 to 100'],
])('%o is refused beside what was typed', async (fields, message) => {
  const { root, kept, seen } = await world()
  const before = await kept()
  const refused = await root.post(page, { ...(await seen()), ...terms, ...fields })
  expect([refused.status, textOf(refused.html)]).toEqual([400, expect.stringContaining(message)])
  expect(refused.html).toContain(Object.values(fields)[0])
  expect(await kept()).toEqual(before)
})

test('of two who change it from one revision the second is told', async () => {
  const { root, kept, seen } = await world()
  const old = await seen()
  await root.post(page, { ...old, ...terms })
  const second = await root.post(page, { ...old, ...terms, redact_keys: 'mine' })
  expect([second.status, textOf(second.html)]).toEqual([
    409,
    expect.stringContaining('somebody else changed it'),
  ])
  expect(second.html).toContain('>mine</textarea>')
  expect((await kept()).redact_keys).toEqual(['*password*'])
})

test('everybody reads it and finds it in the settings, and who is no administrator changes nothing', async () => {
  const { as, ann, kept, seen, call } = await world()
  const hers = as(ann)
  const { html } = await hers.get(page)
  expect(html).toContain(`href="${page}"`)
  expect(markupIn(html)).not.toContain('Save what is')
  expect(html).toContain('<fieldset disabled')
  const refused = await hers.post(page, { ...(await seen()), ...terms })
  expect(refused.status).toBe(403)
  expect(await kept()).toMatchObject({ revision: 0, redact_keys: [] })
  const { json } = await call(admin, 'GET', '/api/v1/audit?actor=ann&max_results=1')
  expect(json.items[0]).toMatchObject({ action: 'request.refused' })
})
