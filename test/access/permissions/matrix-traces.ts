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
