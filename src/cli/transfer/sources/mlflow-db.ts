import { resolve } from 'node:path'
import { StartError } from '../../../platform/start-error.ts'
import type { Metric } from '../../../tracking/run.ts'
import { isElsewhere, keptLocally, listLocalFiles, localFolder, rootOf } from './local-files.ts'
import {
  experimentOf,
  loggedModelOf,
  loggedModelStatuses,
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
import { type DbRow, SqliteFile } from './sqlite-file.ts'

/** What MLflow calls the stage of a version that was deleted. */
const deletedStage = 'Deleted_Internal'

/**
 * The SQLite file of an MLflow server. Rows are read as they are, with columns that older
 * releases lack taken as empty, and then like answers of MLflow's API.
 */
export class MlflowDatabase implements ImportSource {
  readonly name: string
  readonly title: string
  readonly #file: SqliteFile
  readonly #artifacts: string
  readonly #onUnread: OnUnread

  /** @param artifacts the folder in which that server kept artifacts */
  constructor(path: string, artifacts: string, onUnread: OnUnread) {
    this.title = resolve(path)
    this.name = `mlflow-db ${this.title}`
    this.#onUnread = onUnread
    rootOf(artifacts)
    this.#artifacts = artifacts
    this.#file = new SqliteFile(path)
    if (!this.#file.has('experiments')) {
      throw new StartError(`'${path}' is no database of MLflow: it has no table 'experiments'`)
    }
  }

  experiments(): AsyncIterable<ExperimentItem> {
    const rows = this.#file.all('select * from experiments order by experiment_id')
    const read = (row: DbRow) => {
      const id = String(row.experiment_id)
      const tags = this.#file.all(
        'select key, value from experiment_tags where experiment_id = ?',
        id,
      )
      const item = { ...present(row), experiment_id: id, tags }
      return experimentOf(readItem(shapes.Experiment, item), keptLocally)
    }
    return readEach(rows, read, {
      what: ({ experiment_id }) => `experiment ${experiment_id}`,
      onUnread: this.#onUnread,
    })
  }

  async countRuns(experimentId: string): Promise<number> {
    const query = 'select count(*) as count from runs where experiment_id = ?'
    return Number(this.#file.all(query, experimentId)[0]?.count)
  }

  runs(experimentId: string): AsyncIterable<SourceRun> {
    const ids = this.#file.all(
      'select run_uuid from runs where experiment_id = ? order by start_time, run_uuid',
      experimentId,
    )
    return readEach(ids, ({ run_uuid }) => this.#run(String(run_uuid)), {
      what: ({ run_uuid }) => `run ${run_uuid}`,
      onUnread: this.#onUnread,
    })
  }

  #run(id: string): SourceRun {
    const [row = {}] = this.#file.all('select * from runs where run_uuid = ?', id)
    const run = readItem(shapes.Run, {
      info: {
        ...present(row),
        run_id: id,
        experiment_id: String(row.experiment_id),
        run_name: row.name ?? this.#tag(id, 'mlflow.runName') ?? '',
      },
      data: {
        metrics: this.#latest(id).map(metricRow),
        params: this.#file.all('select key, value from params where run_uuid = ?', id),
        tags: this.#file.all('select key, value from tags where run_uuid = ?', id),
      },
      inputs: { dataset_inputs: this.#datasets(id), model_inputs: this.#models(id, 'MODEL_INPUT') },
      outputs: { model_outputs: this.#models(id, 'MODEL_OUTPUT') },
    })
    const deleted = Number(row.deleted_time)
    return {
      ...runOf(run),
      artifact_uri: keptLocally(run.info.artifact_uri),
      ...(deleted > 0 && { deleted_time: deleted }),
    }
  }

  #tag(runId: string, key: string): string | undefined {
    const [row] = this.#file.all(
      'select value from tags where run_uuid = ? and key = ?',
      runId,
      key,
    )
    return row && String(row.value)
  }

  /** Computed anew: MLflow's own table of them may be stale. */
  #latest(runId: string): DbRow[] {
    return this.#file.all(
      `select * from (select *, row_number() over (partition by key
        order by step desc, timestamp desc, value desc) as place from metrics where run_uuid = ?)
      where place = 1`,
      runId,
    )
  }

  #datasets(runId: string): object[] {
    if (!this.#file.has('inputs')) return []
    const used = this.#file.all(
      `select i.input_uuid, d.* from inputs i join datasets d on d.dataset_uuid = i.source_id
      where i.source_type = 'DATASET' and i.destination_type = 'RUN' and i.destination_id = ?`,
      runId,
    )
    return used.map((row) => ({
      tags: this.#file.all(
        'select name as key, value from input_tags where input_uuid = ?',
        String(row.input_uuid),
      ),
      dataset: present({
        name: row.name ?? null,
        digest: row.digest ?? null,
        source_type: row.dataset_source_type ?? null,
        source: row.dataset_source ?? null,
        schema: row.dataset_schema ?? null,
        profile: row.dataset_profile ?? null,
      }),
    }))
  }

  #models(runId: string, kind: 'MODEL_INPUT' | 'MODEL_OUTPUT'): object[] {
    if (!this.#file.has('logged_models')) return []
    const source = kind === 'MODEL_INPUT' ? 'RUN_INPUT' : 'RUN_OUTPUT'
    return this.#file.all(
      `select destination_id as model_id, step from inputs
      where source_type = ? and source_id = ? and destination_type = ?`,
      source,
      runId,
      kind,
    )
  }

  async points({ run_id }: SourceRun, key: string): Promise<Metric[]> {
    const rows = this.#file.all('select * from metrics where run_uuid = ? and key = ?', run_id, key)
    return rows.map((row) => metricOf(shapes.MetricShape.parse(metricRow(row))))
  }

  loggedModels(experimentId: string): AsyncIterable<SourceLoggedModel> {
    const query =
      'select * from logged_models where experiment_id = ? order by creation_timestamp_ms, model_id'
    const rows = this.#file.has('logged_models') ? this.#file.all(query, experimentId) : []
    const read = (row: DbRow) => {
      const id = String(row.model_id)
      const location = String(row.artifact_location ?? '')
      const model = readItem(shapes.LoggedModel, {
        info: {
          ...present(row),
          experiment_id: experimentId,
          artifact_uri: location,
          status: `LOGGED_MODEL_${loggedModelStatuses[Number(row.status) - 1] ?? 'PENDING'}`,
          tags: this.#file.all(
            'select tag_key as key, tag_value as value from logged_model_tags where model_id = ?',
            id,
          ),
        },
        data: {
          params: this.#file.all(
            'select param_key as key, param_value as value from logged_model_params where model_id = ?',
            id,
          ),
          metrics: this.#file
            .all(
              `select metric_name as key, metric_value as value, metric_timestamp_ms as timestamp,
              metric_step as step, run_id, dataset_name, dataset_digest
            from logged_model_metrics where model_id = ?`,
              id,
            )
            .map((metric) => present({ ...metric, value: metric.value ?? 'NaN' })),
        },
      })
      return { ...loggedModelOf(model), artifact_uri: keptLocally(location) }
    }
    return readEach(rows, read, {
      what: ({ model_id }) => `logged model ${model_id}`,
      onUnread: this.#onUnread,
    })
  }

  models(): AsyncIterable<SourceModel> {
    const read = (row: DbRow) => {
      const name = String(row.name)
      const [numbers] = this.#file.all(
        `select max(version) as last, max(iif(current_stage = ?, 0, version)) as kept
        from model_versions where name = ?`,
        deletedStage,
        name,
      )
      const aliases = this.#file.has('registered_model_aliases')
        ? this.#file.all('select alias, version from registered_model_aliases where name = ?', name)
        : []
      const model = readItem(shapes.RegisteredModel, {
        ...present(row),
        creation_timestamp: row.creation_time ?? 0,
        last_updated_timestamp: row.last_updated_time ?? 0,
        tags: this.#file.all('select key, value from registered_model_tags where name = ?', name),
        aliases,
      })
      const [last, kept] = [Number(numbers?.last ?? 0), Number(numbers?.kept ?? 0)]
      return { ...modelOf(model), ...(last > kept && { last_version: last }) }
    }
    const rows = this.#file.all('select * from registered_models order by name')
    return readEach(rows, read, {
      what: ({ name }) => `registered model '${name}'`,
      onUnread: this.#onUnread,
    })
  }

  versions({ name }: SourceModel): AsyncIterable<SourceVersion> {
    const rows = this.#file.all(
      'select * from model_versions where name = ? and current_stage <> ? order by version',
      name,
      deletedStage,
    )
    const read = (row: DbRow) => {
      const version = readItem(shapes.ModelVersion, {
        ...present(row),
        creation_timestamp: row.creation_time ?? 0,
        last_updated_timestamp: row.last_updated_time ?? 0,
        tags: this.#file.all(
          'select key, value from model_version_tags where name = ? and version = ?',
          name,
          Number(row.version),
        ),
      })
      return versionOf(version)
    }
    return readEach(rows, read, {
      what: ({ version }) => `version ${name}/${version}`,
      onUnread: this.#onUnread,
    })
  }

  async *files(of: FilesOf): AsyncGenerator<SourceFile> {
    const [row] =
      of.kind === 'run'
        ? this.#file.all('select artifact_uri as uri from runs where run_uuid = ?', of.run.run_id)
        : this.#file.all(
            'select artifact_location as uri from logged_models where model_id = ?',
            of.model.model_id,
          )
    const address = String(row?.uri ?? '')
    if (address === '' || isElsewhere(address)) return
    yield* listLocalFiles(localFolder(address, this.#artifacts))
  }

  close(): void {
    this.#file.close()
  }
}

/** Without what is NULL, which MLflow's API leaves out. */
function present(row: DbRow): DbRow {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))
}

function metricRow(row: DbRow): DbRow {
  return row.is_nan === 1 ? { ...row, value: 'NaN' } : row
}
