import { expect, test } from 'vitest'
import { admin } from '../support/auth-server.ts'
import { markupIn, postedFields, rowsOf, textOf } from './page.ts'
import { promptsWorld as world } from './prompts-world.ts'

const chat = [
  { role: 'system', content: 'Answer in {{language}}.' },
  { role: 'user', content: [{ type: 'text', text: '{{question}}' }] },
]

test('prompts are listed apart from models, searched, and lead to what they say', async () => {
  const { as, ann } = await world()
  const list = await as(ann).get('/prompts')
  expect(rowsOf(list.html)).toEqual([
    expect.stringMatching(/^support team=care 1 Hello \{\{ name \}\}, see \{\{order.id\}\}. –/),
  ])
  expect(rowsOf((await as(ann).get('/models')).html).join()).not.toContain('support')
  expect(rowsOf((await as(ann).get('/prompts?q=supp')).html)).toHaveLength(1)
  expect(textOf((await as(ann).get('/prompts?q=fraud')).html)).toContain('No prompt matches.')
  const wrong = await as(ann).get(`/prompts?q=${encodeURIComponent('tags.team ~ 1 = 2')}`)
  expect([wrong.status, wrong.html.includes('aria-invalid')]).toEqual([400, true])
})

test('a prompt shows its newest text with variables marked, its versions and who wrote them', async () => {
  const { as, ann, register } = await world()
  await register('Dear {{ name }}.', {}, 'kinder')
  const { html } = await as(ann).get('/prompts/support')
  expect(html).toContain('Dear <mark>{{ name }}</mark>.')
  const text = textOf(html)
  expect(text).toContain('Answers customers.')
  expect(text).toMatch(/by ann for experiment 1/)
  expect(text).toContain('Version 2 , the newest')
  const old = await as(ann).get('/prompts/support/1')
  expect(textOf(old.html)).toMatch(/by ann : “ first ”.*Variables name order\.id/)
  expect(old.html).toContain('load_prompt(&quot;prompts:/support/1&quot;)')
  expect(old.html).toContain(
    `/experiments/1/traces?q=${encodeURIComponent("prompt = 'support/1'").replaceAll("'", '&#39;')}`,
  )
})

test('a chat is shown by its messages, with the model it is for and the answer it asks for', async () => {
  const { as, ann, register } = await world()
  await register(JSON.stringify(chat), {
    _mlflow_prompt_type: 'chat',
    _mlflow_prompt_model_config: '{"model_name": "gpt-5", "temperature": 0.2}',
    _mlflow_prompt_response_format: '{"type": "object"}',
  })
  const { html } = await as(ann).get('/prompts/support/2')
  const text = textOf(html)
  expect(text).toMatch(/system Answer in \{\{language\}\} ?\. user/)
  expect(html).toContain('<mark>{{question}}</mark>')
  expect(rowsOf(html)).toEqual(['model_name gpt-5', 'temperature 0.2'])
  expect(text).toContain('{ "type": "object" }')
  await register('not json', { _mlflow_prompt_type: 'chat' })
  const broken = textOf((await as(ann).get('/prompts/support/3')).html)
  expect(broken).toContain('its messages cannot be read. not json')
})

test('two versions are compared word by word, and by lines where too much differs', async () => {
  const { as, ann, register } = await world()
  await register('Dear {{ name }}, see {{order.id}}.')
  const { html } = await as(ann).get('/prompts/support/compare?v=2&v=1')
  expect(html).toContain('<del>Hello</del><ins>Dear</ins> {{ name }}, see {{order.id}}.')
  await register(Array.from({ length: 900 }, (_, i) => `line ${i * 7}`).join('\n'))
  const far = await as(ann).get('/prompts/support/compare?v=1,3')
  expect(textOf(far.html)).toMatch(/From line 1 of version 1|Too many lines differ/)
  const same = await as(ann).get('/prompts/support/compare?v=1,1')
  const one = await as(ann).get('/prompts/support/compare?v=1')
  expect([same.status, one.status]).toEqual([400, 400])
  expect(textOf(one.html)).toContain('select exactly two')
})

