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

/** What judges traces, and how long they are kept. */
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
  deleteScorer: onScorer('DELETE', 'delete'),
  upsertOnlineScoringConfig: onScorer('PUT', 'online-config', { sample_rate: 0 }),
}
