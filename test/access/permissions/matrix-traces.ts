import type { Ask, Row } from './matrix.ts'
import type { World } from './world.ts'

const ask =
  (method: string, version = '3.0') =>
  (path: string, body?: unknown): Ask => ({ method, path: `/api/${version}/mlflow/${path}`, body })
const get = ask('GET')
const post = ask('POST')

function locationIn(w: World): object {
  return { mlflow_experiment: { experiment_id: w.experiment } }
}

function infoIn(w: World): object {
  return { trace: { trace_info: { trace_id: `tr-${w.name()}`, trace_location: locationIn(w) } } }
}

const feedback = {
  assessment_name: 'good',
  source: { source_type: 'HUMAN' },
  feedback: { value: true },
}

/** The path of what somebody said of the trace. */
async function newAssessment(w: World): Promise<string> {
  const { assessment } = await w.asAdmin(
    post(`traces/${w.trace}/assessments`, { assessment: feedback }),
  )
  return `traces/${w.trace}/assessments/${assessment.assessment_id}`
}

/** Clients of 2.x and 3.x change traces by the same calls. */
function changeRows(...[set, unset, remove, version]: [string, string, string, string]) {
  const tag = { key: 'k', value: 'v' }
  const rows: Record<string, Row> = {
    [set]: ['EDIT', (w) => ask('PATCH', version)(`traces/${w.trace}/tags`, tag)],
    [unset]: [
      'EDIT',
      async (w) => {
        const trace = await w.newTrace()
        await w.asAdmin(ask('PATCH', version)(`traces/${trace}/tags`, tag))
        return ask('DELETE', version)(`traces/${trace}/tags`, { key: 'k' })
      },
    ],
    [remove]: [
      'MANAGE',
      (w) => {
        const which = { experiment_id: w.experiment, request_ids: ['tr-none'] }
        return ask('POST', version)('traces/delete-traces', which)
      },
    ],
  }
  return rows
}

/** What judges traces: it belongs to an experiment as well. */
function judgingRows() {
  const named = (w: World, name: string) => ({ experiment_id: w.experiment, name })
  const register = (w: World, name = w.name()) =>
    post('scorers/register', { ...named(w, name), serialized_scorer: '{}' })
  const issue = (w: World) => post('issues', { ...named(w, 'i'), description: 'd' })
  const newIssue = async (w: World) => `issues/${(await w.asAdmin(issue(w))).issue.issue_id}`
  const scorer = async (w: World) => {
    const name = w.name()
    await w.asAdmin(register(w, name))
    return named(w, name)
  }
  const rows: Record<string, Row> = {
    registerScorer: ['EDIT', (w) => register(w)],
    listScorers: ['signed in', (w) => get(`scorers/list?experiment_id=${w.experiment}`)],
    listScorerVersions: [
      'READ',
      async (w) => get(`scorers/versions?${new URLSearchParams(await scorer(w))}`),
    ],
    getScorer: ['READ', async (w) => get(`scorers/get?${new URLSearchParams(await scorer(w))}`)],
    deleteScorer: ['MANAGE', async (w) => ask('DELETE')('scorers/delete', await scorer(w))],
    upsertOnlineScoringConfig: [
      'EDIT',
      async (w) => ask('PUT')('scorers/online-config', { ...(await scorer(w)), sample_rate: 0 }),
    ],
    getOnlineScoringConfigs: ['signed in', () => get('scorers/online-configs?scorer_ids=none')],
    createIssue: ['EDIT', (w) => issue(w)],
    getIssue: ['READ', async (w) => get(await newIssue(w))],
    updateIssue: ['EDIT', async (w) => ask('PATCH')(await newIssue(w), { status: 'resolved' })],
    searchIssues: ['signed in', (w) => post('issues/search', { experiment_id: w.experiment })],
  }
  return { ...rows, ...reviewRows() }
}