test('an alias is set, moved and deleted there by who may, and a stale form does nothing', async () => {
  const { as, ann, rita, register } = await world()
  await register('Dear {{ name }}.')
  const path = '/prompts/support/aliases'
  const set = await as(ann).post(path, { alias: '@live', version: '1' })
  expect([set.status, set.location]).toEqual([303, '/prompts/support'])
  expect((await as(ann).get('/prompts/support/@live')).location).toBe('/prompts/support/1')
  const shown = postedFields((await as(ann).get('/prompts/support')).html, path)
  await as(ann).post(path, { alias: 'live', version: '2' })
  const stale = await as(ann).post(path, { ...shown, version: '1' })
  expect([stale.status, textOf(stale.html)]).toEqual([
    409,
    expect.stringContaining('@live points at version 2 now'),
  ])
  expect((await as(rita).post(path, { alias: 'live', version: '1' })).status).toBe(403)
  const read = textOf((await as(rita).get('/prompts/support')).html)
  expect(read).toContain('@live points at version 2')
  expect((await as(rita).get('/prompts/support')).html).not.toContain(`action="${path}"`)
  const gone = await as(ann).post(`${path}/remove`, { alias: 'live', seen_version: '2' })
  expect(gone.status).toBe(303)
  expect((await as(ann).get('/prompts/support/@live')).status).toBe(404)
})

test('a prompt is read with the rights of its model, and a model is no prompt', async () => {
  const { as, ann, eve, mlflow } = await world()
  const none = { name: 'support', username: 'eve', permission: 'NO_PERMISSIONS' }
  await mlflow(admin, 'POST', 'registered-models/permissions/create', none)
  for (const path of ['', '/1', '/compare?v=1,1', '/@live']) {
    expect((await as(eve).get(`/prompts/support${path}`)).status, path).toBe(403)
  }
  expect(rowsOf((await as(eve).get('/prompts')).html)).toEqual([])
  const model = await as(ann).get('/prompts/fraud-detector')
  expect([model.status, model.location]).toEqual([302, '/models/fraud-detector'])
  expect((await as(ann).get('/prompts/fraud-detector/2')).location).toBe('/models/fraud-detector/2')
  const near = await as(ann).get('/prompts/suport')
  expect([near.status, near.html.includes('href="/prompts/support"')]).toEqual([404, true])
  expect((await as(ann).get('/prompts/support/9')).status).toBe(404)
})

test('pages of models, runs and find, and links of MLflow’s page, lead to prompts', async () => {
  const { as, ann, post, call } = await world()
  expect((await as(ann).get('/models/support')).html).toContain('href="/prompts/support"')
  expect((await as(ann).get('/models/support/1')).html).toContain('href="/prompts/support/1"')
  const found = await call(ann, 'GET', '/api/v1/find?q=SUPP')
  expect(found.json).toMatchObject({ models: [], prompts: [{ name: 'support' }] })
  expect((await as(ann).get('/find?q=prompts:/support/1')).location).toBe('/prompts/support/1')
  const old = await as(ann).get('/old-links?to=%2Fprompts%2Fsupport')
  expect(old.location).toBe('/prompts/support')
  const { run } = await post('runs/create', {
    experiment_id: '1',
    tags: [{ key: 'mlflow.linkedPrompts', value: '[{"name": "support", "version": "1"}]' }],
  })
  const { html } = await as(ann).get(`/runs/${run.info.run_id}`)
  expect(html).toContain('href="/prompts/support/1"')
})

test('texts that mean harm are shown as texts', async () => {
  const { as, ann, register } = await world()
  const evil = '<img src=x onerror=alert(1)> {{ a }}\u202e'
  await register(evil, { b: evil, _mlflow_prompt_model_config: evil }, evil)
  await register(JSON.stringify([{ role: evil, content: evil, [evil]: evil }]), {
    ...{ _mlflow_prompt_type: 'chat', _mlflow_prompt_response_format: evil },
  })
  for (const path of ['s', 's/support', 's/support/2', 's/support/3', 's/support/compare?v=2,3']) {
    const { status, html } = await as(ann).get(`/prompt${path}`)
    expect([status, markupIn(html)], path).toEqual([200, []])
    expect(html).not.toContain('\u202e')
  }
})
