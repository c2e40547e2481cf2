import { describe, expect, test } from 'vitest'
import { cutText, excerpt } from '../../src/core/error.ts'
import { defaultSettings } from '../../src/platform/settings/settings.ts'
import type { RegistryEvent } from '../../src/webhooks/events/events.ts'
import { payloadOf } from '../../src/webhooks/formats/formats.ts'
import { testServer } from '../support/server.ts'

describe('a text is never cut inside a character', () => {
  test.each([0, 1, 2, 3, 198, 199, 200, 201])('by an excerpt that begins %i letters later', (n) => {
    const text = 'x'.repeat(n) + '🐙'.repeat(200)
    expect(excerpt(text).isWellFormed()).toBe(true)
    expect(excerpt(text).length).toBeLessThanOrEqual(203)
    expect(cutText(text, text.length)).toBe(text)
    expect(text.startsWith(cutText(text, 7))).toBe(true)
  })

  test('by an error that quotes it', async () => {
    const { call } = await testServer()
    for (const odd of ['', 'x']) {
      const name = odd + '🐙'.repeat(150)
      for (const path of [
        `/api/2.0/mlflow/registered-models/get?name=${encodeURIComponent(name)}`,
        `/api/2.0/mlflow/registered-models/search?filter=${encodeURIComponent(`${name} = 1`)}`,
        `/api/2.0/mlflow/registered-models/search?filter=${encodeURIComponent(`name = '${name}`)}`,
        `/api/v1/models/${encodeURIComponent(name)}/versions/1/card`,
        `/api/v1/audit?action=${encodeURIComponent(name)}`,
      ]) {
        const { status, text } = await call('GET', path)
        expect(status).toBeGreaterThanOrEqual(400)
        expect(status).toBeLessThan(500)
        expect(text).not.toMatch(/\\ud[89a-f]|\ufffd/i)
      }
    }
  })

  test('by a message for Slack', () => {
    for (const odd of ['', 'x', 'xx']) {
      const event: RegistryEvent = {
        seq: 1,
        n: 0,
        type: 'model_version.transitioned',
        atMs: 1,
        actor: { name: 'ada', kind: 'user', verified: true, groups: [] },
        isPrompt: false,
        registeredModelId: null,
        model: odd + '🐙'.repeat(3000),
        version: '1',
        before: { stage: odd + '🐙'.repeat(300) },
        after: { stage: odd + '🐙'.repeat(300) },
        reason: null,
        promotionId: null,
        approvedBy: [],
      }
      const { body } = payloadOf(event, {
        format: 'slack',
        webhookId: '1',
        packages: defaultSettings.packages,
      })
      expect(body).not.toMatch(/\\ud[89a-f]|[\ud800-\udbff](?![\udc00-\udfff])/i)
    }
  })
})

