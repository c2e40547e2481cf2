import { beforeEach, describe, expect, test } from 'vitest'
import { appOf } from '../support/app.ts'
import { client, type Json, type Reply } from '../support/client.ts'
import { traceId, traceServer } from '../support/trace-server.ts'
import { watchedDatabase } from '../support/watched-database.ts'

let s: Awaited<ReturnType<typeof traceServer>>
const path = (id = '') => `/api/3.0/mlflow/traces/${traceId()}/assessments${id && `/${id}`}`
const good = {
  assessment_name: 'good',
  source: { source_type: 'HUMAN', source_id: 'u' },
  feedback: { value: true },
  metadata: { k: 'v' },
}

beforeEach(async () => {
  s = await traceServer()
  await s.info()
})

const say = (assessment: object): Promise<Reply> => s.call('POST', path(), { assessment })
const read = async (id: string): Promise<Json> => (await s.call('GET', path(id))).json.assessment

async function said(assessment: object): Promise<Json> {
  const { status, json, text } = await say(assessment)
  if (status !== 200) throw new Error(text)
  return json.assessment
}

test.each([
  ['feedback', { value: { a: [1, { b: null }] } }],
  ['feedback', { value: null }],
  ['feedback', { value: null, error: { error_code: 'E', error_message: 'm', stack_trace: 's' } }],
  ['feedback', { value: 0.1 }],
  ['expectation', { value: 'x' }],
  ['expectation', { serialized_value: { serialization_format: 'JSON_FORMAT', value: '{"a": 1}' } }],
  ['issue', { issue_name: 'iss-1' }],
])('%s %j comes back as it was said, with the trace too', async (kind, value) => {
  const { feedback: _, ...rest } = good
  const made = await said({ ...rest, [kind]: value })
  expect(made).toMatchObject({ ...rest, [kind]: value, valid: true, trace_id: traceId() })
  expect(made.assessment_id).toMatch(/^a-[0-9a-f]{32}$/)
  expect(await read(made.assessment_id)).toEqual(made)
  const info = (await s.get(traceId())).json.trace.trace_info
  expect(info.assessments).toEqual([made])
})

test.each([
  ['neither kind', { feedback: undefined }],
  ['an expectation of nothing', { feedback: undefined, expectation: { value: null } }],
  ['no name', { assessment_name: '' }],
  ['no source', { source: undefined }],
  ['a source of no kind', { source: { source_type: 'ALIEN' } }],
  ['a rationale that is too long', { rationale: 'x'.repeat(100_001) }],
  ['a value of no end', { feedback: { value: JSON.parse('['.repeat(200) + ']'.repeat(200)) } }],
])('%s is refused', async (_, change) => {
  expect((await say({ ...good, ...change })).status).toBe(400)
})

test('an id is taken once, and a trace that is not there has none', async () => {
  const own = { ...good, assessment_id: 'a-own', create_time: '2026-01-01T00:00:00Z' }
  expect((await said(own)).create_time).toBe('2026-01-01T00:00:00Z')
  expect((await say(own)).status).toBe(400)
  const elsewhere = path().replace(traceId(), 'tr-none')
  expect((await s.call('POST', elsewhere, { assessment: good })).status).toBe(404)
  expect((await s.call('GET', `${elsewhere}/a-own`)).status).toBe(404)
  expect((await s.call('DELETE', `${elsewhere}/a-own`)).status).toBe(200)
})

test('all assessments of a trace are bounded in sum', async () => {
  const long = { ...good, rationale: 'x'.repeat(99_000) }
  let last = 200
  for (let i = 0; i < 60 && last === 200; i++) last = (await say(long)).status
  expect(last).toBe(400)
})

