import { z } from 'zod'
import type { ByteStream } from '../../../platform/ports.ts'
import type { Metric } from '../../../tracking/run.ts'
import type { JsonServer, Query } from './json-server.ts'
import {
  experimentOf,
  keptAddress,
  loggedModelOf,
  metricOf,
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

const api = '/api/2.0/mlflow'
const runsPerPage = 1000
const pointsPerPage = 25_000
const pointsMax = 5_000_000
const filesMax = 1_000_000
const depthMax = 64

/** A live MLflow server, or any that speaks its REST API. */
export class MlflowServer implements ImportSource {
  readonly #server: JsonServer
  readonly #onUnread: OnUnread
  readonly #keep: typeof keptAddress

  /** @param keep which addresses of experiments are told */
  constructor(server: JsonServer, onUnread: OnUnread, keep = keptAddress) {
    this.#server = server
    this.#onUnread = onUnread
    this.#keep = keep
  }

  get name(): string {
    return this.#server.title
  }

  get title(): string {
    return this.#server.title
  }

  experiments(): AsyncIterable<ExperimentItem> {
    const items = this.#items('experiments', (page_token) => ({
      path: `${api}/experiments/search`,
      body: { view_type: 'ALL', max_results: 1000, page_token },
    }))
    return readEach(items, (item) => experimentOf(readItem(shapes.Experiment, item), this.#keep), {
      what: () => 'an experiment',
      onUnread: this.#onUnread,
    })
  }

  async countRuns(experimentId: string): Promise<number> {
    let count = 0
    for await (const _run of this.#runs(experimentId)) count++
    return count
  }

  runs(experimentId: string): AsyncIterable<SourceRun> {
    return readEach(this.#runs(experimentId), (item) => runOf(readItem(shapes.Run, item)), {
      what: () => `a run of experiment ${experimentId}`,
      onUnread: this.#onUnread,
    })
  }

  #runs(experimentId: string): AsyncIterable<unknown> {
    return this.#items('runs', (page_token) => ({
      path: `${api}/runs/search`,
      body: {
        experiment_ids: [experimentId],
        run_view_type: 'ALL',
        max_results: runsPerPage,
        order_by: ['attributes.start_time ASC'],
        page_token,
      },
    }))
  }

  /** The items of a list, as they came. */
  async *#items(
    key: string,
    pageOf: (token: string | undefined) => { path: string; query?: Query; body?: unknown },
  ): AsyncGenerator<unknown> {
    const pages = this.#server.pages((token) => ({ ...pageOf(token), answer: shapes.Page }))
    for await (const page of pages) yield* readItem(z.array(z.unknown()), page[key] ?? [])
  }

  async points({ run_id }: Pick<SourceRun, 'run_id'>, key: string): Promise<Metric[]> {
    const pages = this.#server.pages((token) => ({
      path: `${api}/metrics/get-history`,
      query: { run_id, metric_key: key, max_results: pointsPerPage, page_token: token },
      answer: shapes.History,
    }))
    const points: Metric[] = []
    for await (const { metrics } of pages) {
      for (const metric of metrics) points.push(metricOf(metric))
      if (points.length > pointsMax)
        throw new SourceError(`metric '${key}' has over ${pointsMax} points`)
    }
    return points
  }

  async *loggedModels(experimentId: string): AsyncGenerator<SourceLoggedModel> {
    const items = this.#items('models', (page_token) => ({
      path: `${api}/logged-models/search`,
      body: { experiment_ids: [experimentId], max_results: 50, page_token },
    }))
    try {
      yield* readEach(items, (item) => loggedModelOf(readItem(shapes.LoggedModel, item)), {
        what: () => `a logged model of experiment ${experimentId}`,
        onUnread: this.#onUnread,
      })
    } catch (err) {
      // Servers before MLflow 3 have none, and say so.
      if (!(err instanceof SourceError && (err.status === 404 || err.status === 501))) throw err
    }
  }

  async *models(): AsyncGenerator<SourceModel> {
    // Without a filter MLflow leaves prompts out.
    for (const filter of [undefined, isPromptFilter]) {
      const items = this.#items('registered_models', (page_token) => ({
        path: `${api}/registered-models/search`,
        query: { max_results: 200, filter, page_token },
      }))
      yield* readEach(items, (item) => modelOf(readItem(shapes.RegisteredModel, item)), {
        what: () => 'a registered model',
        onUnread: this.#onUnread,
      })
    }
  }

  versions(model: SourceModel): AsyncIterable<SourceVersion> {
    const isPrompt = (model.tags ?? []).some(({ key }) => key === 'mlflow.prompt.is_prompt')
    const name = `name = '${model.name.replaceAll("'", "''")}'`
    const filter = isPrompt ? `${name} AND ${isPromptFilter}` : name
    const items = this.#items('model_versions', (page_token) => ({
      path: `${api}/model-versions/search`,
      query: { filter, max_results: 200, page_token },
    }))
    const read = (item: unknown) => {
      const version = readItem(shapes.ModelVersion, item)
      return version.name === model.name ? versionOf(version) : undefined
    }
    return readEach(items, read, {
      what: () => `a version of '${model.name}'`,
      onUnread: this.#onUnread,
    })
  }

  async *files(of: FilesOf): AsyncGenerator<SourceFile> {
    let count = 0
    const folders = ['']
    const seen = new Set(folders)
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      for await (const { path, isFolder, sizeBytes } of this.#list(of, folder)) {
        if (++count > filesMax) throw new SourceError(`more than ${filesMax} files`)
        const isBelow = folder === '' || path.startsWith(`${folder}/`)
        if (!isBelow || seen.has(path) || path.split('/').length > depthMax) {
          throw new SourceError(`folder '${folder}' lists '${path}', which is not in it`)
        }
        seen.add(path)
        if (isFolder) folders.push(path)
        else yield { path, sizeBytes, open: () => this.open(of, path) }
      }
    }
  }

  async *#list(of: FilesOf, folder: string) {
    const path = folder === '' ? undefined : folder
    const pages = this.#server.pages((page_token) =>
      of.kind === 'run'
        ? {
            path: `${api}/artifacts/list`,
            query: { run_id: of.run.run_id, path, page_token },
            answer: shapes.FileList,
          }
        : {
            path: `${api}/logged-models/${encodeURIComponent(of.model.model_id)}/artifacts/directories`,
            query: { artifact_directory_path: path, page_token },
            answer: shapes.FileList,
          },
    )
    for await (const { files } of pages) {
      for (const file of files) {
        yield { path: file.path, isFolder: file.is_dir, sizeBytes: file.file_size }
      }
    }
  }

  /** The bytes of one file. */
  open(of: FilesOf, path: string): Promise<ByteStream> {
    if (of.kind === 'run') {
      return this.#server.open('/get-artifact', { run_id: of.run.run_id, path })
    }
    const id = encodeURIComponent(of.model.model_id)
    return this.#server.open(`/ajax-api/2.0/mlflow/logged-models/${id}/artifacts/files`, {
      artifact_file_path: path,
    })
  }

  close(): void {}
}

const isPromptFilter = "tags.`mlflow.prompt.is_prompt` = 'true'"
