import { type SQL, sql } from 'drizzle-orm'
import { beforeAll, describe, expect, test } from 'vitest'
import { compile } from '../../src/db/compile.ts'
import { likeTest } from '../../src/search/text-match.ts'
import { appOf } from '../support/app.ts'
import { client } from '../support/client.ts'
import { planOf } from '../support/plans.ts'
import { traceId, traceServer } from '../support/trace-server.ts'
import { askedDatabase } from '../support/watched-database.ts'

type Server = Awaited<ReturnType<typeof traceServer>>
type Found = { tags: Record<string, string> }
let s: Server
let run: string
let linked: string

/** What the recordings of MLflow 3.17.2 have: four traces, ten seconds apart. */
beforeAll(async () => {
  s = await traceServer()
  const newRun = async () =>
    (await s.post('runs/create', { experiment_id: s.experiment })).json.run.info.run_id
  run = await newRun()
  linked = await newRun()
  const at = (seconds: number) => `2026-01-01T00:00:${String(seconds).padStart(2, '0')}Z`
  const infos = {
    alpha: {
      client_request_id: 'req-a',
      tags: { fruit: 'apple', color: 'red', 'we ird': 'sp', name: 'own' },
      trace_metadata: { user: 'u1', 'mlflow.trace.session': 'S1', 'mlflow.sourceRun': run },
    },
    beta: {
      client_request_id: 'req-b',
      state: 'ERROR',
      execution_duration: '2s',
      tags: { fruit: 'Apple', color: 'blue' },
      trace_metadata: { user: 'u2', 'mlflow.trace.session': 'S1' },
    },
    gamma: {
      tags: { fruit: 'pear' },
      trace_metadata: {
        user: 'u1',
        'mlflow.trace.session': 'S2',
        'mlflow.trace.tokenUsage': '{"total_tokens": 1}',
      },
    },
    delta: { execution_duration: '1.200s', trace_metadata: { 'mlflow.modelId': 'm-1' } },
  }
  for (const [i, [name, info]] of Object.entries(infos).entries()) {
    const tags = { ...('tags' in info ? info.tags : {}), 'mlflow.traceName': name }
    await s.info({ request_time: at(10 * i), ...info, tags }, i + 1)
  }
  const root = (trace: number, attributes: object = {}) => ({
    ...{ trace, id: 1, name: 'root', type: 'AGENT' },
    attributes: { 'mlflow.spanInputs': { q: `question ${trace}` }, ...attributes },
  })
  const below = (trace: number, id: number, more: object) => ({ trace, id, parent: 1, ...more })
  await s.log([
    root(1),
    below(1, 2, {
      name: 'embed',
      type: 'EMBEDDING',
      attributes: { model: 'gpt-4', temp: { double: 0.5 } },
    }),
    below(1, 3, { name: 'call_llm', type: 'LLM', status: 2, attributes: { model: 'claude' } }),
    root(2),
    below(2, 2, { name: 'call_llm', type: 'LLM', attributes: { model: 'gpt-4' } }),
    root(3, { 'k.dotted': 'v1' }),
    below(3, 2, { name: 'tool', type: 'TOOL' }),
    root(4),
  ])
  const says = async (trace: number, name: string, said: object, more: object = {}) => {
    const source = { source_type: 'HUMAN', source_id: 'u' }
    const assessments = [{ assessment_name: name, source, ...said, ...more }]
    const kept = (await s.get(traceId(trace))).json.trace.trace_info
    await s.info({ ...kept, assessments }, trace)
  }
  await says(1, 'correct', { feedback: { value: true } })
  await says(1, 'score', { feedback: { value: 0.9 } })
  await says(1, 'exp', { expectation: { value: 'hello' } })
  await says(2, 'correct', { feedback: { value: false } })
  await says(2, 'score', { feedback: { value: 0.2 } })
  await says(2, 'grade', { feedback: { value: 'good' } })
  await says(3, 'judged', { feedback: { error: { error_code: 'TIMEOUT' } } })
  await says(4, 'judged', { feedback: { value: null } })
  await says(
    1,
    'whole',
    { feedback: { value: 'fine' } },
    { metadata: { 'mlflow.trace.session': 'S1' } },
  )
  await s.post('traces/link-to-run', { run_id: linked, trace_ids: [traceId(3)] })
  const prompt_versions = [{ name: 'qa', version: '1' }]
  await s.post('traces/link-prompts', { trace_id: traceId(4), prompt_versions })
})

const search = (body: object) =>
  s.post3('traces/search', {
    locations: [{ type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: s.experiment } }],
    ...body,
  })

