import { expect } from 'vitest'
import { governedServer } from './governed-server.ts'
import { traceId } from './trace-server.ts'

type SentInfo = {
  readonly of?: string
  readonly state?: string
  readonly took?: string
  readonly correct?: unknown
  readonly name?: string
}

/** A version that is in Production and a candidate, each of a run of its own in one experiment. */
export async function tracedVersions({ isFirst = false } = {}) {
  const s = await governedServer()
  const { post } = s.mlflow(s.admin)
  const made = await post('experiments/create', { name: 'home' })
  const home: string = made.json.experiment_id
  await post('registered-models/create', { name: 'm' })
  const version = async () => {
    const run = await post('runs/create', { experiment_id: home, start_time: 1 })
    const runId: string = run.json.run.info.run_id
    const registered = await post('model-versions/create', {
      ...{ name: 'm', source: 's3://b/m', run_id: runId },
    })
    return { runId, version: String(registered.json.model_version.version) }
  }
  const live = await version()
  if (!isFirst) {
    const moved = await post('model-versions/transition-stage', {
      ...{ name: 'm', version: live.version, stage: 'Production' },
      archive_existing_versions: false,
    })
    expect(moved.status).toBe(200)
  }
  const candidate = await version()
  const send = async (id: number, info: SentInfo = {}) => {
    const { status } = await s.admin('POST', '/api/3.0/mlflow/traces', {
      trace: {
        trace_info: {
          trace_id: traceId(id),
          trace_location: { mlflow_experiment: { experiment_id: home } },
          request_time: new Date(s.platform.now() - 1000).toISOString(),
          execution_duration: info.took ?? '0.5s',
          state: info.state ?? 'OK',
          trace_metadata: { 'mlflow.sourceRun': info.of ?? candidate.runId },
          assessments:
            info.correct === undefined
              ? []
              : [
                  {
                    assessment_name: info.name ?? 'correct',
                    source: { source_type: 'HUMAN', source_id: 'u' },
                    feedback: { value: info.correct },
                  },
                ],
        },
      },
    })
    expect(status).toBe(200)
  }
  return { ...s, post, home, live, candidate, send }
}