describe('a message says what to send, in a sentence', () => {
  test.each([
    ['/api/v1/audit?max_results=x', "'x' must be a number"],
    ['/api/v1/audit?max_results=0', "'0' must be at least 1"],
    ['/api/v1/audit?max_results=1.5', "'1.5' must be a whole number"],
    ['/api/v1/audit?max_results=', 'it must be at least 1'],
    ['/api/v1/audit?max_results=1&max_results=2', 'it must be a number'],
    ['/api/v1/audit?actions=x', "it must not have 'actions', which is unknown here; leave it out"],
    ['/api/v1/audit?action=x', "'x' must be one of model_version.transitioned, "],
    ['/api/v1/audit?model=m&version=NaN', "'NaN' must be a number"],
    ['/api/v1/audit?model=', 'it must not be empty'],
    ['/api/v1/audit/verify?head=x', 'give sha256: and 64 hex digits'],
    ['/api/v1/audit?since=yesterday', "'yesterday' must be Unix milliseconds, or ISO 8601 such as"],
    ['/api/v1/models/m/versions/x/card', "'x' must be a number"],
  ])('for GET %s', async (path, sentence) => {
    const { call } = await testServer()
    const { status, json } = await call('GET', path)
    expect(status).toBe(400)
    expect(json.message).toContain(sentence)
    expect(json.message).not.toMatch(/NaN(?!')|received|Invalid input|\^|\\d/)
  })

  test.each([
    [{ owners: 'ada' }, "'ada' must be a list"],
    [{ fairness: [{ slice: 's', metric: 'm' }] }, 'must be given: a number'],
    [{ fairness: [{ slice: 's', metric: 'm', value: 'high' }] }, "'high' must be a number"],
    [{ licence: 'x'.repeat(501) }, 'must have at most 500 characters'],
    [{ licence: { name: 'x' } }, 'it must be text'],
    [{ revision: null }, 'it must be a number'],
    [{ owners: [''] }, 'it must not be empty'],
    [{ Limitations: 'x' }, "it must not have 'Limitations', which is unknown here"],
  ])('for a card of %j', async (card, sentence) => {
    const { call } = await testServer()
    const { status, json } = await call('PUT', '/api/v1/models/m/versions/1/card', card)
    expect(status).toBe(400)
    expect(json.message).toContain(sentence)
    expect(json.message).not.toMatch(/received|Invalid input|expected/)
  })

  test('and does not repeat a secret', async () => {
    const { call } = await testServer()
    const secret = 'hunter2'
    const { json } = await call('POST', '/api/v1/webhooks', {
      name: 'w',
      url: 'https://example.com',
      secret: [secret],
      events: 'x',
    })
    expect(json.message).not.toContain(secret)
  })
})

describe('the audit log is asked by times', () => {
  test.each([
    (ms: number) => String(ms),
    (ms: number) => new Date(ms).toISOString(),
    (ms: number) => new Date(ms).toISOString().replace('Z', '%2B00:00'),
    (ms: number) => new Date(ms).toISOString().replace('Z', '+00:00'),
  ])('in Unix milliseconds and in ISO 8601', async (form) => {
    let at = Date.UTC(2026, 7, 1, 12)
    const { app, post, call } = await testServer({ now: () => at })
    for (const name of ['a', 'b', 'c']) {
      await post('registered-models/create', { name })
      at += 60_000
    }
    const second = Date.UTC(2026, 7, 1, 12, 1)
    const models = async (query: string) => {
      const { json } = await call('GET', `/api/v1/audit?${query}`)
      return json.items.map(({ model }: { model: string }) => model)
    }
    expect(await models(`since=${form(second)}`)).toEqual(['c', 'b'])
    expect(await models(`until=${form(second)}`)).toEqual(['a'])
    expect(await models(`since=${form(second)}&until=${form(second + 1)}`)).toEqual(['b'])
    const exported = await app.request(`/api/v1/audit/export?since=${form(second + 1)}`)
    expect((await exported.text()).trim().split('\n')).toHaveLength(1)
  })
})

test('a clock that is set back a day hides nothing from who asks for now', async () => {
  let at = Date.UTC(2026, 7, 2, 12)
  const { post, call } = await testServer({ now: () => at++ })
  await post('registered-models/create', { name: 'm' })
  await post('model-versions/create', { name: 'm', source: 's3://b/m' })
  const move = (stage: string) =>
    post('model-versions/transition-stage', { name: 'm', version: '1', stage })
  const held = async (stage: string, moment: string) =>
    (await call('GET', `/api/v1/models/m/stages/${stage}?at=${moment}`)).json.items?.length
  await move('Production')
  at -= 86_400_000
  expect(await held('Production', String(at))).toBe(1)
  expect(await held('Production', new Date(at).toISOString())).toBe(1)
  await move('Staging')
  expect(await held('Production', String(at))).toBe(0)
  expect(await held('Staging', String(at))).toBe(1)
  at += 86_400_000 + 60_000
  expect(await held('Staging', String(at))).toBe(1)
})
