import type { LoggedModel, LoggedModelMetric } from '../tracking/logged-models/logged-model.ts'
import { metricToWire } from './run-wire.ts'
import { unlessEmpty } from './wire/json.ts'

/** MLflow's `LoggedModel` message. */
export function loggedModelToWire(model: LoggedModel): object {
  return {
    info: {
      model_id: model.modelId,
      experiment_id: String(model.experimentId),
      name: model.name,
      creation_timestamp_ms: model.createdAtMs,
      last_updated_timestamp_ms: model.updatedAtMs,
      artifact_uri: model.artifactUri,
      status: model.status,
      model_type: model.modelType,
      source_run_id: model.sourceRunId,
      status_message: model.statusMessage,
      tags: unlessEmpty(model.tags),
    },
    data: {
      params: unlessEmpty(model.params),
      metrics: unlessEmpty(model.metrics.map((metric) => modelMetricToWire(model, metric))),
    },
  }
}

function modelMetricToWire(model: LoggedModel, metric: LoggedModelMetric): object {
  return {
    ...metricToWire(metric),
    dataset_name: metric.datasetName,
    dataset_digest: metric.datasetDigest,
    model_id: model.modelId,
    run_id: metric.runId,
  }
}
