import { expect, test } from 'vitest'
import type { Json, Reply } from '../support/client.ts'
import { traceId, traceServer } from '../support/trace-server.ts'

const human = { source_type: 'HUMAN', source_id: 'ada' }

async function phraseServer() {
  const s = await traceServer()
  await s.info()
  return {
    ...s,
    at: (method: string, path: string, body?: Json) =>
      s.call(method, `/api/3.0/mlflow/${path}`, body),
  }
}

type Server = Awaited<ReturnType<typeof phraseServer>>

/** What MLflow's server answers to the same, observed of 3.17.2. */
const refusals: readonly [
  title: string,
  (s: Server) => Promise<Reply>,
  status: number,
  phrase: string,
][] = [
  [
    'a trace that is not there',
    (s) => s.get('get?trace_id=tr-no'),
    404,
    'Trace with ID tr-no is not found.',
  ],
  ['its info', (s) => s.get('tr-no'), 404, "Trace with ID 'tr-no' not found."],
  [
    'no ids',
    (s) => s.at('POST', 'traces/batchGetInfos', {}),
    400,
    "Missing value for required parameter 'trace_ids'.",
  ],
  [
    'a long name',
    (s) => s.info({ tags: { 'mlflow.traceName': 'x'.repeat(4097) } }),
    400,
    "'Trace name' exceeds the maximum length of 4096 characters",
  ],
  [
    'a long session',
    (s) => s.info({ trace_metadata: { 'mlflow.trace.session': 'x'.repeat(251) } }),
    400,
    "'Session ID' exceeds the maximum length of 250 characters",
  ],
  [
    'an attachment without an id',
    (s) => s.call('GET', `/ajax-api/2.0/mlflow/get-trace-artifact?request_id=${traceId()}&path=x`),
    400,
    "Invalid attachment path: 'x'",
  ],
  [
    'tags of no dataset',
    (s) => s.at('PATCH', 'datasets/d-no/tags', { tags: '{"a": "b"}' }),
    404,
    'Could not find evaluation dataset with ID d-no',
  ],
  [
    'a place for no dataset',
    (s) => s.at('POST', 'datasets/d-no/add-experiments', { experiment_ids: ['0'] }),
    404,
    "Dataset 'd-no' not found",
  ],
  [
    'scorers of no experiment',
    (s) => s.at('GET', 'scorers/list?experiment_id=99'),
    404,
    'No Experiment with id=99 exists',
  ],
]

test.each(refusals)(
  '%s is refused with the phrase that clients know',
  async (_title, send, status, phrase) => {
    const { status: got, json } = await send(await phraseServer())
    expect([got, String(json.message).slice(0, phrase.length)]).toEqual([status, phrase])
  },
)

test.each([
  ['feedback', 'expectation', 'Cannot update expectation value on a Feedback assessment'],
  ['expectation', 'feedback', 'Cannot update feedback value on an Expectation assessment'],
])('what was %s does not become %s', async (was, said, phrase) => {
  const s = await phraseServer()
  const path = `traces/${traceId()}/assessments`
  const made = await s.at('POST', path, {
    assessment: { assessment_name: 'a', source: human, [was]: { value: 1 } },
  })
  const { assessment_id } = made.json.assessment
  const changed = await s.at('PATCH', `${path}/${assessment_id}`, {
    assessment: { [said]: { value: 2 } },
    update_mask: said,
  })
  expect([changed.status, changed.json.message]).toEqual([400, expect.stringContaining(phrase)])
})

test('a question keeps its kind of answers, and may change their bounds', async () => {
  const s = await phraseServer()
  const { json } = await s.at('POST', 'label-schemas/create', {
    ...{ experiment_id: s.experiment, name: 'q', type: 'FEEDBACK' },
    input: { numeric: { min_value: 1, max_value: 5 } },
  })
  const { schema_id } = json.label_schema
  const change = (input: Json) => s.at('PATCH', 'label-schemas/update', { schema_id, input })
  const refused = await change({ text: {} })
  expect([refused.status, refused.json.message]).toEqual([
    400,
    expect.stringMatching(/^A label schema's input type cannot be changed/),
  ])
  const changed = await change({ numeric: { min_value: 1, max_value: 9 } })
  expect(changed.json.label_schema.input).toEqual({ numeric: { min_value: 1, max_value: 9 } })
})

test('a time that is none is refused, and not kept as another', async () => {
  const s = await phraseServer()
  for (const request_time of ['yesterday', '2026-01-01', '2026-13-01T00:00:00Z', '']) {
    const { status, text } = await s.info({ request_time }, 2)
    expect([status, request_time]).toEqual([400, request_time])
    expect(text).toContain('request_time')
  }
})

test('filters look for a trace without a duration by when it began, and refuse what they do not know', async () => {
  const s = await phraseServer()
  await s.info({ execution_duration: undefined, state: 'IN_PROGRESS' }, 2)
  const locations = [{ mlflow_experiment: { experiment_id: s.experiment } }]
  const search = (filter: string) => s.post3('traces/search', { locations, filter })
  const found = await search(`end_time = ${Date.parse('2026-01-01T00:00:00Z')}`)
  expect(found.json.traces.map((t: Json) => t.trace_id)).toEqual([traceId(2)])
  expect((await search("issue.foo = 'x'")).status).toBe(400)
  for (const key of ['id', 'name', 'run_id', 'prompt']) {
    expect((await search(`issue.${key} = 'x/1'`)).status, key).toBe(200)
  }
  const usage = 'metadata.`mlflow.trace.tokenUsage`'
  for (const operator of ['LIKE', 'ILIKE', 'RLIKE']) {
    const refused = await search(`${usage} ${operator} '%5%'`)
    expect([refused.status, refused.json.message]).toEqual([
      400,
      expect.stringContaining(`Comparator '${operator}' is not supported for reserved metadata`),
    ])
  }
  expect((await search(`${usage} IS NULL`)).json.traces).toHaveLength(2)
  expect((await search(`${usage} = 'x'`)).status).toBe(200)
})
