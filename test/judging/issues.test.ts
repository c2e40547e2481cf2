import { beforeEach, expect, test } from 'vitest'
import type { Json } from '../support/client.ts'
import { Clock } from '../support/clock.ts'
import { traceId, traceServer } from '../support/trace-server.ts'

let s: Awaited<ReturnType<typeof traceServer>>
const clock = new Clock()
const path = '/api/3.0/mlflow/issues'

beforeEach(async () => {
  s = await traceServer({ now: clock.now })
})

const issue = (body: object = {}) =>
  s.call('POST', path, { experiment_id: s.experiment, name: 'slow', description: 'd', ...body })
const search = async (body: object = {}): Promise<Json> =>
  (await s.call('POST', `${path}/search`, { experiment_id: s.experiment, ...body })).json
const namesOf = ({ issues = [] }: Json) => issues.map(({ name }: Json) => name)

test('an issue is kept as it was found, and changed', async () => {
  const run = (await s.post('runs/create', { experiment_id: s.experiment })).json.run.info.run_id
  const found = {
    severity: 'high',
    root_causes: ['r1'],
    categories: ['c'],
    created_by: 'kim',
    source_run_id: run,
  }
  const made = (await issue(found)).json.issue
  expect(made).toEqual({
    ...found,
    issue_id: expect.stringMatching(/^iss-[0-9a-f]{32}$/),
    experiment_id: s.experiment,
    name: 'slow',
    description: 'd',
    status: 'pending',
    created_timestamp: clock.ms,
    last_updated_timestamp: clock.ms,
  })
  const one = `${path}/${made.issue_id}`
  expect((await s.call('GET', one)).json.issue).toEqual(made)
  clock.pass(5)
  const changed = (await s.call('PATCH', one, { status: 'resolved' })).json.issue
  expect(changed).toEqual({ ...made, status: 'resolved', last_updated_timestamp: clock.ms })
  expect((await s.call('GET', one)).json.issue).toEqual(changed)
})

test.each([
  ['no name', { name: '' }, 400],
  ['no such status', { status: 'zz' }, 400],
  ['no such severity', { severity: 'zz' }, 400],
  ['no such experiment', { experiment_id: '999' }, 404],
  ['no such run', { source_run_id: 'none' }, 404],
  ['too long a name', { name: 'n'.repeat(501) }, 400],
  ['too many causes', { root_causes: Array(101).fill('r') }, 400],
])('an issue with %s is refused', async (_, body, status) => {
  expect((await issue(body)).status).toBe(status)
  expect(await search()).toEqual({ next_page_token: '' })
})

test('an issue that is not there is told', async () => {
  const told = "Issue with ID 'iss-x' not found"
  expect((await s.call('GET', `${path}/iss-x`)).json.message).toBe(told)
  expect((await s.call('PATCH', `${path}/iss-x`, { status: 'pending' })).status).toBe(404)
})

test('issues are found by status and run, the newest first, page by page', async () => {
  for (const [name, status] of [
    ['a', 'pending'],
    ['b', 'resolved'],
    ['c', 'pending'],
  ]) {
    await issue({ name, status })
  }
  expect(namesOf(await search())).toEqual(['c', 'b', 'a'])
  expect(namesOf(await search({ filter_string: "status = 'pending'" }))).toEqual(['c', 'a'])
  expect(
    namesOf(await search({ filter_string: "source_run_id = 'r' AND status != 'pending'" })),
  ).toEqual([])
  expect(namesOf(await search({ experiment_id: undefined }))).toHaveLength(3)
  const first = await search({ max_results: 2 })
  const second = await search({ max_results: 2, page_token: first.next_page_token })
  expect([namesOf(first), namesOf(second)]).toEqual([['c', 'b'], ['a']])
  const refused = await search({ filter_string: "name = 'x'" })
  expect(refused.message).toContain("Invalid filter field 'name'")
  expect((await search({ max_results: 0 })).error_code).toBe('INVALID_PARAMETER_VALUE')
})

test('a page of many issues ends once it has 10 MB of texts, and goes on behind its token', async () => {
  const root_causes = Array(100).fill('r'.repeat(5000))
  for (let i = 0; i < 23; i++) expect((await issue({ name: `${i}`, root_causes })).status).toBe(200)
  const first = await search({ max_results: 50_000 })
  const second = await search({ max_results: 50_000, page_token: first.next_page_token })
  expect(namesOf(first)).toHaveLength(20)
  expect(namesOf(second)).toEqual(['2', '1', '0'])
  expect(second.next_page_token).toBe('')
})

test('the gravest issues come first, then those found most, then the newest, page by page', async () => {
  const made = new Map<string, string>()
  for (const [name, severity] of [
    ['found', undefined],
    ['low', 'low'],
    ['high', 'high'],
    ['none', 'not_an_issue'],
    ['medium', 'medium'],
    ['newest', undefined],
  ]) {
    const { json } = await issue({ name, severity })
    made.set(String(name), json.issue.issue_id)
  }
  await s.info()
  const assessment = {
    assessment_name: made.get('found'),
    source: { source_type: 'HUMAN' },
    issue: { issue_name: 'found' },
  }
  await s.post3(`traces/${traceId()}/assessments`, { assessment })
  const all = async (body: object) => {
    const found: string[] = []
    let page_token: string | undefined
    do {
      const page = await search({ max_results: 2, page_token, ...body })
      found.push(...namesOf(page))
      page_token = page.next_page_token
    } while (page_token)
    return found
  }
  const grave = ['high', 'medium', 'low', 'none']
  expect(await all({})).toEqual([...grave, 'newest', 'found'])
  expect(await all({ include_trace_count: true })).toEqual([...grave, 'found', 'newest'])
})

test('the traces of an issue are counted once each', async () => {
  const { issue_id } = (await issue()).json.issue
  await issue({ name: 'other' })
  for (const trace of [1, 2]) {
    await s.info({}, trace)
    const assessment = {
      assessment_name: issue_id,
      source: { source_type: 'HUMAN' },
      issue: { issue_name: 'slow' },
    }
    for (const _ of [1, 2]) await s.post3(`traces/${traceId(trace)}/assessments`, { assessment })
  }
  const { issues } = await search({ include_trace_count: true })
  expect(issues.map(({ trace_count }: Json) => trace_count)).toEqual([2, 0])
  expect((await search()).issues[0]).not.toHaveProperty('trace_count')
})
