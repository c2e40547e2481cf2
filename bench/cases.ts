import type { Call } from './load.ts'
import type { CaseKind } from './servers.ts'
import { modelName, versionsBefore, type World } from './world.ts'

export type Case = {
  readonly name: string
  readonly kind: CaseKind
  /** 16 where it is not said. */
  readonly connections?: number
  /** The first request is number 0; every request is another one where writing needs it. */
  readonly callOf: (world: World, i: number) => Call
}

const api = '/api/2.0/mlflow/'
const files = '/api/2.0/mlflow-artifacts/artifacts/bench'
const get = (path: string): Call => ({ method: 'GET', path: api + path })
const post = (path: string, body: object): Call => ({
  method: 'POST',
  path: api + path,
  body: JSON.stringify(body),
})
const version = (i: number) => String((i % versionsBefore) + 1)

export const cases: readonly Case[] = [
  { name: 'get-run', kind: 'tracking', callOf: (world) => get(`runs/get?run_id=${world.runId}`) },
  {
    name: 'create-run',
    kind: 'tracking',
    callOf: (world, i) =>
      post('runs/create', {
        experiment_id: world.experimentId,
        // Older than the runs that searches look for, so that their answers stay the same.
        start_time: 1_600_000_000_000 + i,
        run_name: `created-${i}`,
        tags: [{ key: 'mlflow.user', value: 'bench' }],
      }),
  },
  {
    name: 'log-metric',
    kind: 'tracking',
    callOf: (world, i) =>
      post('runs/log-metric', {
        run_id: world.runId,
        key: 'logged',
        value: i,
        timestamp: 1_700_000_000_000 + i,
        step: i,
      }),
  },
  {
    name: 'log-batch of 1,000',
    kind: 'tracking',
    callOf: (world, i) =>
      post('runs/log-batch', {
        run_id: world.runId,
        metrics: Array.from({ length: 1000 }, (_, m) => ({
          key: `batch-${m % 10}`,
          value: m / 7,
          timestamp: 1_700_000_000_000 + i,
          step: i * 100 + Math.floor(m / 10),
        })),
      }),
  },
  {
    name: 'get-by-alias',
    kind: 'registry',
    callOf: () => get(`registered-models/alias?name=${modelName}&alias=champion`),
  },
  {
    name: 'get-latest-versions',
    kind: 'registry',
    callOf: () => post('registered-models/get-latest-versions', { name: modelName }),
  },
  {
    name: 'register a version',
    kind: 'registry',
    callOf: (world) =>
      post('model-versions/create', {
        name: modelName,
        source: world.source,
        run_id: world.runId,
      }),
  },
  {
    name: 'transition with archive',
    kind: 'registry',
    callOf: (_, i) =>
      post('model-versions/transition-stage', {
        name: modelName,
        version: version(i),
        stage: 'Production',
        archive_existing_versions: true,
      }),
  },
  {
    name: 'set alias',
    kind: 'registry',
    callOf: (_, i) =>
      post('registered-models/alias', {
        name: modelName,
        alias: 'challenger',
        version: version(i),
      }),
  },
  {
    name: 'filtered search, 10,000 runs',
    kind: 'search',
    callOf: (world) =>
      post('runs/search', {
        experiment_ids: [world.experimentId],
        filter: "params.model = 'm3' AND metrics.accuracy > 0.5",
        order_by: ['metrics.loss ASC'],
        max_results: 100,
      }),
  },
  {
    name: 'newest 100 of 10,000 runs',
    kind: 'search',
    callOf: (world) =>
      post('runs/search', { experiment_ids: [world.experimentId], max_results: 100 }),
  },
  {
    name: 'history of 10,000 points',
    kind: 'tracking',
    callOf: (world) => get(`metrics/get-history?run_id=${world.historyRunId}&metric_key=history`),
  },
  ...[1, 4, 16].flatMap((connections): Case[] => [
    {
      name: `upload of 1 MB, ${connections} at once`,
      kind: 'files',
      connections,
      callOf: (_, i) => ({
        method: 'PUT',
        path: `${files}/up-${i % 256}.bin`,
        type: 'application/octet-stream',
        body: megabyteOf(i),
      }),
    },
    {
      name: `download of 1 MB, ${connections} at once`,
      kind: 'files',
      connections,
      callOf: () => ({ method: 'GET', path: `${files}/up-0.bin` }),
    },
  ]),
]

/** Bytes that no other number has, so that no store can keep one file for all. */
function megabyteOf(i: number): Buffer {
  const bytes = Buffer.alloc(1_000_000, 'gatehouse bench ')
  bytes.writeUInt32LE(i, 0)
  bytes.writeDoubleLE(Math.random(), 8)
  return bytes
}
