import { runBackgroundWork, runHourlyWork } from '../../src/background.ts'
import { type CountedWorld, pointsOf, taken } from './world.ts'

export type CountedOperation = {
  readonly name: string
  /** What is not counted, before it. */
  readonly before?: (world: CountedWorld, i: number) => Promise<unknown>
  /** @param i another one at each call */
  readonly call: (world: CountedWorld, i: number) => Promise<unknown>
  /** Whether it reads more where there are more runs, models or versions: one that lists, or compares all. */
  readonly grows?: true
}

const keys = Array.from({ length: 10 }, (_, i) => `metric-${i}`)

const get = (path: (world: CountedWorld, i: number) => string): CountedOperation['call'] => {
  return (world, i) => taken(world.rita.get(path(world, i)))
}
const post = (
  path: string,
  body: (world: CountedWorld, i: number) => object,
): CountedOperation['call'] => {
  return (world, i) => taken(world.rita.post(path, body(world, i)))
}
const searchRuns = (more: object): CountedOperation['call'] =>
  post('runs/search', (world) => ({
    experiment_ids: [world.experimentId],
    max_results: 100,
    ...more,
  }))

const tracking: readonly CountedOperation[] = [
  { name: 'whoami', call: ({ rita }) => taken(rita.call('GET', '/api/v1/whoami')) },
  { name: 'get-experiment-by-name', call: get(() => 'experiments/get-by-name?experiment_name=e') },
  { name: 'get-run', call: get((world) => `runs/get?run_id=${world.runId}`) },
  {
    name: 'create-run with 5 tags',
    call: post('runs/create', ({ experimentId }, i) => ({
      experiment_id: experimentId,
      start_time: i,
      tags: Array.from({ length: 5 }, (_, tag) => ({ key: `tag-${tag}`, value: `${i}` })),
    })),
  },
  {
    name: 'update-run',
    call: post('runs/update', ({ runId }, i) => ({
      run_id: runId,
      status: 'FINISHED',
      end_time: i,
    })),
  },
  {
    name: 'log-metric',
    call: post('runs/log-metric', ({ runId }, i) => ({
      ...{ run_id: runId, key: 'logged', value: i, timestamp: i, step: i },
    })),
  },
  {
    name: 'log-batch of 1,000 points of 10 metrics',
    call: post('runs/log-batch', ({ runId }, i) => ({
      run_id: runId,
      metrics: pointsOf(i, keys),
    })),
  },
  {
    name: 'log-batch of 100 params of a new run',
    before: (world) => world.startAnother(),
    call: post('runs/log-batch', ({ another }) => ({
      run_id: another.runId,
      params: Array.from({ length: 100 }, (_, param) => ({ key: `p-${param}`, value: 'v' })),
    })),
  },
  {
    name: 'set-tag of a run',
    call: post('runs/set-tag', ({ runId }, i) => ({ run_id: runId, key: 'k', value: `${i}` })),
  },
  { name: 'newest 100 runs', call: searchRuns({}) },
  { name: 'newest 100 runs, deleted ones too', call: searchRuns({ run_view_type: 'ALL' }) },
  { name: 'runs ordered by name', call: searchRuns({ order_by: ['attributes.run_name ASC'] }) },
  { name: 'runs that ended last', call: searchRuns({ order_by: ['end_time DESC'] }) },
  {
    name: 'runs by a param and a metric, ordered by a metric',
    call: searchRuns({
      filter: "params.model = 'm3' AND metrics.accuracy > 0.2",
      order_by: ['metrics.loss ASC'],
    }),
    grows: true,
  },
  {
    name: 'runs ordered by a metric',
    call: searchRuns({ order_by: ['metrics.loss ASC'] }),
    grows: true,
  },
  {
    name: 'history of 10,000 points',
    call: get(({ runId }) => `metrics/get-history?run_id=${runId}&metric_key=history`),
  },
  {
    name: 'history of 10,000 points that are folded',
    before: async (world) => {
      await world.endAnother(['history'], 1000)
      await world.foldAndRank()
    },
    call: get(({ another }) => `metrics/get-history?run_id=${another.runId}&metric_key=history`),
  },
]

