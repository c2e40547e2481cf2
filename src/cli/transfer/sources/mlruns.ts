import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { excerpt } from '../../../core/error.ts'
import { StartError } from '../../../platform/start-error.ts'
import type { Metric } from '../../../tracking/run.ts'
import { isElsewhere, keptLocally, listLocalFiles } from './local-files.ts'
import { loggedModelOf, modelOf, runOf, versionOf } from './mlflow-items.ts'
import * as shapes from './mlflow-shapes.ts'
import type {
  ExperimentItem,
  FilesOf,
  ImportSource,
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
const loggedModelStatuses = ['PENDING', 'READY', 'UPLOAD_FAILED']
/** Folders of a store that are no experiments. */
const reserved = new Set(['models', '.trash'])

/** A folder that MLflow's file store filled. Symbolic links in it are not followed. */
export class MlrunsFolder implements ImportSource {
  readonly name: string
  readonly title: string
  /** Where each experiment, run and logged model lies. */
  readonly #folders = new Map<string, string>()

  constructor(folder: string) {
    this.title = resolve(folder)
    this.name = `mlruns ${this.title}`
  }

  async *experiments(): AsyncGenerator<ExperimentItem> {
    const found = await stat(this.title).catch(() => undefined)
    if (!found?.isDirectory()) throw new StartError(`there is no folder '${this.title}'`)
    for (const parent of [this.title, join(this.title, '.trash')]) {
      for (const name of await listFolders(parent)) {
        if (reserved.has(name)) continue
        const folder = join(parent, name)
        const meta = await readMeta(folder)
        if (!meta) continue
        const { artifact_location: location, ...item } = oneOf(
          shapes.Experiments.shape.experiments,
          {
            ...meta,
            experiment_id: String(meta.experiment_id ?? name),
            tags: await readValues(join(folder, 'tags')),
          },
        )
        this.#folders.set(item.experiment_id, folder)
        yield { ...item, artifact_location: keptLocally(location) }
      }
    }
  }

  async *runs(experimentId: string): AsyncGenerator<SourceRun> {
    const folder = this.#folderOf(experimentId)
    for (const name of await listFolders(folder)) {
      if (!/^[0-9a-f]{32}$/.test(name)) continue
      const meta = await readMeta(join(folder, name))
      // A run that was being made when its program ended: there is nothing to take.
      if (meta) yield this.#run(experimentId, join(folder, name), meta)
    }
  }

  async #run(experimentId: string, folder: string, meta: Meta): Promise<SourceRun> {
    const id = String(meta.run_id ?? meta.run_uuid)
    this.#folders.set(id, folder)
    const tags = await readValues(join(folder, 'tags'))
    const latest: object[] = []
    for (const { key, path } of await listKeys(join(folder, 'metrics'))) {
      const points = await readPoints(path, key)
      const last = points.reduce<Metric | undefined>(later, undefined)
      if (last) latest.push(metricAnswer(last))
    }
    const run = oneOf(z.array(shapes.Run).default([]), {
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
    const files = await listKeys(join(this.#folderOf(run_id), 'metrics'))
    const file = files.find((one) => one.key === key)
    return file ? readPoints(file.path, key) : []
  }

  async *loggedModels(experimentId: string): AsyncGenerator<SourceLoggedModel> {
    const parent = join(this.#folderOf(experimentId), 'models')
    for (const id of await listFolders(parent)) {
      const folder = join(parent, id)
      const meta = await readMeta(folder)
      if (!meta || !/^m-[0-9a-f]{32}$/.test(id)) continue
      this.#folders.set(id, folder)
      const address = String(meta.artifact_location ?? '')
      const model = oneOf(shapes.LoggedModels.shape.models, {
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
      yield { ...loggedModelOf(model), artifact_uri: keptLocally(address) }
    }
  }

  async *models(): AsyncGenerator<SourceModel> {
    const parent = join(this.title, 'models')
    for (const name of await listFolders(parent)) {
      const folder = join(parent, name)
      const meta = await readMeta(folder)
      if (!meta) continue
      this.#folders.set(`models/${name}`, folder)
      const aliases = await readValues(join(folder, 'aliases'))
      yield modelOf(
        oneOf(shapes.RegisteredModels.shape.registered_models, {
          ...meta,
          name,
          tags: await readValues(join(folder, 'tags')),
          aliases: aliases.map(({ key, value }) => ({ alias: key, version: value })),
        }),
      )
    }
  }

  async *versions({ name }: SourceModel): AsyncGenerator<SourceVersion> {
    const parent = this.#folderOf(`models/${name}`)
    for (const one of await listFolders(parent)) {
      const version = /^version-(\d+)$/.exec(one)?.[1]
      const meta = version === undefined ? undefined : await readMeta(join(parent, one))
      if (!meta || meta.current_stage === 'Deleted_Internal') continue
      const found = oneOf(shapes.ModelVersions.shape.model_versions, {
        ...meta,
        name,
        version,
        tags: await readValues(join(parent, one, 'tags')),
      })
      yield { ...versionOf(found), version_source: ownSource(meta, found) }
    }
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

function later(last: Metric | undefined, point: Metric): Metric {
  if (!last || point.step > last.step) return point
  if (point.step < last.step) return last
  if (point.timestampMs !== last.timestampMs) {
    return point.timestampMs > last.timestampMs ? point : last
  }
  return (point.value || 0) > (last.value || 0) ? point : last
}

function oneOf<T extends z.ZodType>(list: z.ZodDefault<z.ZodArray<T>>, item: unknown): z.output<T> {
  const read = list.unwrap().element.safeParse(item)
  if (read.success) return read.data
  const [issue] = read.error.issues
  throw new SourceError(
    `'${excerpt(issue?.path.join('.') ?? '')}' cannot be read: ${issue?.message}`,
  )
}
