import { expect, test } from 'vitest'
import { traceServer } from '../support/trace-server.ts'

test('clients of 2.x start, end, read and search traces, which newer ones read too', async () => {
  const s = await traceServer()
  const pairs = (values: Record<string, string>) =>
    Object.entries(values).map(([key, value]) => ({ key, value }))
  const started = await s.post('traces', {
    experiment_id: s.experiment,
    timestamp_ms: 1_767_225_600_000,
    request_metadata: pairs({ m: '1' }),
    tags: pairs({ t: 'v' }),
  })
  const id = started.json.trace_info.request_id
  expect(started.json.trace_info).toMatchObject({ status: 'IN_PROGRESS', execution_time_ms: 0 })
  const ended = await s.patch(`traces/${id}`, {
    timestamp_ms: 1_767_225_600_500,
    status: 'OK',
    request_metadata: pairs({ m2: '2' }),
    tags: pairs({ 'mlflow.traceName': 'named' }),
  })
  const { trace_info } = ended.json
  expect(trace_info).toMatchObject({
    experiment_id: s.experiment,
    execution_time_ms: 500,
    status: 'OK',
    request_metadata: pairs({ m: '1', m2: '2' }),
  })
  expect((await s.get(id)).json.trace.trace_info).toMatchObject({
    execution_duration: '0.500s',
    tags: { t: 'v', 'mlflow.traceName': 'named' },
  })
  expect((await s.call('GET', `/api/2.0/mlflow/traces/${id}/info`)).json).toEqual({ trace_info })
  const found = await s.call('GET', `/api/2.0/mlflow/traces?experiment_ids=${s.experiment}`)
  expect(found.json).toEqual({ traces: [trace_info] })
  expect((await s.patch('traces/none', { timestamp_ms: 1, status: 'OK' })).status).toBe(404)
})
