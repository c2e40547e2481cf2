import type { DatasetInput, KeyValue, Metric, Run, RunInfo } from '../tracking/run.ts'
import { doubleToJson, int64ToJson, unlessEmpty } from './wire/json.ts'

/** MLflow's `Run` message, as runs/get and runs/search answer it. */
export function runToWire(run: Run): object {
  return {
    info: runInfoToWire(run),
    data: {
      metrics: unlessEmpty(run.metrics.map(metricToWire)),
      params: unlessEmpty(run.params),
      tags: unlessEmpty(run.tags),
    },
    inputs: {
      dataset_inputs: unlessEmpty(run.datasetInputs.map(datasetInputToWire)),
      model_inputs: unlessEmpty(run.modelInputs.map((modelId) => ({ model_id: modelId }))),
    },
    outputs: {
      model_outputs: unlessEmpty(
        run.modelOutputs.map(({ modelId, step }) => ({
          model_id: modelId,
          step: int64ToJson(step),
        })),
      ),
    },
  }
}

/** What runs/create answers: nothing is logged yet, and `outputs` is absent there. */
export function newRunToWire(run: RunInfo, tags: readonly KeyValue[]): object {
  return { info: runInfoToWire(run), data: { tags: unlessEmpty(tags) }, inputs: {} }
}

/** MLflow's `RunInfo` message; `run_uuid` is what MLflow 0.x called `run_id`. */
export function runInfoToWire(run: RunInfo): object {
  return {
    run_uuid: run.runId,
    experiment_id: String(run.experimentId),
    run_name: run.name,
    user_id: run.userId,
    status: run.status,
    start_time: int64ToJson(run.startTimeMs),
    end_time: run.endTimeMs === undefined ? undefined : int64ToJson(run.endTimeMs),
    artifact_uri: run.artifactUri,
    lifecycle_stage: run.lifecycleStage,
    run_id: run.runId,
  }
}

/** MLflow's `Metric` message, and its `MetricWithRunId` when a run is named. */
export function metricToWire(metric: Metric): object {
  return pointToWire(metric.key, metric)
}

/** As `metricToWire`, of one of many points. */
export function pointToWire(
  key: string,
  { value, timestampMs, step }: Omit<Metric, 'key'>,
): object {
  return {
    key,
    value: doubleToJson(value),
    timestamp: int64ToJson(timestampMs),
    step: int64ToJson(step),
  }
}

function datasetInputToWire({ dataset, tags }: DatasetInput): object {
  return {
    tags: unlessEmpty(tags),
    dataset: {
      name: dataset.name,
      digest: dataset.digest,
      source_type: dataset.sourceType,
      source: dataset.source,
      schema: dataset.schema,
      profile: dataset.profile,
    },
  }
}
