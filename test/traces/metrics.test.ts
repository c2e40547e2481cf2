import { beforeAll, describe, expect, test } from 'vitest'
import type { Json } from '../support/client.ts'
import { type Member, team } from '../support/team.ts'
import { traceId, traceServer } from '../support/trace-server.ts'

let s: Awaited<ReturnType<typeof traceServer>>
const startMs = Date.parse('2026-01-01T00:00:00Z')

/** What the recordings of MLflow 3.17.2 have: six traces, ten minutes apart. */
beforeAll(async () => {
  s = await traceServer()
  for (const i of [0, 1, 2, 3, 4, 5]) {
    const at = startMs + i * 600_000
    const trace = i + 1
    await s.log([
      {
        trace,
        id: 1,
        name: 'root',
        type: 'AGENT',
        startMs: at,
        endMs: at + (i + 1) * 100,
        status: i === 5 ? 2 : 1,
      },
      {
        ...{ trace, id: 2, parent: 1, name: 'llm', type: 'LLM', startMs: at + 1, endMs: at + 51 },
        attributes: {
          'mlflow.llm.model': `m${i % 2}`,
          'mlflow.llm.provider': 'prov',
          'mlflow.llm.cost': {
            input_cost: { double: i / 100 },
            total_cost: { double: (i + 2) / 100 },
          },
        },
      },
    ])
    await s.info(
      {
        request_time: new Date(at).toISOString(),
        execution_duration: `0.${i + 1}s`,
        state: i === 5 ? 'ERROR' : 'OK',
        tags: { 'mlflow.traceName': `n${i % 2}`, team: 'a' },
        trace_metadata: {
          'mlflow.trace.session': `s${i % 2}`,
          'mlflow.trace.tokenUsage': JSON.stringify({ input_tokens: 10 * (i + 1) }),
          env: 'prod',
        },
      },
      trace,
    )
    for (const [assessment_name, value] of [
      ['score', i / 10],
      ['grade', i % 2 === 0 ? 'bad' : 'good'],
      ['helpful', i % 2 === 0 ? 'no' : 'yes'],
    ] as const) {
      const assessment = { assessment_name, source: { source_type: 'HUMAN' }, feedback: { value } }
      await s.post3(`traces/${traceId(trace)}/assessments`, { assessment })
    }
  }
})

const count = [{ aggregation_type: 'COUNT' }]
const ask = (body: object) =>
  s.post3('traces/metrics', {
    experiment_ids: [s.experiment],
    view_type: 'TRACES',
    aggregations: count,
    ...body,
  })

/** The values of each point, under those of its dimensions. */
async function points(body: object): Promise<Json> {
  const { json, status, text } = await ask(body)
  if (status !== 200) throw new Error(text)
  return (json.data_points ?? []).map(({ dimensions = {}, values }: Json) => [
    Object.values(dimensions).join(' '),
    values,
  ])
}

const sum = [{ aggregation_type: 'SUM' }]
const average = [{ aggregation_type: 'AVG' }]
const percentile = (percentile_value: unknown) => ({
  aggregation_type: 'PERCENTILE',
  percentile_value,
})
const spans = { view_type: 'SPANS', metric_name: 'span_count' }
const assessments = { view_type: 'ASSESSMENTS', metric_name: 'assessment_count' }
const traces = { metric_name: 'trace_count' }

