import { expect, test } from 'vitest'
import { registryServer } from '../support/registry-server.ts'

const run = 'd'.repeat(32)
const long = 'k'.repeat(251)

/**
 * How a refusal begins, as MLflow 3.17.2 answers: programs look for it. What follows is ours.
 * `RUN` stands for a run that is there.
 */
const refusals: readonly (readonly [string, string, unknown, string])[] = [
  // A run that is not there, whatever is asked of it
  ...(
    [
      ['GET', `runs/get?run_id=${run}`, undefined],
      ['GET', `artifacts/list?run_id=${run}`, undefined],
      ['POST', 'runs/update', {}],
      ['POST', 'runs/delete', {}],
      ['POST', 'runs/restore', {}],
      ['POST', 'runs/log-metric', { key: 'a', value: 1, timestamp: 1 }],
      ['POST', 'runs/log-parameter', { key: 'a', value: '1' }],
      ['POST', 'runs/set-tag', { key: 'a', value: '1' }],
      ['POST', 'runs/delete-tag', { key: 'a' }],
      ['POST', 'runs/log-batch', {}],
      ['POST', 'runs/outputs', { models: [{ model_id: 'm-1', step: 0 }] }],
    ] as const
  ).map(
    ([method, path, body]) =>
      [method, path, body && { run_id: run, ...body }, `Run with id=${run} not found`] as const,
  ),

  // An experiment that is not there
  ...['update', 'delete', 'restore', 'set-experiment-tag', 'delete-experiment-tag'].map(
    (verb) =>
      [
        'POST',
        `experiments/${verb}`,
        { experiment_id: '-1337', new_name: 'x', key: 'a', value: 'b' },
        'No Experiment with id=-1337 exists',
      ] as const,
  ),
  ['GET', 'experiments/get?experiment_id=-1337', undefined, 'No Experiment with id=-1337 exists'],
  ['POST', 'runs/create', { experiment_id: '77' }, 'No Experiment with id=77 exists'],
  ['POST', 'logged-models', { experiment_id: '77' }, 'No Experiment with id=77 exists'],
  [
    'GET',
    'experiments/get-by-name?experiment_name=no',
    undefined,
    "Could not find experiment with name 'no'",
  ],
  ['GET', 'experiments/get?experiment_id=x', undefined, "Invalid experiment ID 'x'. Experiment ID"],
  ['POST', 'experiments/create', { name: 'Default' }, 'Experiment(name=Default) already exists'],
  [
    'POST',
    'experiments/update',
    { experiment_id: 'DELETED', new_name: 'x' },
    'Cannot rename a non-active experiment',
  ],
  [
    'POST',
    'experiments/create',
    { name: 'f', artifact_location: 's3://a#b' },
    "'artifact_location' URL can't include fragments or params",
  ],
  [
    'POST',
    'experiments/delete-experiment-tag',
    { experiment_id: '0', key: 'no' },
    'No tag with name: no in experiment with id 0',
  ],

  // Types, missing parameters, lengths
  ['POST', 'experiments/create', {}, "Missing value for required parameter 'name'."],
  [
    'POST',
    'experiments/create',
    '{"name": "x", "artifact_location": 9.0}',
    "Invalid value 9.0 for parameter 'artifact_location' supplied",
  ],
  [
    'POST',
    'runs/set-tag',
    { run_id: 31, key: 'a', value: 'b' },
    "Invalid value 31 for parameter 'run_id' supplied",
  ],
  [
    'POST',
    'runs/log-batch',
    { run_id: 'RUN', metrics: 'x' },
    'Invalid value "x" for parameter \'metrics\' supplied',
  ],
  [
    'POST',
    'runs/log-batch',
    { run_id: 'RUN', metrics: { key: 'a' } },
    'Invalid value {"key":"a"} for parameter \'metrics\' supplied',
  ],
  [
    'POST',
    'runs/log-metric',
    '{"run_id": "RUN", "key": "a", "value": 1.50, "timestamp": "x", "step": 1.0}',
    'Invalid value "x" for parameter \'timestamp\' supplied',
  ],
  [
    'POST',
    'runs/log-metric',
    { run_id: 'RUN', key: 'a', value: 1, timestamp: -1 },
    "Invalid value -1 for parameter 'timestamp' supplied",
  ],
  [
    'POST',
    'runs/set-tag',
    { run_id: 'RUN', key: long, value: 'b' },
    "'key' exceeds the maximum length of 250 characters",
  ],
  [
    'POST',
    'runs/log-parameter',
    { run_id: 'RUN', key: 'a$', value: 'b' },
    'Invalid value "a$" for parameter \'key\' supplied: Names may only contain alphanumerics',
  ],
  [
    'POST',
    'runs/log-parameter',
    { run_id: 'RUN', key: 'a/../b', value: 'b' },
    'Invalid value "a/../b" for parameter \'key\' supplied: Names may be treated as files',
  ],

  // What is logged to a run
  [
    'POST',
    'runs/create',
    { experiment_id: '0', run_name: 'a', tags: [{ key: 'mlflow.runName', value: 'b' }] },
    "Both 'run_name' argument and 'mlflow.runName' tag are specified",
  ],
  [
    'POST',
    'runs/log-parameter',
    { run_id: 'RUN', key: 'p', value: '2' },
    "Changing param values is not allowed. Param with key='p' was already logged",
  ],
  [
    'POST',
    'runs/log-batch',
    {
      run_id: 'RUN',
      params: [
        { key: 'p', value: '2' },
        { key: 'q', value: '2' },
      ],
    },
    'Changing param values is not allowed. Params were already logged',
  ],
  [
    'POST',
    'runs/log-batch',
    {
      run_id: 'RUN',
      params: [
        { key: 'a', value: '1' },
        { key: 'a', value: '1' },
      ],
    },
    'Duplicate parameter keys have been submitted',
  ],
  [
    'POST',
    'runs/log-batch',
    { run_id: 'RUN', tags: Array.from({ length: 101 }, (_, i) => ({ key: `t${i}`, value: '' })) },
    'A batch logging request can contain at most 100 tags. Got 101 tags',
  ],
  ['POST', 'runs/delete-tag', { run_id: 'RUN', key: 'no' }, 'No tag with name: no in run with id '],
  ['POST', 'runs/log-model', { run_id: 'RUN', model_json: 'x' }, 'Malformed model info'],
  [
    'POST',
    'runs/log-model',
    { run_id: 'RUN', model_json: '{}' },
    'Model json is missing mandatory fields',
  ],

  // Many runs at once
  [
    'GET',
    'metrics/get-history-bulk?metric_key=a',
    undefined,
    'GetMetricHistoryBulk request must specify at least one run_id',
  ],
  [
    'GET',
    'metrics/get-history-bulk?run_id=a',
    undefined,
    'GetMetricHistoryBulk request must specify a metric_key',
  ],
  [
    'GET',
    `metrics/get-history-bulk?metric_key=a${'&run_id=x'.repeat(101)}`,
    undefined,
    'GetMetricHistoryBulk request cannot specify more than 100 run_ids',
  ],
  [
    'GET',
    `metrics/get-history-bulk-interval?metric_key=a${'&run_ids=x'.repeat(101)}`,
    undefined,
    'GetMetricHistoryBulkInterval request must specify at most 100 run_ids.',
  ],
  [
    'GET',
    'metrics/get-history-bulk-interval?metric_key=a&run_ids=x&start_step=1',
    undefined,
    'If either start step or end step are specified, both must be specified',
  ],
  [
    'GET',
    'metrics/get-history-bulk-interval?metric_key=a&run_ids=x&start_step=5&end_step=1',
    undefined,
    'end_step must be greater than start_step',
  ],
  [
    'GET',
    'metrics/get-history-bulk-interval?metric_key=a&run_ids=x&max_results=2501',
    undefined,
    'max_results must be between 1 and 2500',
  ],
  [
    'POST',
    'experiments/search-datasets',
    { experiment_ids: [] },
    'SearchDatasets request must specify at least one experiment_id',
  ],
  [
    'POST',
    'experiments/search-datasets',
    { experiment_ids: Array.from({ length: 21 }, (_, i) => `id_${i}`) },
    'SearchDatasets request cannot specify more than 20 experiment_ids',
  ],

  // Registered models, versions, aliases
  ...['registered-models/delete', 'registered-models/delete-tag', 'registered-models/alias'].map(
    (path) =>
      [
        'DELETE',
        path,
        { name: 'no', key: 'a', alias: 'a' },
        'Registered Model with name=no not found',
      ] as const,
  ),
  ...['rename', 'get-latest-versions', 'set-tag'].map(
    (verb) =>
      [
        'POST',
        `registered-models/${verb}`,
        { name: 'no', new_name: 'x', key: 'a', value: 'b' },
        'Registered Model with name=no not found',
      ] as const,
  ),
  ...['create', 'set-tag', 'alias'].map(
    (verb) =>
      [
        'POST',
        `registered-models/${verb}`,
        { name: 'a/b', key: 'a', value: 'b', alias: 'a', version: '1' },
        "Invalid model name 'a/b'. Names cannot contain '/' or ':'",
      ] as const,
  ),
  ['POST', 'registered-models/create', { name: 'm' }, 'Registered Model (name=m) already exists'],
  [
    'POST',
    'registered-models/rename',
    { name: 'm', new_name: 'm2' },
    'Registered Model (name=m2) already exists',
  ],
  ...['transition-stage', 'set-tag'].map(
    (verb) =>
      [
        'POST',
        `model-versions/${verb}`,
        { name: 'm', version: '9', stage: 'Staging', key: 'a', value: 'b' },
        'Model Version (name=m, version=9) not found',
      ] as const,
  ),
  [
    'GET',
    'model-versions/get?name=m&version=x',
    undefined,
    "Parameter 'version' must be an integer, got 'x'",
  ],
  [
    'POST',
    'model-versions/transition-stage',
    { name: 'm', version: '1', stage: 'Nope' },
    'Invalid Model Version stage: Nope',
  ],
  [
    'POST',
    'model-versions/transition-stage',
    { name: 'm', version: '1', stage: 'Archived', archive_existing_versions: true },
    'Model version transition cannot archive existing model versions',
  ],
  [
    'POST',
    'registered-models/alias',
    { name: 'm', version: '1', alias: 'v1' },
    "Version alias name 'v1' is reserved",
  ],
  [
    'POST',
    'registered-models/alias',
    { name: 'm', version: '1', alias: 'Latest' },
    "'latest' alias name (case insensitive) is reserved",
  ],
  [
    'POST',
    'registered-models/alias',
    { name: 'm', version: '1', alias: 'a b' },
    "Invalid alias name: 'a b'. Names may only contain alphanumerics",
  ],
  [
    'POST',
    'registered-models/alias',
    { name: 'm', version: '1', alias: 'a'.repeat(256) },
    "'Registered model alias name' exceeds the maximum length of 255 characters",
  ],
  [
    'GET',
    'registered-models/alias?name=m&alias=no',
    undefined,
    'Registered model alias no not found',
  ],
  [
    'GET',
    'registered-models/alias?name=m2&alias=latest',
    undefined,
    'Latest version not found for model m2',
  ],
  [
    'POST',
    'model-versions/create',
    { name: 'm', source: '/etc' },
    "Invalid model version source: '/etc'",
  ],
  [
    'POST',
    'model-versions/create',
    { name: 'm', source: 's3://b/x', model_id: 'm-no' },
    "Logged model with ID 'm-no' not found",
  ],

  // Pages, filters, orders
  [
    'GET',
    'registered-models/search?max_results=1001',
    undefined,
    'Invalid value for request parameter max_results. It must be at most 1000',
  ],
  [
    'GET',
    'model-versions/search?max_results=0',
    undefined,
    'Invalid value for max_results. It must be a positive integer',
  ],
  [
    'POST',
    'experiments/search',
    { max_results: 50_001 },
    "Invalid value 50001 for parameter 'max_results' supplied. It must be at most 50000",
  ],
  [
    'POST',
    'runs/search',
    { experiment_ids: ['0'], max_results: 0 },
    "Invalid value 0 for parameter 'max_results' supplied. It must be a positive integer",
  ],
  ['GET', 'webhooks?max_results=1001', undefined, 'max_results must be between 1 and 1000'],
  ['GET', 'webhooks?page_token=x', undefined, 'Invalid page token'],
  ['GET', 'registered-models/search?page_token=x', undefined, 'Invalid page token'],
  [
    'POST',
    'runs/search',
    { experiment_ids: ['0'], order_by: ['status up'] },
    "Invalid ordering key in order_by clause 'status up'",
  ],
  [
    'POST',
    'runs/search',
    { experiment_ids: ['0'], order_by: ['status DESC, run_id'] },
    "Invalid order_by clause 'status DESC, run_id'",
  ],
  [
    'POST',
    'runs/search',
    { experiment_ids: ['0'], order_by: ['bogus'] },
    "Invalid attribute key 'bogus' specified",
  ],
  [
    'GET',
    'registered-models/search?order_by=bogus',
    undefined,
    "Invalid order by key 'bogus' specified",
  ],
  [
    'POST',
    'logged-models/search',
    { experiment_ids: ['0'], filter: 'foo' },
    "Invalid filter string: 'foo'",
  ],
  [
    'POST',
    'logged-models/search',
    { experiment_ids: ['0'], filter: "name > 'a'" },
    "Invalid comparison operator for attributes.name: '>'",
  ],
  [
    'POST',
    'logged-models/search',
    { experiment_ids: ['0'], order_by: [{ field_name: 'bogus' }] },
    'Invalid order by field name: bogus',
  ],

  // Of a key, a value and an operator, the first that is wrong is told, in MLflow's order
  ...(
    [
      ["bogus == 'x'", "Invalid attribute key 'bogus' specified"],
      ["metrics.a LIKE 'x'", "Expected numeric value type for metric. Found 'x'"],
      ["metrics.a IN ('x')", "Expected numeric value type for metric. Found ('x')"],
      ['metrics.a LIKE 1', "Invalid comparator 'LIKE' not one of "],
      ['metrics.a == 1', "Invalid comparator '==' not one of "],
      ['params.a > 1', 'Expected a quoted string value for parameter'],
      ["params.a IN ('x')", 'Expected a quoted string value for parameter'],
      ["params.a NOT LIKE 'x'", "Invalid comparator 'NOT LIKE' not one of "],
      ['tags.a = `x`', 'Parameter value is either not quoted'],
      ["run_name IN ('x')", "Only ['run_id'] attributes support comparison with a list"],
      ["start_time LIKE 'x'", 'Expected numeric value type for numeric attribute: start_time'],
      ['status > 1', 'Expected a quoted string value for attributes'],
      ["'metrics.a' > 1", "Invalid comparison clause. Expected 'Identifier' found ''metrics.a''"],
      [' ', "Invalid filter ' '. Could not be parsed"],
    ] as const
  ).map(
    ([filter, phrase]) =>
      ['POST', 'runs/search', { experiment_ids: ['0'], filter }, phrase] as const,
  ),
  ...(
    [
      ['tags.a = 1', 'Expected a quoted string value for tag'],
      ["name > 'x'", 'Invalid comparator for attribute: >'],
      ['evilhax = true', 'Invalid clause(s) in filter string: evilhax = true'],
    ] as const
  ).flatMap(([filter, phrase]) =>
    ['registered-models', 'model-versions'].map(
      (kind) =>
        ['GET', `${kind}/search?filter=${encodeURIComponent(filter)}`, undefined, phrase] as const,
    ),
  ),
  [
    'GET',
    'registered-models/search?filter=name%3D1',
    undefined,
    'Expected a quoted string value or a list of quoted string values for attributes',
  ],
  ['GET', 'model-versions/search?filter=name%3D1', undefined, "Only the '{'creation_timestamp', "],
  [
    'GET',
    'registered-models/search?filter=name%20IS%20NULL',
    undefined,
    'IS NULL / IS NOT NULL is not supported for registered model search',
  ],
  ['POST', 'experiments/create', { name: ' ' }, "Invalid experiment name: ' '"],
  [
    'POST',
    'experiments/update',
    { experiment_id: '0', new_name: ' ' },
    "Invalid experiment name: ' '",
  ],
  [
    'POST',
    'experiments/search',
    { max_results: 5, filter: "name IN ('x')" },
    "Only ['experiment_id'] attributes",
  ],
  ...['31', 'DESC', 'a/b'].map(
    (order) =>
      [
        'GET',
        `model-versions/search?order_by=${encodeURIComponent(order)}`,
        undefined,
        `Invalid order_by clause '${order}'`,
      ] as const,
  ),
  [
    'GET',
    'registered-models/search?order_by=tags.a',
    undefined,
    "Invalid order by key 'tags.a' specified",
  ],
  [
    'POST',
    'logged-models/search',
    { experiment_ids: ['0'], filter: ' ' },
    "Invalid filter string: ' '",
  ],
  [
    'POST',
    'logged-models/search',
    { experiment_ids: ['0'], filter: "bogus.a = 'x'" },
    "Invalid entity type: 'bogus'",
  ],
  [
    'POST',
    'logged-models/search',
    { experiment_ids: ['0'], datasets: [{}] },
    '`dataset_name` in the `datasets` clause must be specified',
  ],
  [
    'POST',
    'logged-models/search',
    { experiment_ids: ['0'], order_by: [{}] },
    'Invalid order by field name: ',
  ],

  // Missing, blank, of another form
  ...['log-batch', 'log-inputs'].map(
    (verb) =>
      [
        'POST',
        `runs/${verb}`,
        { run_id: 'a/b' },
        'Invalid value "a/b" for parameter \'run_id\' supplied',
      ] as const,
  ),
  ['POST', 'runs/outputs', { run_id: 'RUN' }, "Missing value for required parameter 'models'."],
  [
    'POST',
    'runs/log-metric',
    { run_id: 'RUN', key: 'a', value: 1, timestamp: '' },
    'Invalid value "" for parameter \'timestamp\' supplied',
  ],
  ...['set-tag', 'alias'].map(
    (verb) =>
      [
        'POST',
        `registered-models/${verb}`,
        { name: ' ', key: 'a', value: 'b', alias: 'a', version: '1' },
        "Missing value for required parameter 'name'.",
      ] as const,
  ),
  [
    'POST',
    'webhooks',
    { name: 'w', url: 'https://a', events: [] },
    'Webhook events must be a non-empty list',
  ],
  [
    'GET',
    '/ajax-api/2.0/mlflow/logged-models/m-1/artifacts/files',
    undefined,
    'Request must include the "artifact_file_path" query parameter',
  ],

  // Logged models, webhooks, files
  ['GET', 'logged-models/m-no', undefined, "Logged model with ID 'm-no' not found"],
  ['DELETE', 'logged-models/m-no', undefined, "Logged model with ID 'm-no' not found"],
  [
    'POST',
    'logged-models',
    { experiment_id: '0', name: 'a/b' },
    "Invalid model name ('a/b') provided",
  ],
  ['GET', 'webhooks/no', undefined, 'Webhook with ID no not found'],
  ['PATCH', 'webhooks/no', { name: 'x' }, 'Webhook with ID no not found'],
  ['DELETE', 'webhooks/no', undefined, 'Webhook with ID no not found'],
  ...[
    ['   ', 'Webhook URL cannot be empty or just whitespace'],
    ['https://', 'Webhook URL must include a hostname'],
    ['https:///x', 'Webhook URL must include a hostname'],
    ['x'.repeat(3000), "Invalid webhook URL scheme: ''"],
    ['ftp://x', "Invalid webhook URL scheme: 'ftp'. Allowed schemes are: https"],
    ['https://127.0.0.1/', 'Webhook URL must not resolve to a non-public IP address'],
  ].map(
    ([url, phrase = '']) =>
      [
        'POST',
        'webhooks',
        { name: 'w', url, events: [{ entity: 'MODEL_VERSION', action: 'CREATED' }] },
        phrase,
      ] as const,
  ),
  ['GET', 'artifacts/list?run_id=RUN&path=../a', undefined, 'Invalid path'],
  ['GET', '/get-artifact?run_id=RUN&path=no', undefined, "No such artifact: '"],
  ['GET', '/api/2.0/mlflow-artifacts/artifacts/no/file', undefined, "No such artifact: 'no/file'"],
]

