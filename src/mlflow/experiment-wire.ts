import type { Experiment } from '../tracking/experiments/experiment.ts'
import { unlessEmpty } from './wire/json.ts'

/** MLflow's `Experiment` message. */
export function experimentToWire(experiment: Experiment, workspace: string): object {
  return {
    experiment_id: String(experiment.id),
    name: experiment.name,
    artifact_location: experiment.artifactLocation,
    lifecycle_stage: experiment.lifecycleStage,
    last_update_time: experiment.updatedAtMs,
    creation_time: experiment.createdAtMs,
    tags: unlessEmpty(experiment.tags),
    workspace,
  }
}