/** What people are to look at, and what they are asked. */
function reviewRows() {
  const queues = 'review-queues'
  const schema = (w: World) => {
    const body = { experiment_id: w.experiment, name: w.name(), type: 'FEEDBACK' }
    return post('label-schemas/create', { ...body, input: { text: {} } })
  }
  const newSchema = async (w: World) =>
    (await w.asAdmin(schema(w))).label_schema as { schema_id: string; name: string }
  const queue = (w: World) => {
    const body = { experiment_id: w.experiment, name: w.name(), queue_type: 'CUSTOM' }
    return post(`${queues}/create`, body)
  }
  /** All callers are its users, so that their levels alone decide. */
  const users = ['read', 'use', 'edit', 'manage', 'none', 'grants']
  const newQueue = async (w: World) => {
    const { body } = queue(w)
    const made = await w.asAdmin(ask('POST')(`${queues}/create`, { ...(body as object), users }))
    return made.review_queue as { queue_id: string; name: string }
  }
  const onQueue = (path: string, body: (w: World) => object) => async (w: World) => {
    const { queue_id } = await newQueue(w)
    return post(`${queues}/${path}`, { queue_id, ...body(w) })
  }
  const item = (w: World) => ({ item_ids: [w.trace] })
  const rows: Record<string, Row> = {
    createLabelSchema: ['MANAGE', (w) => schema(w)],
    getLabelSchema: [
      'READ',
      async (w) => get(`label-schemas/get?schema_id=${(await newSchema(w)).schema_id}`),
    ],
    getLabelSchemaByName: [
      'READ',
      async (w) =>
        get(
          `label-schemas/get-by-name?experiment_id=${w.experiment}&name=${(await newSchema(w)).name}`,
        ),
    ],
    listLabelSchemas: ['READ', (w) => get(`label-schemas/list?experiment_id=${w.experiment}`)],
    updateLabelSchema: [
      'MANAGE',
      async (w) => {
        const { schema_id } = await newSchema(w)
        return ask('PATCH')('label-schemas/update', { schema_id, enable_comment: true })
      },
    ],
    deleteLabelSchema: [
      'MANAGE',
      async (w) => {
        const { schema_id } = await newSchema(w)
        return ask('DELETE')('label-schemas/delete', { schema_id })
      },
    ],
    createReviewQueue: ['EDIT', (w) => queue(w)],
    getOrCreateUserQueue: [
      'EDIT',
      (w) => post(`${queues}/get-or-create-user`, { experiment_id: w.experiment, user: w.name() }),
    ],
    getReviewQueue: [
      'READ',
      async (w) => get(`${queues}/get?queue_id=${(await newQueue(w)).queue_id}`),
    ],
    getReviewQueueByName: [
      'READ',
      async (w) =>
        get(`${queues}/get-by-name?experiment_id=${w.experiment}&name=${(await newQueue(w)).name}`),
    ],
    listReviewQueues: ['READ', (w) => get(`${queues}/list?experiment_id=${w.experiment}`)],
    updateReviewQueue: ['MANAGE', onQueue('update', (w) => ({ name: w.name() }))],
    deleteReviewQueue: ['MANAGE', onQueue('delete', () => ({}))],
    addItemsToReviewQueue: ['EDIT', onQueue('items/add', item)],
    removeItemsFromReviewQueue: ['MANAGE', onQueue('items/remove', item)],
    listReviewQueueItems: [
      'READ',
      async (w) => get(`${queues}/items/list?queue_id=${(await newQueue(w)).queue_id}`),
    ],
    setReviewQueueItemStatus: [
      'EDIT',
      async (w) => {
        const { queue_id } = await newQueue(w)
        await w.asAdmin(post(`${queues}/items/add`, { queue_id, ...item(w) }))
        const done = { item_id: w.trace, status: 'COMPLETE', completed_by: 'kim' }
        return post(`${queues}/items/set-status`, { queue_id, ...done })
      },
    ],
  }
  return rows
}