async function names(body: object): Promise<string> {
  const { json, status, text } = await search(body)
  if (status !== 200) throw new Error(text)
  return (json.traces ?? []).map(({ tags }: Found) => tags['mlflow.traceName']).join(' ')
}

const all = 'delta gamma beta alpha'

describe('a filter', () => {
  test.each([
    ["status = 'OK'", 'delta gamma alpha'],
    ["status != 'OK'", 'beta'],
    ["status IN ('OK', 'ERROR')", all],
    ["status ILIKE 'o%'", 'delta gamma alpha'],
    ["trace.`status` RLIKE '^E'", 'beta'],
    ["name = 'alpha'", 'alpha'],
    ["name ILIKE 'AL%'", 'alpha'],
    ["name RLIKE '^(al|be)'", 'beta alpha'],
    ["name RLIKE '['", ''],
    ['name IS NOT NULL', all],
    ["attribute.name LIKE '%a%' AND name LIKE '%e%'", 'delta beta'],
    ['timestamp > 1767225605000', 'delta gamma beta'],
    ['timestamp_ms <= 1767225610000', 'beta alpha'],
    ['execution_time > 1000', 'delta beta'],
    ['end_time >= 1767225612000', 'delta gamma beta'],
    [`request_id = '${traceId(1)}'`, 'alpha'],
    [`request_id IN ('${traceId(1)}', '${traceId(2)}')`, 'beta alpha'],
    ["client_request_id != 'req-a'", 'beta'],
    ['run_id IS NULL', 'delta gamma beta'],
    ["attribute.run_id = 'linked'", 'gamma'],
    ["run_id != 'linked'", 'alpha'],
    ["metadata.`mlflow.sourceRun` = 'linked'", 'gamma'],
    ["request_metadata.mlflow.sourceRun != 'linked'", 'alpha'],
    ["prompt = 'qa/1'", 'delta'],
    ["prompt = 'qa/2'", ''],
    ["tags.fruit = 'apple'", 'alpha'],
    ["tag.fruit != 'apple'", 'gamma beta'],
    ["tags.fruit ILIKE 'a%'", 'beta alpha'],
    ["tags.fruit RLIKE '^[aA]p'", 'beta alpha'],
    ['tags.color IS NULL', 'delta gamma'],
    ["tags.`we ird` = 'sp'", 'alpha'],
    ["tags.name = 'own'", 'alpha'],
    ["metadata.user LIKE 'u%'", 'gamma beta alpha'],
    ["request_metadata.`mlflow.trace.session` = 'S1'", 'beta alpha'],
    ['metadata.`mlflow.trace.tokenUsage` IS NOT NULL', 'gamma'],
    ["metadata.`mlflow.modelId` = 'm-1'", 'delta'],
    ["span.name = 'call_llm'", 'beta alpha'],
    ["span.name != 'call_llm'", all],
    ["span.name ILIKE 'CALL%'", 'beta alpha'],
    ["span.name NOT IN ('root')", 'gamma beta alpha'],
    ["span.name = 'nowhere'", ''],
    ["span.type IN ('LLM', 'TOOL')", 'gamma beta alpha'],
    ["span.status = 'ERROR'", 'alpha'],
    ["span.type = 'LLM' AND span.status = 'ERROR'", 'alpha'],
    ["span.type = 'EMBEDDING' AND span.status = 'ERROR'", ''],
    ["span.attributes.model = 'gpt-4'", 'beta alpha'],
    ["span.attributes.model LIKE '%gpt%'", 'beta alpha'],
    ["span.attributes.model RLIKE '^gpt'", 'beta alpha'],
    ["span.attributes.model != 'gpt-4'", 'alpha'],
    ["span.attributes.temp LIKE '%0.5%'", 'alpha'],
    ["span.attributes.k.dotted LIKE '%v%'", 'gamma'],
    ["span.attributes.`k.dotted` LIKE 'v_'", 'gamma'],
    ["span.type = 'LLM' AND span.attributes.model = 'gpt-4'", 'beta'],
    ["span.content LIKE '%question 1%'", 'alpha'],
    ["span.content ILIKE '%QUESTION 1%'", 'alpha'],
    ["trace.text LIKE '%question 2%' AND status = 'ERROR'", 'beta'],
    ["feedback.correct = 'true'", 'alpha'],
    ["feedback.correct != 'true'", 'beta'],
    ['feedback.score >= 0.2', 'beta alpha'],
    ["feedback.score = '0.9'", 'alpha'],
    ["feedback.grade = 'good'", 'beta'],
    ["feedback.grade LIKE '%oo%'", 'beta'],
    ["feedback.grade LIKE 'good'", ''],
    ["feedback.grade RLIKE 'go'", 'beta'],
    ['feedback.grade IS NULL', 'delta gamma alpha'],
    ["feedback.whole = 'fine'", 'beta alpha'],
    ['feedback.whole IS NULL', 'delta gamma'],
    ['feedback.correct > 0', ''],
    // An error of a judge is no value, as null is none.
    ["feedback.judged = 'null'", 'delta gamma'],
    ["feedback.judged != 'good'", 'delta gamma'],
    ["feedback.judged LIKE 'nu%'", 'delta gamma'],
    ['feedback.judged > 0', ''],
    ["expectation.exp = 'hello'", 'alpha'],
    ["issue.id = 'i-1'", ''],
    [
      "execution_time > 400 AND tags.fruit ILIKE 'apple' AND span.name = 'call_llm' AND feedback.score > 0.1",
      'beta alpha',
    ],
    ["status = 'OK' AND", 'delta gamma alpha'],
  ])('%s finds %s', async (filter, found) => {
    expect(await names({ filter: filter.replace('linked', linked) })).toBe(found)
  })

  test.each([
    ["foo.bar = 'x'", "Invalid entity type 'foo'"],
    ["invalid = 'x'", "Invalid attribute key 'invalid'"],
    ["trace.tags.foo = 'x'", "Invalid attribute key 'tags.foo'"],
    ["status = 'OK' OR name = 'x'", 'Invalid clause(s) in filter string'],
    ["text LIKE '%x%'", 'Invalid clause(s) in filter string'],
    ["name IN ('a')", "Invalid comparator 'IN'"],
    ["status < 'OK'", "Invalid comparator '<'"],
    ['status IS NULL', "Invalid comparator 'IS NULL'"],
    ["status == 'OK'", "Invalid comparator '=='"],
    ["prompt != 'qa/1'", "Invalid comparator '!=' for prompts filter"],
    ["prompt RLIKE 'qa/1'", "Invalid comparator 'RLIKE' for prompts filter"],
    ["prompt = 'qa'", "Invalid prompts filter value 'qa'"],
    ["span.foo = 'x'", "Invalid span attribute 'foo'"],
    ["span.content = 'x'", "span.content comparator '='"],
    ['span.name IS NULL', "span.name comparator 'IS NULL'"],
    ["span.attributes. LIKE 'x'", ''],
    ['feedback.score = 0.9', 'Expected a quoted string value'],
    ["feedback.score > '0.5'", 'Expected'],
    ["timestamp > '1'", ''],
    ["timestamp RLIKE '1'", ''],
    ["issue.id != 'x'", "Invalid comparator '!='"],
  ])('%s is refused', async (filter, message) => {
    const { status, json } = await search({ filter })
    expect([status, json.message]).toEqual([400, expect.stringContaining(message)])
  })
})