test('refusals begin with the phrase that clients know, and no part of SQL follows', async () => {
  const server = await registryServer()
  const { post, createModel, createVersion, call } = server
  const { runId } = await server.createRun()
  await post('runs/log-parameter', { run_id: runId, key: 'p', value: '1' })
  const deleted = (await post('experiments/create', { name: 'gone' })).json.experiment_id
  await post('experiments/delete', { experiment_id: deleted })
  await createModel('m')
  await createModel('m2')
  await createVersion('m')
  const fill = (text: string) => text.replaceAll('RUN', runId).replaceAll('DELETED', deleted)
  const got = []
  for (const [method, path, body, phrase] of refusals) {
    const sent =
      body === undefined ? undefined : fill(typeof body === 'string' ? body : JSON.stringify(body))
    const at = path.startsWith('/') ? path : `${prefixOf(path)}/${path}`
    const { status, json } = await call(method, fill(at), sent)
    const message = String(json?.message)
    const isRefused = status === 400 || status === 404
    got.push([path, isRefused && !/sql/i.test(message) ? message.slice(0, phrase.length) : message])
  }
  expect(got).toEqual(refusals.map(([, path, , phrase]) => [path, phrase]))
})

test('whole numbers may be text with an exponent, and infinities any spelling of Python', async () => {
  const server = await registryServer()
  const { runId } = await server.createRun()
  const log = async (point: object) =>
    (await server.post('runs/log-metric', { run_id: runId, key: 'm', ...point })).status
  expect(await log({ value: 1, timestamp: '1e+05', step: '2E3' })).toBe(200)
  for (const value of ['Inf', 'inf', '+Infinity', '-inf', '1e3']) {
    expect(await log({ value, timestamp: 1 })).toBe(200)
  }
  for (const timestamp of ['1.5e0', '1e99', '1e', '0x10', 'inf', '']) {
    expect(await log({ value: 1, timestamp })).toBe(400)
  }
  expect(await log({ value: 'infinit', timestamp: 1 })).toBe(400)
  const history = await server.get(`metrics/get-history?run_id=${runId}&metric_key=m`)
  expect(history.json.metrics).toContainEqual({
    key: 'm',
    value: 1,
    timestamp: 100_000,
    step: 2000,
  })
})

