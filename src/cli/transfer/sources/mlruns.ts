import { join, resolve } from 'node:path'
import { excerpt } from '../../../core/error.ts'
import { latestOf } from '../../../tracking/latest-metrics.ts'
import type { Metric } from '../../../tracking/run.ts'
import { isElsewhere, keptLocally, listLocalFiles, rootOf } from './local-files.ts'
import {
  experimentOf,
  loggedModelOf,
  loggedModelStatuses,
  modelOf,
  readEach,
  readItem,
  runOf,
  versionOf,
} from './mlflow-items.ts'
import * as shapes from './mlflow-shapes.ts'
import type {
  ExperimentItem,
  FilesOf,
  ImportSource,
  OnUnread,
  SourceFile,
  SourceLoggedModel,
  SourceModel,
  SourceRun,
  SourceVersion,
} from './source.ts'
import { SourceError } from './source-error.ts'
import {
  asObject,
  listFolders,
  listKeys,
  type Meta,
  metricAnswer,
  readMeta,
  readModelMetrics,
  readOutputs,
  readPoints,
  readValues,
} from './store-files.ts'

const runStatuses = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED']
/** Folders of a store that are no experiments. */
const reserved = new Set(['models', '.trash'])

/** A folder that MLflow's file store filled. Symbolic links in it are not followed. */
export class MlrunsFolder implements ImportSource {
  readonly name: string
  readonly title: string
  readonly #root: string
  readonly #onUnread: OnUnread
  /** Where each experiment, run and logged model lies. */
  readonly #folders = new Map<string, string>()

  constructor(folder: string, onUnread: OnUnread) {
    this.#onUnread = onUnread
    this.title = resolve(folder)
    this.#root = rootOf(folder)
    this.name = `mlruns ${this.title}`
  }

  async *experiments(): AsyncGenerator<ExperimentItem> {
    for (const parent of [this.#root, join(this.#root, '.trash')]) {
      const names = (await listFolders(parent)).filter((name) => !reserved.has(name))
      yield* readEach(names, (name) => this.#experiment(name, join(parent, name)), {
        what: (name) => `experiment ${name}`,
        onUnread: this.#onUnread,
      })
    }
  }

