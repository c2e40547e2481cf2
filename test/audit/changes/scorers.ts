import type { Example, Examples } from './example.ts'

const path = '/api/3.0/mlflow/scorers'
const named = { experiment_id: '0', name: 's' }
const scorer = { ...named, serialized_scorer: '{}' }

/** Something that is done to a scorer that is there. */
function onScorer(method: string, to: string, body?: object): Example {
  return async ({ call }) => {
    await call('POST', `${path}/register`, scorer)
    return () => call(method, `${path}/${to}`, { ...named, ...body })
  }
}

function deleteOne(version: string): Example {
  return async ({ call }) => {
    const trace_location = { mlflow_experiment: { experiment_id: '0' } }
    const trace_info = { trace_id: 'tr-1', trace_location, request_time: '2026-01-01T00:00:00Z' }
    await call('POST', '/api/3.0/mlflow/traces', { trace: { trace_info } })
    const body = { experiment_id: '0', request_ids: ['tr-1'] }
    return () => call('POST', `/api/${version}/mlflow/traces/delete-traces`, body)
  }
}

/** What judges traces, how long they are kept, and their end. */
export const scorerChanges: Examples = {
  registerScorer: async ({ call }) => {
    return () => call('POST', `${path}/register`, scorer)
  },
  'v1 putTraceIntake': async ({ call }) => {
    const body = { revision: 0, redact_keys: ['*password*'] }
    return () => call('PUT', '/api/v1/experiments/0/trace-intake', body)
  },
  'v1 putDefaultTraceIntake': async ({ call }) => {
    const body = { revision: 0, redact_keys: ['*password*'], sample_rate: 0.5 }
    return () => call('PUT', '/api/v1/trace-intake', body)
  },
  'v1 putTraceRetention': async ({ call }) => {
    const body = { revision: 0, days_max: 30 }
    return () => call('PUT', '/api/v1/experiments/0/trace-retention', body)
  },
  deleteTraces: deleteOne('2.0'),
  deleteTracesV3: deleteOne('3.0'),
  deleteScorer: onScorer('DELETE', 'delete'),
  upsertOnlineScoringConfig: onScorer('PUT', 'online-config', { sample_rate: 0 }),
}