const registry: readonly CountedOperation[] = [
  {
    name: 'create a model',
    call: post('registered-models/create', (_, i) => ({ name: `model-${i}` })),
  },
  { name: 'register a version of 1 file', call: ({ register }) => register('m') },
  { name: 'get a version', call: get(() => 'model-versions/get?name=m&version=1') },
  {
    name: 'get a version by alias',
    before: ({ rita }) =>
      taken(rita.post('registered-models/alias', { name: 'm', alias: 'champion', version: '1' })),
    call: get(() => 'registered-models/alias?name=m&alias=champion'),
  },
  {
    name: 'latest versions',
    call: post('registered-models/get-latest-versions', () => ({ name: 'm' })),
  },
  {
    name: 'transition with archive',
    call: post('model-versions/transition-stage', (_, i) => ({
      ...{ name: 'm', version: String((i % 2) + 1), stage: 'Production' },
      archive_existing_versions: true,
    })),
  },
  {
    name: 'set an alias',
    call: post('registered-models/alias', (_, i) => ({
      ...{ name: 'm', alias: 'challenger', version: String((i % 2) + 1) },
    })),
  },
  {
    name: 'set-tag of a version',
    call: post('model-versions/set-tag', (_, i) => ({
      ...{ name: 'm', version: '1', key: 'k', value: `${i}` },
    })),
  },
  {
    name: 'versions of a run',
    call: get(
      ({ single }) => `model-versions/search?filter=run_id%3D%27${single.runId}%27&max_results=100`,
    ),
  },
  {
    name: 'newest 10 versions of a model',
    call: get(() => 'model-versions/search?filter=name%3D%27m%27&max_results=10'),
    grows: true,
  },
  {
    name: '10 models by name',
    call: get(() => 'registered-models/search?filter=name%20LIKE%20%27other%25%27&max_results=10'),
  },
  {
    name: 'verify a version of 1 file',
    call: ({ rita }) => taken(rita.call('POST', '/api/v1/models/m/versions/2/verify')),
  },
]

const files: readonly CountedOperation[] = [
  {
    name: 'upload a file of 1 MB',
    call: (world, i) => world.file('PUT', `${world.folder}/${i}.bin`),
  },
  {
    name: 'download a file of 1 MB',
    call: (world) => world.file('GET', `${world.folder}/model.pkl`),
  },
  {
    name: 'list files of a run',
    call: get(({ runId }) => `artifacts/list?run_id=${runId}`),
  },
]

const traces: readonly CountedOperation[] = [
  { name: 'log a trace of 20 spans', call: (world, i) => world.trace(i) },
  {
    name: 'newest 100 traces',
    call: ({ rita, experimentId }) => {
      const location = {
        type: 'MLFLOW_EXPERIMENT',
        mlflow_experiment: { experiment_id: experimentId },
      }
      return taken(rita.post3('traces/search', { locations: [location], max_results: 100 }))
    },
  },
]

const background: readonly CountedOperation[] = [
  {
    name: 'after a registered version: seal, look at its files',
    before: async ({ settle, register }) => {
      await settle()
      await register('m')
    },
    call: ({ platform }) => runBackgroundWork(platform),
  },
  {
    name: 'a minute in which nothing is to do',
    before: ({ settle }) => settle(),
    call: ({ platform }) => runBackgroundWork(platform),
  },
  {
    name: 'after a run of 10,000 points of 10 metrics: fold, rank',
    before: (world) => world.endAnother(keys, 1000),
    call: (world) => world.foldAndRank(),
  },
  {
    name: 'after a run of 10,000 points that came alone: fold, rank',
    before: (world) => world.endAnother(keys, 70),
    call: (world) => world.foldAndRank(),
  },
  { name: 'the work of an hour', call: ({ platform }) => runHourlyWork(platform) },
]

/** The main operations, in the order in which a run of everything asks them. */
export const countedOperations: readonly CountedOperation[] = [
  ...tracking,
  ...registry,
  ...files,
  ...traces,
  ...background,
]
