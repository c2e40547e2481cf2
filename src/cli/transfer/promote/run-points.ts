import { ApiError, type GatehouseClient } from '../../../client/client.ts'
import { latestOf } from '../../../tracking/latest-metrics.ts'
import type { Metric } from '../../../tracking/run.ts'
import { callMlflow } from '../../mlflow-calls.ts'
import { JsonServer } from '../sources/json-server.ts'
import { MlflowServer } from '../sources/mlflow-server.ts'
import { SourceError } from '../sources/source-error.ts'

/** The run that a version was made of, where it still is. */
export type RunBefore = {
  readonly startMs: number
  /** Undefined: it has not ended. */
  readonly endMs: number | undefined
  /** The whole history of a metric. */
  points(key: string): Promise<readonly Metric[]>
}

type RunAnswer = { readonly info: { readonly start_time?: number; readonly end_time?: number } }

/** @returns undefined: it is gone, and what a version is known by is all that is left */
export async function findRunBefore(
  client: GatehouseClient,
  run_id: string,
): Promise<RunBefore | undefined> {
  const info = await findRunInfo(client, run_id)
  if (!info) return undefined
  const server = new JsonServer(client.server, (path, init) => client.fetch(path, init))
  const source = new MlflowServer(server, (_what, problem) => {
    throw new SourceError(problem)
  })
  return {
    startMs: info.start_time ?? 0,
    endMs: info.end_time,
    points: (key) => source.points({ run_id }, key),
  }
}

async function findRunInfo(
  client: GatehouseClient,
  run_id: string,
): Promise<RunAnswer['info'] | undefined> {
  try {
    return (await callMlflow<{ run: RunAnswer }>(client, 'GET runs/get', { run_id })).run.info
  } catch (err) {
    if (err instanceof ApiError && err.code === 'RESOURCE_DOES_NOT_EXIST') return undefined
    throw err
  }
}

/** The metrics that a version is known by, and when that was read, in Unix milliseconds. */
type KnownMetrics = {
  readonly metrics: Readonly<Record<string, number | 'NaN'>>
  readonly at: number
}

/**
 * The points of metrics, one metric after another. The last one of each is the value that the version is
 * known by: it is put behind a history that ends otherwise, such as that of another run of its logged model.
 */
export async function* pointsOf(
  { metrics, at }: KnownMetrics,
  run: RunBefore | undefined,
): AsyncGenerator<readonly Metric[]> {
  // What is known of a run that has ended was not logged after its end.
  const knownAtMs = Math.min(at, run?.endMs ?? at)
  for (const [key, text] of Object.entries(metrics)) {
    const value = Number(text)
    const points = (await run?.points(key)) ?? []
    yield points
    const [last] = latestOf(points)
    if (!last) yield [{ key, value, timestampMs: knownAtMs, step: 0 }]
    else if (!Object.is(last.value, value)) {
      yield [{ key, value, timestampMs: laterOf(last.timestampMs, knownAtMs), step: last.step }]
    }
  }
}

function laterOf(lastMs: number | bigint, knownAtMs: number): number | bigint {
  if (lastMs < knownAtMs) return knownAtMs
  return typeof lastMs === 'bigint' ? lastMs + 1n : lastMs + 1
}