describe('an order', () => {
  test.each([
    [['timestamp'], 'alpha beta gamma delta'],
    [['execution_time DESC'], 'beta delta gamma alpha'],
    [['name'], 'alpha beta delta gamma'],
    [['status', 'name DESC'], 'beta gamma delta alpha'],
    [['end_time DESC'], 'delta gamma beta alpha'],
    [['run_id'], 'alpha delta gamma beta'],
    [['tags.fruit'], 'beta alpha gamma delta'],
    [['tag.fruit DESC'], 'gamma alpha beta delta'],
    [['metadata.user'], 'gamma alpha beta delta'],
    [['timestamp', 'timestamp_ms DESC'], 'alpha beta gamma delta'],
  ])('by %s gives %s', async (order_by, found) => {
    expect(await names({ order_by })).toBe(found)
  })

  test.each([['client_request_id'], ['feedback.score'], ['span.name'], ['foo'], ['']])(
    'by %s is refused',
    async (key) => {
      expect((await search({ order_by: [key] })).status).toBe(400)
    },
  )
})

describe('a page', () => {
  test('is followed by the next one, and none repeats a trace that arrived in between', async () => {
    const first = await search({ max_results: 2, filter: "trace.text LIKE '%question%'" })
    const fresh = { request_time: '2026-01-02T00:00:00Z', tags: { 'mlflow.traceName': 'fresh' } }
    await s.info(fresh, 5)
    const page_token = first.json.next_page_token
    expect(
      await names({ max_results: 2, filter: "trace.text LIKE '%question%'", page_token }),
    ).toBe('beta alpha')
    await s.post('traces/delete-traces', { experiment_id: s.experiment, request_ids: [traceId(5)] })
    expect((await search({ max_results: 4 })).json).not.toHaveProperty('next_page_token')
  })

  test.each([[0], [501], [-1]])('of %s traces is refused', async (max_results) => {
    expect((await search({ max_results })).status).toBe(400)
  })

  test.each([
    ['no locations', {}, 400],
    ['an empty list', { locations: [] }, 200],
    [
      'an experiment that is not there',
      { locations: [{ mlflow_experiment: { experiment_id: '99' } }] },
      200,
    ],
    [
      'an id that is no number',
      { locations: [{ mlflow_experiment: { experiment_id: 'x' } }] },
      400,
    ],
  ])('of %s', async (_, body, status) => {
    const answer = await s.post3('traces/search', body)
    expect(answer.status).toBe(status)
    if (status === 200) expect(answer.json).toEqual({})
  })
})