  async #experiment(name: string, folder: string): Promise<ExperimentItem | undefined> {
    const meta = await readMeta(folder)
    if (!meta) return undefined
    const experiment = readItem(shapes.Experiment, {
      ...meta,
      experiment_id: String(meta.experiment_id ?? name),
      tags: await readValues(join(folder, 'tags')),
    })
    this.#folders.set(experiment.experiment_id, folder)
    return experimentOf(experiment, keptLocally)
  }

  async countRuns(experimentId: string): Promise<number> {
    return (await this.#listRuns(experimentId)).length
  }

  async *runs(experimentId: string): AsyncGenerator<SourceRun> {
    const folder = this.#folderOf(experimentId)
    const read = async (name: string) => {
      const meta = await readMeta(join(folder, name))
      // A run that was being made when its program ended: there is nothing to take.
      return meta && this.#run(experimentId, join(folder, name), meta)
    }
    yield* readEach(await this.#listRuns(experimentId), read, {
      what: (name) => `run ${name}`,
      onUnread: this.#onUnread,
    })
  }

  async #listRuns(experimentId: string): Promise<string[]> {
    const names = await listFolders(this.#folderOf(experimentId))
    return names.filter((name) => /^[0-9a-f]{32}$/.test(name))
  }

  async #run(experimentId: string, folder: string, meta: Meta): Promise<SourceRun> {
    const id = String(meta.run_id ?? meta.run_uuid)
    this.#folders.set(id, folder)
    const tags = await readValues(join(folder, 'tags'))
    const latest: object[] = []
    for (const { key, path } of await listKeys(join(folder, 'metrics'))) {
      latest.push(...latestOf(await readPoints(path, key)).map(metricAnswer))
    }
    const run = readItem(shapes.Run, {
      info: {
        ...meta,
        run_id: id,
        experiment_id: experimentId,
        run_name: meta.run_name ?? tags.find(({ key }) => key === 'mlflow.runName')?.value ?? '',
        status: runStatuses[Number(meta.status) - 1],
      },
      data: { metrics: latest, params: await readValues(join(folder, 'params')), tags },
      inputs: await this.#inputs(experimentId, folder),
      outputs: { model_outputs: await readOutputs(folder) },
    })
    const deleted = Number(meta.deleted_time)
    const address = String(meta.artifact_uri ?? '')
    return {
      ...runOf(run),
      artifact_uri: keptLocally(address),
      ...(deleted > 0 && { deleted_time: deleted }),
    }
  }

  async #inputs(experimentId: string, folder: string): Promise<object> {
    const datasets: object[] = []
    const models: object[] = []
    for (const name of await listFolders(join(folder, 'inputs'))) {
      const meta = await readMeta(join(folder, 'inputs', name))
      if (meta?.source_type === 'RUN_INPUT' || meta?.destination_type === 'MODEL_INPUT') {
        models.push({ model_id: String(meta.destination_id ?? meta.source_id) })
      }
      if (meta?.source_type !== 'DATASET') continue
      const id = String(meta.source_id)
      if (!/^[\w-]+$/.test(id)) continue
      const dataset = await readMeta(join(this.#folderOf(experimentId), 'datasets', id))
      const tags = Object.entries(asObject(meta.tags)).map(([key, value]) => ({
        key,
        value: String(value),
      }))
      if (dataset) datasets.push({ dataset, tags })
    }
    return { dataset_inputs: datasets, model_inputs: models }
  }

  async points({ run_id }: SourceRun, key: string): Promise<Metric[]> {
    return readPoints(join(this.#folderOf(run_id), 'metrics', key), key)
  }

  async *loggedModels(experimentId: string): AsyncGenerator<SourceLoggedModel> {
    const parent = join(this.#folderOf(experimentId), 'models')
    const read = async (id: string) => {
      const folder = join(parent, id)
      const meta = await readMeta(folder)
      if (!meta || !/^m-[0-9a-f]{32}$/.test(id)) return undefined
      this.#folders.set(id, folder)
      const address = String(meta.artifact_location ?? '')
      const model = readItem(shapes.LoggedModel, {
        info: {
          ...meta,
          model_id: id,
          experiment_id: experimentId,
          creation_timestamp_ms: meta.creation_timestamp,
          last_updated_timestamp_ms: meta.last_updated_timestamp,
          artifact_uri: address,
          status: `LOGGED_MODEL_${loggedModelStatuses[Number(meta.status) - 1] ?? 'PENDING'}`,
          tags: await readValues(join(folder, 'tags')),
        },
        data: {
          params: await readValues(join(folder, 'params')),
          metrics: await readModelMetrics(join(folder, 'metrics')),
        },
      })
      return { ...loggedModelOf(model), artifact_uri: keptLocally(address) }
    }
    yield* readEach(await listFolders(parent), read, {
      what: (id) => `logged model ${id}`,
      onUnread: this.#onUnread,
    })
  }

  async *models(): AsyncGenerator<SourceModel> {
    const parent = join(this.#root, 'models')
    const read = async (name: string) => {
      const folder = join(parent, name)
      const meta = await readMeta(folder)
      if (!meta) return undefined
      this.#folders.set(`models/${name}`, folder)
      const aliases = await readValues(join(folder, 'aliases'))
      return modelOf(
        readItem(shapes.RegisteredModel, {
          ...meta,
          name,
          tags: await readValues(join(folder, 'tags')),
          aliases: aliases.map(({ key, value }) => ({ alias: key, version: value })),
        }),
      )
    }
    yield* readEach(await listFolders(parent), read, {
      what: (name) => `registered model '${name}'`,
      onUnread: this.#onUnread,
    })
  }

  async *versions({ name }: SourceModel): AsyncGenerator<SourceVersion> {
    const parent = this.#folderOf(`models/${name}`)
    const read = async (folder: string) => {
      const version = /^version-(\d+)$/.exec(folder)?.[1]
      const meta = version === undefined ? undefined : await readMeta(join(parent, folder))
      if (!meta || meta.current_stage === 'Deleted_Internal') return undefined
      const found = readItem(shapes.ModelVersion, {
        ...meta,
        name,
        version,
        tags: await readValues(join(parent, folder, 'tags')),
      })
      return { ...versionOf(found), version_source: ownSource(meta, found) }
    }
    yield* readEach(await listFolders(parent), read, {
      what: (folder) => `${folder} of '${name}'`,
      onUnread: this.#onUnread,
    })
  }

  async *files(of: FilesOf): AsyncGenerator<SourceFile> {
    const item = of.kind === 'run' ? of.run : of.model
    if (item.artifact_uri !== undefined && isElsewhere(item.artifact_uri)) return
    const id = of.kind === 'run' ? of.run.run_id : of.model.model_id
    // Beside its `meta.yaml`, whatever that says: the folder may have been moved since.
    yield* listLocalFiles(join(this.#folderOf(id), 'artifacts'))
  }

  close(): void {}

  #folderOf(id: string): string {
    const folder = this.#folders.get(id)
    if (folder === undefined) throw new SourceError(`'${excerpt(id)}' is not in ${this.title}`)
    return folder
  }
}

/** A path of the store becomes what it stands for, which means the same wherever the files are. */
function ownSource(
  meta: Meta,
  version: { readonly source: string; readonly run_id: string },
): string {
  const { source, run_id } = version
  if (typeof meta.model_id === 'string' && /^m-[0-9a-f]{32}$/.test(meta.model_id)) {
    return `models:/${meta.model_id}`
  }
  const model = /\/models\/(m-[0-9a-f]{32})\/artifacts\/?$/.exec(source)?.[1]
  if (model) return `models:/${model}`
  const path = source.split(`/${run_id}/artifacts/`)[1]
  return run_id !== '' && path !== undefined ? `runs:/${run_id}/${path}` : source
}