/** What only pages call is below /ajax-api alone. */
function prefixOf(path: string): string {
  const isOfPages = /get-history-bulk|search-datasets/.test(path)
  return `${isOfPages ? '/ajax-api' : '/api'}/2.0/mlflow`
}

test('an upload of a page without its parameters is refused with 400', async () => {
  const server = await registryServer()
  const { runId } = await server.createRun()
  const upload = async (query: string, body = 'x') => {
    const path = `/ajax-api/2.0/mlflow/upload-artifact${query}`
    const headers = { 'content-length': String(body.length) }
    const res = await server.app.request(path, { method: 'POST', body, headers })
    return [res.status, res.status === 200 ? '' : (await res.json()).message]
  }
  expect(await upload('')).toEqual([400, expect.stringMatching(/^Request must specify run_uuid/)])
  expect(await upload('?path=a')).toEqual([
    400,
    expect.stringMatching(/^Request must specify run_uuid/),
  ])
  expect(await upload(`?run_uuid=${runId}`)).toEqual([
    400,
    expect.stringMatching(/^Request must specify path/),
  ])
  expect(await upload(`?run_uuid=${runId}&path=../a`)).toEqual([
    400,
    expect.stringMatching(/^Invalid path/),
  ])
  expect(await upload(`?run_uuid=${runId}&path=a`, '')).toEqual([
    400,
    expect.stringMatching(/^Request must specify data/),
  ])
  expect(await upload(`?run_uuid=${runId}&path=a`, 'x'.repeat(10 * 1024 * 1024 + 1))).toEqual([
    400,
    expect.stringMatching(/^Artifact size is too large/),
  ])
  expect(await upload(`?run_uuid=${run}&path=a`)).toEqual([
    404,
    expect.stringMatching(/^Run with id=d+ not found/),
  ])
  expect(await upload(`?run_uuid=${runId}&path=a`)).toEqual([200, ''])
})

test('a page token of another search of logged models says what is another', async () => {
  const server = await registryServer()
  const search = async (body: object) =>
    (await server.post('logged-models/search', { experiment_ids: ['0'], max_results: 1, ...body }))
      .json
  for (const name of ['a', 'b']) await server.post('logged-models', { experiment_id: '0', name })
  const { next_page_token: token } = await search({})
  const order = [{ field_name: 'name' }]
  const said = async (body: object) => (await search({ page_token: token, ...body })).message
  expect((await search({ page_token: token })).models).toHaveLength(1)
  expect(await said({ experiment_ids: ['0', '1'] })).toMatch(/^Experiment IDs in the page token do/)
  expect(await said({ filter: "name = 'a'" })).toMatch(/^Filter string in the page token does not/)
  expect(await said({ order_by: order })).toMatch(/^Order by in the page token does not match/)
  expect(await said({ experiment_ids: ['1'], order_by: order })).toMatch(/^Experiment IDs in the/)
  expect(await said({ page_token: `x${token}` })).toMatch(/^Experiment IDs in the page token do/)
  expect(await said({ page_token: 'x' })).toMatch(/^Invalid page token/)
  expect(await search({ experiment_ids: [] })).toEqual({})
})
