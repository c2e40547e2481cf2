import type { Metric } from '../../../tracking/run.ts'
import type { SourceRun } from '../sources/source.ts'

type KeyAndValue = { readonly key: string; readonly value: string }
type PointOnWire = Readonly<Record<'key' | 'timestamp' | 'step', string>> & {
  readonly value: number | string
}
type RunBatch = { params: KeyAndValue[]; tags: KeyAndValue[]; metrics: PointOnWire[] }

/** MLflow's limits of one call of `runs/log-batch`. */
const itemsMax = 1000
const paramsMax = 100
const tagsMax = 100
/** Its limit is a million of its own characters, which may count otherwise than ours. */
const charsMax = 500_000

/** All of a run that `runs/log-batch` takes, in as few calls as may be. @param points metric by metric */
export async function* batchesOf(
  run: Pick<SourceRun, 'params' | 'tags'>,
  points: AsyncIterable<readonly Metric[]>,
): AsyncGenerator<RunBatch> {
  let batch = emptyBatch()
  let chars = 0
  for await (const part of partsOf(run, points)) {
    const more = JSON.stringify(part).length
    const { params, tags, metrics } = batch
    const count = params.length + tags.length + metrics.length
    const isFull = params.length >= paramsMax || tags.length >= tagsMax || count >= itemsMax
    if (count > 0 && (isFull || chars + more > charsMax)) {
      yield batch
      batch = emptyBatch()
      chars = 0
    }
    batch.params.push(...(part.params ?? []))
    batch.tags.push(...(part.tags ?? []))
    batch.metrics.push(...(part.metrics ?? []))
    chars += more
  }
  if (chars > 0) yield batch
}

function emptyBatch(): RunBatch {
  return { params: [], tags: [], metrics: [] }
}

/** One item each. */
async function* partsOf(
  { params = [], tags = [] }: Pick<SourceRun, 'params' | 'tags'>,
  points: AsyncIterable<readonly Metric[]>,
): AsyncGenerator<Partial<RunBatch>> {
  for (const param of params) yield { params: [param] }
  for (const tag of tags) yield { tags: [tag] }
  for await (const some of points) {
    for (const point of some) yield { metrics: [pointOnWire(point)] }
  }
}

function pointOnWire({ key, value, timestampMs, step }: Metric): PointOnWire {
  return {
    key,
    value: Number.isNaN(value) ? 'NaN' : value,
    timestamp: String(timestampMs),
    step: String(step),
  }
}