test.each([
  ['%b_d%', 'a bad one', true],
  ['%b_d%', 'a bd one', false],
  ['%b_d%d__e%', 'a bad one, and done', true],
  ['%d__e%b_d%', 'a bad one, and done', false],
  ['%a_a_b%', 'aaaaaab', true],
  ['%😀_c%', 'a😀bc', true],
  ['%a__c%', 'a😀bc', true],
  [`%${'a_'.repeat(40)}b%`, `${'a'.repeat(100)}b`, true],
  [`%${'a_'.repeat(40)}b%`, `${'a'.repeat(80)}`, false],
  ['_😀', '😀😀', true],
])('LIKE %s of %s is %s', (pattern, value, is) => {
  expect(likeTest(pattern, true)(value)).toBe(is)
})

test('patterns on spans are bounded in sum', async () => {
  const locations = [{ mlflow_experiment: { experiment_id: s.experiment } }]
  const clause = `span.content LIKE '%${'_a'.repeat(600)}%'`
  expect((await s.post3('traces/search', { locations, filter: clause })).status).toBe(200)
  const filter = `${clause} AND ${clause}`
  const refused = await s.post3('traces/search', { locations, filter })
  expect(refused.status).toBe(400)
  expect(refused.json.message).toContain('2000 characters in sum')
})

test('the traces of a session are found by their index, by a filter and on its page, in any order', async () => {
  const seen: SQL[] = []
  const db = askedDatabase(s.platform.db, (query) => seen.push(query))
  const { post3, call } = client(appOf(() => ({ ...s.platform, db })))
  const plans = async () => {
    const pages = seen.filter((query) => /session_id = .*limit/s.test(compile(query).text))
    seen.length = 0
    expect(pages).not.toEqual([])
    return (await Promise.all(pages.map(planOf))).flat()
  }
  const index = expect.stringMatching(/^SEARCH t USING INDEX traces_by_session \(.*session_id=\?\)/)
  const one = { mlflow_experiment: { experiment_id: s.experiment } }
  const filter = "metadata.`mlflow.trace.session` = 'S1'"
  for (const locations of [[one], [one, { mlflow_experiment: { experiment_id: '0' } }]]) {
    for (const order_by of [[], ['timestamp ASC'], ['execution_time DESC']]) {
      const { json } = await post3('traces/search', { locations, filter, order_by })
      expect(json.traces).toHaveLength(2)
      expect(await plans()).toContainEqual(index)
    }
  }
  await call('GET', `/experiments/${s.experiment}/sessions?id=S1`)
  expect(await plans()).toContainEqual(index)
})

test('an experiment has a bounded number of kinds of spans, also by one request', async () => {
  const at = await traceServer()
  await at.log([{ id: 1, name: 'first' }])
  await at.log(Array.from({ length: 5100 }, (_, i) => ({ id: i + 2, name: `n${i}` })))
  const kinds = await at.platform.db.first(sql`select count(*) as n from span_kinds`)
  expect(kinds).toEqual({ n: 5001 })
  const locations = [{ mlflow_experiment: { experiment_id: at.experiment } }]
  for (const name of ['first', 'n0', 'n5099']) {
    const filter = `span.name = '${name}'`
    expect((await at.post3('traces/search', { locations, filter })).json.traces).toHaveLength(1)
  }
})

test('a name of spans that is longer than a kind keeps is found by all of it', async () => {
  const long = `${'n'.repeat(300)} the end`
  const at = await traceServer()
  await at.log([{ id: 1, trace: 1, name: long }])
  await at.log([{ id: 1, trace: 2, name: `${'n'.repeat(300)} another` }])
  const found = async (filter: string) => {
    const locations = [
      { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: at.experiment } },
    ]
    const { json } = await at.post3('traces/search', { locations, filter })
    return (json.traces ?? []).map(({ trace_id }: { trace_id: string }) => trace_id)
  }
  expect(await found(`span.name = '${long}'`)).toEqual([traceId(1)])
  expect(await found("span.name LIKE '%the end'")).toEqual([traceId(1)])
  expect(await found(`span.name != '${long}'`)).toEqual([traceId(2)])
})
