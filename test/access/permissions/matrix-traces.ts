import type { Ask, Row } from './matrix.ts'
import type { World } from './world.ts'

const ask =
  (method: string, version = '3.0') =>
  (path: string, body?: unknown): Ask => ({ method, path: `/api/${version}/mlflow/${path}`, body })
const get = ask('GET')
const post = ask('POST')

function infoIn(w: World): object {
  const trace_location = { mlflow_experiment: { experiment_id: w.experiment } }
  return { trace: { trace_info: { trace_id: `tr-${w.name()}`, trace_location } } }
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
  serveGetTraceArtifact: [
    'READ',
    (w) => ({
      method: 'GET',
      path: `/ajax-api/3.0/mlflow/get-trace-artifact?request_id=${w.trace}`,
    }),
  ],
}