describe('metrics of traces', () => {
  test.each<[string, object, unknown]>([
    ['a count', traces, [['', { COUNT: 6 }]]],
    [
      'a count by status',
      { ...traces, dimensions: ['trace_status'] },
      [
        ['ERROR', { COUNT: 1 }],
        ['OK', { COUNT: 5 }],
      ],
    ],
    [
      'a count by name',
      { ...traces, dimensions: ['trace_name'] },
      [
        ['n0', { COUNT: 3 }],
        ['n1', { COUNT: 3 }],
      ],
    ],
    [
      'a count by numbers that people gave, as doubles',
      {
        ...{ ...assessments, dimensions: ['assessment_value'] },
        ...{ filters: ["assessment.name = 'score'"], end_time_ms: startMs + 600_000 },
      },
      [
        ['0.0', { COUNT: 1 }],
        ['0.1', { COUNT: 1 }],
      ],
    ],
    [
      'a count of spans by model, without those of none',
      { ...spans, dimensions: ['span_model_name'] },
      [
        ['m0', { COUNT: 3 }],
        ['m1', { COUNT: 3 }],
      ],
    ],
    [
      'spans by when their trace began',
      { ...spans, start_time_ms: startMs + 600_000, end_time_ms: startMs + 600_000 },
      [['', { COUNT: 2 }]],
    ],
    [
      'costs by when their span began',
      {
        ...{ view_type: 'SPANS', metric_name: 'total_cost', aggregations: sum },
        ...{ start_time_ms: startMs + 600_000, end_time_ms: startMs + 1_200_000 },
      },
      [['', { SUM: 0.03 }]],
    ],
    [
      'latencies',
      { metric_name: 'latency', aggregations: [...average, percentile(50), percentile(95)] },
      [['', { AVG: 350, 'P50.0': 350, 'P95.0': 575 }]],
    ],
    [
      'latencies by name',
      {
        metric_name: 'latency',
        aggregations: [percentile(50), percentile(95)],
        dimensions: ['trace_name'],
      },
      [
        ['n0', { 'P50.0': 300, 'P95.0': 480 }],
        ['n1', { 'P50.0': 400, 'P95.0': 580 }],
      ],
    ],
    [
      'steps of time',
      {
        ...traces,
        time_interval_seconds: 1800,
        start_time_ms: startMs,
        end_time_ms: startMs + 3_600_000,
      },
      [
        ['2026-01-01T00:00:00+00:00', { COUNT: 3 }],
        ['2026-01-01T00:30:00+00:00', { COUNT: 3 }],
      ],
    ],
    [
      'a range of time',
      { ...traces, start_time_ms: startMs + 1_200_000, end_time_ms: startMs + 2_400_000 },
      [['', { COUNT: 3 }]],
    ],
    ['tokens', { metric_name: 'input_tokens', aggregations: sum }, [['', { SUM: 210 }]]],
    ['tokens that nobody told', { metric_name: 'cache_read_input_tokens', aggregations: sum }, []],
    ['sessions', { metric_name: 'session_count' }, [['', { COUNT: 2 }]]],
    [
      'spans by type',
      { ...spans, dimensions: ['span_type'] },
      [
        ['AGENT', { COUNT: 6 }],
        ['LLM', { COUNT: 6 }],
      ],
    ],
    [
      'spans by name and status',
      { ...spans, dimensions: ['span_name', 'span_status'] },
      [
        ['llm UNSET', { COUNT: 6 }],
        ['root ERROR', { COUNT: 1 }],
        ['root OK', { COUNT: 5 }],
      ],
    ],
    [
      'latencies of spans',
      { ...spans, metric_name: 'latency', aggregations: average, dimensions: ['span_name'] },
      [
        ['llm', { AVG: 50 }],
        ['root', { AVG: 350 }],
      ],
    ],
    [
      'spans in steps of time',
      {
        ...spans,
        time_interval_seconds: 1800,
        start_time_ms: startMs,
        end_time_ms: startMs + 3_600_000,
      },
      [
        ['2026-01-01T00:00:00+00:00', { COUNT: 6 }],
        ['2026-01-01T00:30:00+00:00', { COUNT: 6 }],
      ],
    ],
    [
      'assessments by name',
      { ...assessments, dimensions: ['assessment_name'] },
      [
        ['grade', { COUNT: 6 }],
        ['helpful', { COUNT: 6 }],
        ['score', { COUNT: 6 }],
      ],
    ],
    [
      'values of assessments',
      {
        ...assessments,
        metric_name: 'assessment_value',
        aggregations: average,
        dimensions: ['assessment_name'],
      },
      [
        ['helpful', { AVG: 0.5 }],
        ['score', { AVG: 0.25 }],
      ],
    ],
    [
      'assessments by value',
      { ...assessments, dimensions: ['assessment_value'], filters: ["assessment.name = 'grade'"] },
      [
        ['"bad"', { COUNT: 3 }],
        ['"good"', { COUNT: 3 }],
      ],
    ],
    ['a status', { ...traces, filters: ["trace.status = 'OK'"] }, [['', { COUNT: 5 }]]],
    [
      'tags and metadata',
      { ...traces, filters: ["trace.tag.`team` = 'a'", "trace.metadata.env = 'prod'"] },
      [['', { COUNT: 6 }]],
    ],
    [
      'filters that nothing meets',
      { ...traces, filters: ["trace.status = 'OK'", "trace.tag.team = 'b'"] },
      [['', { COUNT: 0 }]],
    ],
    [
      'spans of a type in traces of a status',
      { ...spans, filters: ["span.type = 'LLM'", "trace.status = 'OK'"] },
      [['', { COUNT: 5 }]],
    ],
    [
      'assessments of a type',
      { ...assessments, filters: ["assessment.type = 'feedback'"] },
      [['', { COUNT: 18 }]],
    ],
    [
      'one point',
      { ...traces, dimensions: ['trace_name'], max_results: 1 },
      [['n0', { COUNT: 3 }]],
    ],
    ['no point', { ...traces, max_results: 0 }, []],
    [
      'an experiment that is not there',
      { ...traces, experiment_ids: ['9999'] },
      [['', { COUNT: 0 }]],
    ],
  ])('are as in MLflow: %s', async (_, body, found) => {
    expect(await points(body)).toEqual(found)
  })

  test('add up costs by model', async () => {
    const body = { ...spans, metric_name: 'total_cost', aggregations: sum }
    const found = await points({ ...body, dimensions: ['span_model_name', 'span_model_provider'] })
    expect(found).toEqual([
      ['m0 prov', { SUM: expect.closeTo(0.12) }],
      ['m1 prov', { SUM: expect.closeTo(0.15) }],
    ])
  })

  test.each([
    [
      'a metric that is not there',
      { metric_name: 'foo' },
      "metric_name must be one of ['trace_count'",
    ],
    ['another view', { ...traces, view_type: 'BOGUS' }, 'view_type'],
    [
      'an aggregation that it has not',
      { ...traces, aggregations: average },
      "Found invalid aggregation_type(s): ['AVG']. Supported aggregation types: ['COUNT']",
    ],
    [
      'a dimension that it has not',
      { ...traces, dimensions: ['foo'] },
      "Found invalid dimension(s): ['foo']. Supported dimensions: ['trace_name', 'trace_status']",
    ],
    [
      'a percentile of nothing',
      { metric_name: 'latency', aggregations: [percentile(undefined)] },
      'percentile_value of 0 to 100',
    ],
    [
      'a percentile of 150',
      { metric_name: 'latency', aggregations: [percentile(150)] },
      'percentile_value of 0 to 100',
    ],
    ['no aggregation', { ...traces, aggregations: [] }, 'aggregations'],
    ['no experiments', { ...traces, experiment_ids: undefined }, 'experiment_ids'],
    [
      'steps of time without a range',
      { ...traces, time_interval_seconds: 60 },
      'start_time_ms and end_time_ms are required if time_interval_seconds is set',
    ],
    [
      'steps back in time',
      { ...traces, time_interval_seconds: -1, start_time_ms: 1, end_time_ms: 2 },
      'must be a positive integer',
    ],
    [
      'another operator',
      { ...traces, filters: ["trace.status != 'OK'"] },
      "Invalid comparator: '!=', only '=' operator is supported",
    ],
    [
      'two clauses',
      { ...traces, filters: ["trace.status = 'OK' AND trace.tag.a = 'b'"] },
      'Invalid clause(s) in filter string',
    ],
    [
      'a key that it has not',
      { ...traces, filters: ["trace.name = 'n0'"] },
      "Invalid entity 'name' specified for view type 'trace'",
    ],
    ['a key of nothing', { ...traces, filters: ["status = 'OK'"] }, "Invalid identifier 'status'"],
    [
      'a key of another view',
      { ...traces, filters: ["span.name = 'llm'"] },
      'Filtering by span is only supported for SPANS view type, got TRACES',
    ],
  ])('refuse %s', async (_, body, message) => {
    const refused = await ask(body)
    expect(refused.status).toBe(400)
    expect(refused.json.message).toContain(message)
  })
})

