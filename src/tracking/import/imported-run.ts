import type { Int64 } from '../../core/int64.ts'
import type {
  DatasetInput,
  KeyValue,
  LifecycleStage,
  Metric,
  ModelOutput,
  RunStatus,
} from '../run.ts'

/** A run as another server had it, with points of its metrics: all of them, or some. */
export type ImportedRun = {
  readonly runId: string
  /** `experiments.id` here, as text. */
  readonly experimentId: string
  readonly name: string
  readonly userId: string
  readonly status: RunStatus
  readonly startTimeMs: Int64
  readonly endTimeMs: Int64 | undefined
  readonly lifecycleStage: LifecycleStage
  readonly deletedAtMs: number | undefined
  /** Absent: below the folder of its experiment. */
  readonly artifactUri: string | undefined
  readonly params: readonly KeyValue[]
  readonly tags: readonly KeyValue[]
  readonly datasetInputs: readonly DatasetInput[]
  readonly modelInputs: readonly string[]
  readonly modelOutputs: readonly ModelOutput[]
  readonly points: readonly Metric[]
}