describe('one that overrides another', () => {
  test('takes its place until it is deleted', async () => {
    const first = await said(good)
    const second = await said({
      ...good,
      feedback: { value: false },
      overrides: first.assessment_id,
    })
    expect((await read(first.assessment_id)).valid).toBe(false)
    await s.call('DELETE', path(second.assessment_id))
    expect((await read(first.assessment_id)).valid).toBe(true)
    expect((await s.call('GET', path(second.assessment_id))).status).toBe(404)
    expect((await s.call('DELETE', path(second.assessment_id))).status).toBe(200)
  })

  test('takes its place in the info of the trace too, before it or behind it', async () => {
    const one = (assessment_id: string, overrides?: string) => ({
      ...good,
      assessment_id,
      overrides,
    })
    const assessments = [one('a-2', 'a-1'), one('a-1'), one('a-3', 'a-none'), one('a-4', 'a-4')]
    const { json } = await s.info({ assessments })
    const said: Json[] = json.trace.trace_info.assessments
    const valid = said.map(({ assessment_id, valid }) => [assessment_id, valid])
    expect(valid).toEqual([
      ['a-2', true],
      ['a-1', false],
      ['a-3', true],
      ['a-4', true],
    ])
    await s.call('DELETE', path('a-2'))
    expect((await read('a-1')).valid).toBe(true)
  })

  test('leaves it overridden while another one overrides it too', async () => {
    const first = await said(good)
    const over = () => said({ ...good, overrides: first.assessment_id })
    const [second, third] = [await over(), await over()]
    await s.call('DELETE', path(second.assessment_id))
    expect((await read(first.assessment_id)).valid).toBe(false)
    await s.call('DELETE', path(third.assessment_id))
    expect((await read(first.assessment_id)).valid).toBe(true)
  })

  test('that is not there is refused, and nothing is kept', async () => {
    expect((await say({ ...good, overrides: 'a-none' })).status).toBe(404)
    expect((await s.get(traceId())).json.trace.trace_info).not.toHaveProperty('assessments')
  })
})

describe('an update', () => {
  const update = async (assessment: object, update_mask: unknown) => {
    const { assessment_id } = await said(good)
    return s.call('PATCH', path(assessment_id), { assessment, update_mask })
  }

  test.each([
    ['feedback,rationale', { feedback: { value: 'x' }, rationale: 'new' }],
    ['assessmentName', { assessment_name: 'b' }],
    [{ paths: ['rationale'] }, { rationale: 'r' }],
  ])('of %j changes what it names', async (mask, change) => {
    expect((await update(change, mask)).json.assessment).toMatchObject(change)
  })

  test('adds to the metadata, and leaves what the mask does not name', async () => {
    const { json } = await update({ metadata: { k2: 'v2' }, rationale: 'z' }, 'metadata,bogus')
    expect(json.assessment.metadata).toEqual({ k: 'v', k2: 'v2' })
    expect(json.assessment).not.toHaveProperty('rationale')
  })

  test.each([
    ['no mask', { rationale: 'q' }, undefined],
    ['an empty mask', { rationale: 'q' }, ''],
    ['another kind', { expectation: { value: 1 } }, 'expectation'],
    ['an empty name', { assessment_name: '' }, 'assessment_name'],
  ])('with %s is refused', async (_, change, mask) => {
    expect((await update(change, mask)).status).toBe(400)
  })
})

test('a change of feedback is not written into an expectation that was made under its id meanwhile', async () => {
  const own = { ...good, assessment_id: 'a-own' }
  await said(own)
  let hasActed = false
  const replace = async () => {
    if (hasActed) return
    hasActed = true
    await s.call('DELETE', path('a-own'))
    await said({ ...own, feedback: undefined, expectation: { value: 'x' } })
  }
  const db = watchedDatabase(s.platform.db, { tables: 'assessments', before: replace })
  const overtaken = client(appOf(() => ({ ...s.platform, db })))
  const change = { assessment: { feedback: { value: 'y' } }, update_mask: 'feedback' }
  const refused = await overtaken.call('PATCH', path('a-own'), change)
  expect([hasActed, refused.status, refused.json.error_code]).toEqual([
    true,
    400,
    'INVALID_PARAMETER_VALUE',
  ])
  const kept = await read('a-own')
  expect(kept.expectation).toEqual({ value: 'x' })
  expect(kept).not.toHaveProperty('feedback')
})