describe('the correlation of two filters', () => {
  const correlate = (filter_string1: string, filter_string2: string, base_filter?: string) =>
    s.post3('traces/calculate-filter-correlation', {
      experiment_ids: [s.experiment],
      ...{ filter_string1, filter_string2, base_filter },
    })

  test.each([
    [
      "status = 'OK'",
      "name = 'n0'",
      undefined,
      0.2630344058337936,
      0.18646991083057965,
      [5, 3, 3, 6],
    ],
    ["name = 'n0'", "name = 'n0'", undefined, 1, 0.6769448321125752, [3, 3, 3, 6]],
    ["name = 'n0'", "name = 'n1'", undefined, -1, -0.5, [3, 3, 0, 6]],
    [
      "status = 'OK'",
      "name = 'n0'",
      'feedback.score > 0.2',
      0.36907024642854264,
      0.1853393619128634,
      [2, 1, 1, 3],
    ],
    ["span.name = 'root'", "tags.team = 'a'", undefined, 1, 1, [6, 6, 6, 6]],
    [
      "span.content LIKE '%m0%'",
      "name = 'n0'",
      "name RLIKE '^n'",
      1,
      0.6769448321125752,
      [3, 3, 3, 6],
    ],
    ["name = 'zz'", "name = 'n1'", undefined, undefined, undefined, [0, 3, 0, 6]],
  ])('%s and %s, of %s, is as in MLflow', async (...[first, second, base, ...found]) => {
    const { json } = await correlate(first, second, base)
    const [npmi, smoothed, counts] = found
    expect(json.npmi).toEqual(npmi === undefined ? undefined : expect.closeTo(npmi, 12))
    expect(json.npmi_smoothed).toEqual(
      smoothed === undefined ? undefined : expect.closeTo(smoothed, 12),
    )
    const { filter1_count, filter2_count, joint_count, total_count } = json
    expect([filter1_count, filter2_count, joint_count, total_count]).toEqual(counts)
  })

  test.each([
    ['', "name = 'a'", 'filter_string1'],
    ["foo = '1'", "name = 'a'", "Invalid attribute key 'foo'"],
  ])('of %s is refused', async (first, second, message) => {
    const refused = await correlate(first, second)
    expect(refused.status).toBe(400)
    expect(refused.json.message).toContain(message)
  })
})

