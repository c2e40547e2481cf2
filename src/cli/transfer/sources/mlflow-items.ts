import { parseInt64 } from '../../../core/int64.ts'
import type { Metric } from '../../../tracking/run.ts'
import type * as shapes from './mlflow-shapes.ts'
import type { SourceLoggedModel, SourceModel, SourceRun, SourceVersion } from './source.ts'

export type RunAnswer = (typeof shapes.Run)['_output']
export type LoggedModelAnswer = (typeof shapes.LoggedModels)['_output']['models'][number]

export function loggedModelOf({ info, data }: LoggedModelAnswer): SourceLoggedModel {
  const { creation_timestamp_ms, last_updated_timestamp_ms, artifact_uri, ...rest } = info
  return {
    ...rest,
    creation_time: creation_timestamp_ms,
    last_update_time: last_updated_timestamp_ms,
    artifact_uri: keptAddress(artifact_uri),
    params: data.params,
    metrics: data.metrics.map(({ value, ...metric }) => ({
      ...metric,
      value: Number.isNaN(value) ? 'NaN' : clamped(value),
    })),
  }
}

export function modelOf(
  model: (typeof shapes.RegisteredModels)['_output']['registered_models'][number],
): SourceModel {
  const { creation_timestamp, last_updated_timestamp, aliases, ...rest } = model
  return {
    ...rest,
    creation_time: creation_timestamp,
    last_update_time: last_updated_timestamp,
    aliasVersions: aliases,
  }
}

export function versionOf(
  version: (typeof shapes.ModelVersions)['_output']['model_versions'][number],
): SourceVersion {
  const { creation_timestamp, last_updated_timestamp, current_stage, source, ...rest } = version
  return {
    ...rest,
    version_source: source,
    stage: current_stage,
    creation_time: creation_timestamp,
    last_update_time: last_updated_timestamp,
  }
}

/** Addresses that still hold here: those of the artifact proxy. Files that lie elsewhere are copied. */
export function keptAddress(address: string): string | undefined {
  return /^mlflow-artifacts:\/(?!\/)/.test(address) ? address : undefined
}

export function runOf({ info, data, inputs, outputs }: RunAnswer): SourceRun {
  return {
    ...info,
    artifact_uri: keptAddress(info.artifact_uri),
    params: data.params,
    tags: data.tags,
    dataset_inputs: inputs.dataset_inputs,
    model_inputs: inputs.model_inputs.map(({ model_id }) => model_id),
    model_outputs: outputs.model_outputs,
    latest: data.metrics.map(metricOf),
  }
}

export function metricOf({
  key,
  value,
  timestamp,
  step,
}: (typeof shapes.MetricShape)['_output']): Metric {
  return {
    key,
    value: Number.isNaN(value) ? value : clamped(value),
    timestampMs: parseInt64(String(timestamp)) ?? 0,
    step: parseInt64(String(step)) ?? 0,
  }
}

/** As every server keeps an infinity. */
function clamped(value: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value))
}
