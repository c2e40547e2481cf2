import type { Int64 } from '../../core/int64.ts'

/** MLflow's RunStatus, in the order of its numbers; RUNNING is 1. */
export const runStatuses = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const
export type RunStatus = (typeof runStatuses)[number]

export type LifecycleStage = 'active' | 'deleted'

export type KeyValue = { readonly key: string; readonly value: string }

/** One logged point. `value` may be NaN; infinities are the largest double, as MLflow keeps them. */
export type Metric = {
  readonly key: string
  readonly value: number
  readonly timestampMs: Int64
  readonly step: Int64
}

export type Dataset = {
  readonly name: string
  readonly digest: string
  readonly sourceType: string
  readonly source: string
  readonly schema: string | undefined
  readonly profile: string | undefined
}

/** A dataset as one run used it. */
export type DatasetInput = { readonly dataset: Dataset; readonly tags: readonly KeyValue[] }

export type ModelOutput = { readonly modelId: string; readonly step: Int64 }

/** A run without what was logged to it. */
export type RunInfo = {
  /** Key of the child tables; never leaves the server. */
  readonly id: number
  /** 32 hex digits. */
  readonly runId: string
  readonly experimentId: number
  readonly name: string
  readonly userId: string
  readonly status: RunStatus
  readonly startTimeMs: Int64
  readonly endTimeMs: Int64 | undefined
  readonly artifactUri: string
  readonly lifecycleStage: LifecycleStage
}

/** A run with everything but its metric history: `metrics` has the latest point of each key. */
export type Run = RunInfo & {
  readonly metrics: readonly Metric[]
  readonly params: readonly KeyValue[]
  readonly tags: readonly KeyValue[]
  readonly datasetInputs: readonly DatasetInput[]
  /** Ids of logged models that the run read; they need not exist. */
  readonly modelInputs: readonly string[]
  readonly modelOutputs: readonly ModelOutput[]
}