test('figures are of the experiments alone that the caller may read', async () => {
  const on = await team({ defaultPermission: 'NO_PERMISSIONS' })
  const bob = await on.member('bob')
  const made = await on.admin.post('experiments/create', { name: 'e' })
  const experiment_id: string = made.json.experiment_id
  const trace_location = { mlflow_experiment: { experiment_id } }
  const path = '/api/3.0/mlflow/traces'
  const trace = { trace_info: { trace_id: traceId(), trace_location } }
  await on.admin.call('POST', path, { trace })
  const told = async (by: Member) => {
    const experiment_ids = [experiment_id]
    const metrics = { ...traces, experiment_ids, view_type: 'TRACES', aggregations: count }
    const filters = { filter_string1: "status = 'OK'", filter_string2: "status != 'OK'" }
    return [
      (await by.call('POST', `${path}/metrics`, metrics)).json.data_points[0].values.COUNT,
      (
        await by.call('POST', `${path}/calculate-filter-correlation`, {
          experiment_ids,
          ...filters,
        })
      ).json.total_count,
    ]
  }
  expect(await told(on.admin)).toEqual([1, 1])
  expect(await told(bob)).toEqual([0, 0])
})

test('as many points are answered as are asked for, and 1,000 where nothing is said', async () => {
  const many = await traceServer()
  for (const trace of [1, 2]) {
    const assessments = Array.from({ length: 600 }, (_, i) => ({
      assessment_name: `a${trace}-${i}`,
      source: { source_type: 'HUMAN' },
      feedback: { value: i },
    }))
    await many.info({ assessments }, trace)
  }
  const points = async (more: object) => {
    const { json } = await many.post3('traces/metrics', {
      ...{ experiment_ids: [many.experiment], view_type: 'ASSESSMENTS' },
      ...{ metric_name: 'assessment_count', dimensions: ['assessment_name'] },
      ...{ aggregations: [{ aggregation_type: 'COUNT' }], ...more },
    })
    return json.data_points.length
  }
  expect(await points({})).toBe(1000)
  expect(await points({ max_results: 1050 })).toBe(1050)
  expect(await points({ max_results: 1_000_000 })).toBe(1200)
})
