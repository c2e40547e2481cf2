import { invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import type { KeyValue, Metric } from '../run.ts'

/** MLflow's LoggedModelStatus, in the order of its numbers; PENDING is 1. */
export const loggedModelStatuses = [
  'LOGGED_MODEL_PENDING',
  'LOGGED_MODEL_READY',
  'LOGGED_MODEL_UPLOAD_FAILED',
] as const
export type LoggedModelStatus = (typeof loggedModelStatuses)[number]

/** A point that a run logged about a model, and on which dataset where one was named. */
export type LoggedModelMetric = Metric & {
  readonly runId: string
  readonly datasetName: string | undefined
  readonly datasetDigest: string | undefined
}

/** A model as MLflow 3 logs it, before and apart from any registration. */
export type LoggedModel = {
  /** Key of the child tables; never leaves the server. */
  readonly id: number
  /** `m-` and 32 hex digits. */
  readonly modelId: string
  readonly experimentId: number
  readonly name: string
  readonly artifactUri: string
  readonly status: LoggedModelStatus
  readonly modelType: string
  /** Empty where no run was named; the run need not exist, as in MLflow. */
  readonly sourceRunId: string
  readonly statusMessage: string | undefined
  readonly lifecycleStage: 'active' | 'deleted'
  readonly createdAtMs: number
  readonly updatedAtMs: number
  readonly tags: readonly KeyValue[]
  readonly params: readonly KeyValue[]
  /** By key and time; of many the latest of each key and dataset. */
  readonly metrics: readonly LoggedModelMetric[]
}

/** @throws INVALID_PARAMETER_VALUE `name` has a character that a model URI could not carry */
export function checkLoggedModelName(name: string): void {
  if (!/[/:.%"']/.test(name)) return
  throw invalid(
    `${messages.wrongLoggedModelName(name)}. A model name must not contain any of / : . % " '`,
  )
}