/** Traces, and what is said of them: a trace belongs to its experiment. */
export const traceRows: Readonly<Record<string, Row>> = {
  exportTraces: [
    'EDIT',
    (w) => ({
      method: 'POST',
      path: '/v1/traces',
      body: { resourceSpans: [{}] },
      headers: { 'x-mlflow-experiment-id': w.experiment },
    }),
  ],
  startTraceV3: ['EDIT', (w) => post('traces', infoIn(w))],
  getTraceInfoV3: ['READ', (w) => get(`traces/${w.trace}`)],
  getTrace: ['READ', (w) => get(`traces/get?trace_id=${w.trace}&allow_partial=true`)],
  batchGetTraces: ['signed in', (w) => get(`traces/batchGet?trace_ids=${w.trace}`)],
  batchGetTraceInfos: ['signed in', (w) => post('traces/batchGetInfos', { trace_ids: [w.trace] })],
  ...changeRows('setTraceTag', 'deleteTraceTag', 'deleteTraces', '2.0'),
  ...changeRows('setTraceTagV3', 'deleteTraceTagV3', 'deleteTracesV3', '3.0'),
  linkTracesToRun: [
    'EDIT',
    (w) => ask('POST', '2.0')('traces/link-to-run', { run_id: w.run, trace_ids: [w.trace] }),
  ],
  linkPromptsToTrace: [
    'EDIT',
    (w) => {
      const prompt_versions = [{ name: 'p', version: '1' }]
      return ask('POST', '2.0')('traces/link-prompts', { trace_id: w.trace, prompt_versions })
    },
  ],
  startTrace: [
    'EDIT',
    (w) => ask('POST', '2.0')('traces', { experiment_id: w.experiment, timestamp_ms: 1 }),
  ],
  endTrace: [
    'EDIT',
    (w) => ask('PATCH', '2.0')(`traces/${w.trace}`, { timestamp_ms: 1, status: 'OK' }),
  ],
  getTraceInfo: ['READ', (w) => ask('GET', '2.0')(`traces/${w.trace}/info`)],
  searchTraces: ['signed in', (w) => ask('GET', '2.0')(`traces?experiment_ids=${w.experiment}`)],
  searchTracesV3: ['signed in', (w) => post('traces/search', { locations: [locationIn(w)] })],
  queryTraceMetrics: [
    'signed in',
    (w) =>
      post('traces/metrics', {
        experiment_ids: [w.experiment],
        view_type: 'TRACES',
        metric_name: 'trace_count',
        aggregations: [{ aggregation_type: 'COUNT' }],
      }),
  ],
  calculateTraceFilterCorrelation: [
    'signed in',
    (w) =>
      post('traces/calculate-filter-correlation', {
        experiment_ids: [w.experiment],
        filter_string1: "status = 'OK'",
        filter_string2: "name = 'a'",
      }),
  ],
  ...judgingRows(),
  createAssessment: [
    'EDIT',
    (w) => post(`traces/${w.trace}/assessments`, { assessment: feedback }),
  ],
  getAssessment: ['READ', async (w) => get(await newAssessment(w))],
  updateAssessment: [
    'EDIT',
    async (w) =>
      ask('PATCH')(await newAssessment(w), {
        assessment: { rationale: 'r' },
        update_mask: 'rationale',
      }),
  ],
  deleteAssessment: ['EDIT', async (w) => ask('DELETE')(await newAssessment(w))],
  createDataset: [
    'EDIT',
    (w) => post('datasets/create', { name: w.name(), experiment_ids: [w.experiment] }),
  ],
  getDataset: ['READ', (w) => get(`datasets/${w.dataset}`)],
  searchEvaluationDatasets: ['signed in', () => post('datasets/search', {})],
  deleteDataset: ['MANAGE', async (w) => ask('DELETE')(`datasets/${await w.newDataset()}`)],
  upsertDatasetRecords: [
    'EDIT',
    (w) => post(`datasets/${w.dataset}/records`, { records: '[{"inputs": {"q": 1}}]' }),
  ],
  getDatasetRecords: ['READ', (w) => get(`datasets/${w.dataset}/records`)],
  deleteDatasetRecords: [
    'EDIT',
    (w) => ask('DELETE')(`datasets/${w.dataset}/records`, { dataset_record_ids: ['dr-none'] }),
  ],
  setDatasetTags: [
    'EDIT',
    (w) => ask('PATCH')(`datasets/${w.dataset}/tags`, { tags: '{"a": "b"}' }),
  ],
  deleteDatasetTag: ['EDIT', (w) => ask('DELETE')(`datasets/${w.dataset}/tags/a`)],
  getDatasetExperimentIds: ['READ', (w) => get(`datasets/${w.dataset}/experiment-ids`)],
  addDatasetToExperiments: [
    'EDIT',
    (w) => post(`datasets/${w.dataset}/add-experiments`, { experiment_ids: [w.experiment] }),
  ],
  removeDatasetFromExperiments: [
    'EDIT',
    (w) => post(`datasets/${w.dataset}/remove-experiments`, { experiment_ids: ['0'] }),
  ],
  serveGetTraceArtifact: [
    'READ',
    (w) => ({
      method: 'GET',
      path: `/ajax-api/3.0/mlflow/get-trace-artifact?request_id=${w.trace}`,
    }),
  ],
}
