import { invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import type { TraceStart } from '../../traces/ingest/trace-start.ts'
import type { Trace } from '../../traces/reading/get-trace.ts'
import type { Texts } from '../../traces/texts.ts'
import { type TraceInfo, traceStates } from '../../traces/trace.ts'
import { parseExperimentId } from '../../tracking/experiments/experiment.ts'
import { textsToJson, timeToJson, unlessEmpty } from '../wire/json.ts'
import { type Decoded, message } from '../wire/message.ts'
import { assessmentFromWire, assessmentMessage, assessmentToWire } from './assessment-wire.ts'
import { spanToWire } from './span-wire.ts'

export const locationMessage = message({
  type: { type: 'string' },
  mlflow_experiment: { type: message({ experiment_id: { type: 'string' } }) },
})

export const traceInfoMessage = message({
  trace_id: { type: 'string', required: true },
  client_request_id: { type: 'string' },
  trace_location: { type: locationMessage, required: true },
  request_preview: { type: 'string' },
  response_preview: { type: 'string' },
  request_time: { type: 'timestamp' },
  execution_duration: { type: 'duration' },
  state: { type: traceStates },
  trace_metadata: { type: 'map' },
  tags: { type: 'map' },
  assessments: { type: assessmentMessage, repeated: true },
})

/** What a client says of a trace in MLflow's `TraceInfoV3`. */
export function traceStartFromWire(info: Decoded<typeof traceInfoMessage.fields>): TraceStart {
  const experimentId = experimentIn(info.trace_location)
  if (experimentId === undefined) {
    throw invalid(
      `${messages.missing('trace.trace_info.trace_location.mlflow_experiment')}: traces are kept in experiments alone`,
    )
  }
  return {
    traceId: info.trace_id,
    experimentId,
    requestTimeMs: info.request_time ?? 0,
    durationMs: info.execution_duration,
    state: info.state ?? 'STATE_UNSPECIFIED',
    clientRequestId: info.client_request_id,
    requestPreview: info.request_preview,
    responsePreview: info.response_preview,
    tags: textsFrom(info.tags),
    metadata: textsFrom(info.trace_metadata),
    assessments: info.assessments.map(assessmentFromWire),
    isFinal: true,
  }
}

function textsFrom(map: ReadonlyMap<string, string> | undefined): Texts {
  return Object.fromEntries(map ?? [])
}

/** The experiment that a location names, if it names one. */
export function experimentIn(location: Decoded<typeof locationMessage.fields>): number | undefined {
  const id = location.mlflow_experiment?.experiment_id
  return id === undefined ? undefined : parseExperimentId(id)
}

/** MLflow's `TraceInfoV3`. */
export function traceInfoToWire(info: TraceInfo): object {
  return {
    trace_id: info.traceId,
    client_request_id: info.clientRequestId,
    trace_location: {
      type: 'MLFLOW_EXPERIMENT',
      mlflow_experiment: { experiment_id: String(info.experimentId) },
    },
    request_preview: info.requestPreview,
    response_preview: info.responsePreview,
    request_time: timeToJson(info.requestTimeMs),
    execution_duration: info.durationMs === undefined ? undefined : durationToWire(info.durationMs),
    state: info.state,
    trace_metadata: textsToJson(info.metadata),
    assessments: unlessEmpty(info.assessments.map(assessmentToWire)),
    tags: textsToJson(info.tags),
  }
}

export function traceToWire({ info, spans }: Trace): object {
  return { trace_info: traceInfoToWire(info), spans: unlessEmpty(spans.map(spanToWire)) }
}

function durationToWire(ms: number): string {
  const [seconds, rest] = [Math.trunc(Math.abs(ms) / 1000), Math.abs(ms) % 1000]
  const fraction = rest === 0 ? '' : `.${String(rest).padStart(3, '0')}`
  return `${ms < 0 ? '-' : ''}${seconds}${fraction}s`
}
