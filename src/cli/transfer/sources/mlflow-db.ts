import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import Libsql from 'libsql'
import type { z } from 'zod'
import { excerpt } from '../../../core/error.ts'
import { StartError } from '../../../platform/start-error.ts'
import type { Metric } from '../../../tracking/run.ts'
import { isElsewhere, keptLocally, listLocalFiles, localFolder } from './local-files.ts'
import { loggedModelOf, metricOf, modelOf, runOf, versionOf } from './mlflow-items.ts'
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

type DbRow = Readonly<Record<string, string | number | null>>

/** What MLflow calls the stage of a version that was deleted. */
const deletedStage = 'Deleted_Internal'
const loggedModelStatuses = ['PENDING', 'READY', 'UPLOAD_FAILED']

/**
 * The SQLite file of an MLflow server. Rows are read as they are, with columns that older
 * releases lack taken as empty, and then like answers of MLflow's API.
 */
export class MlflowDatabase implements ImportSource {
  readonly name: string
  readonly title: string
  readonly #db: Libsql.Database
  readonly #artifacts: string

  /** @param artifacts the folder in which that server kept artifacts */
  constructor(path: string, artifacts: string) {
    if (!existsSync(path)) throw new StartError(`there is no file '${path}'`)
    this.title = resolve(path)
    this.name = `mlflow-db ${this.title}`
    this.#artifacts = artifacts
    this.#db = new Libsql(path, { readonly: true })
    if (this.#all("select 1 from sqlite_schema where name = 'experiments'").length === 0) {
      throw new StartError(`'${path}' is no database of MLflow: it has no table 'experiments'`)
    }
  }

  async *experiments(): AsyncGenerator<ExperimentItem> {
    for (const row of this.#all('select * from experiments order by experiment_id')) {
      const id = String(row.experiment_id)
      const { artifact_location: location, ...item } = one(shapes.Experiments.shape.experiments, {
        ...present(row),
        experiment_id: id,
        tags: this.#all('select key, value from experiment_tags where experiment_id = ?', id),
      })
      yield { ...item, artifact_location: keptLocally(location) }
    }
  }

  async *runs(experimentId: string): AsyncGenerator<SourceRun> {
    const ids = this.#all(
      'select run_uuid from runs where experiment_id = ? order by start_time, run_uuid',
      experimentId,
    )
    for (const { run_uuid } of ids) yield this.#run(String(run_uuid))
  }

  #run(id: string): SourceRun {
    const [row = {}] = this.#all('select * from runs where run_uuid = ?', id)
    const run = shapes.Run.safeParse({
      info: {
        ...present(row),
        run_id: id,
        experiment_id: String(row.experiment_id),
        run_name: row.name ?? this.#tag(id, 'mlflow.runName') ?? '',
      },
      data: {
        metrics: this.#latest(id).map(metricRow),
        params: this.#all('select key, value from params where run_uuid = ?', id),
        tags: this.#all('select key, value from tags where run_uuid = ?', id),
      },
      inputs: { dataset_inputs: this.#datasets(id), model_inputs: this.#models(id, 'MODEL_INPUT') },
      outputs: { model_outputs: this.#models(id, 'MODEL_OUTPUT') },
    })
    if (!run.success) throw new SourceError(`run ${id}: ${problemOf(run.error)}`)
    const deleted = Number(row.deleted_time)
    return {
      ...runOf(run.data),
      artifact_uri: keptLocally(run.data.info.artifact_uri),
      ...(deleted > 0 && { deleted_time: deleted }),
    }
  }

  #tag(runId: string, key: string): string | undefined {
    const [row] = this.#all('select value from tags where run_uuid = ? and key = ?', runId, key)
    return row && String(row.value)
  }

  /** Computed anew: MLflow's own table of them may be stale. */
  #latest(runId: string): DbRow[] {
    return this.#all(
      `select * from (select *, row_number() over (partition by key
        order by step desc, timestamp desc, value desc) as place from metrics where run_uuid = ?)
      where place = 1`,
      runId,
    )
  }

  #datasets(runId: string): object[] {
    if (!this.#has('inputs')) return []
    const used = this.#all(
      `select i.input_uuid, d.* from inputs i join datasets d on d.dataset_uuid = i.source_id
      where i.source_type = 'DATASET' and i.destination_type = 'RUN' and i.destination_id = ?`,
      runId,
    )
    return used.map((row) => ({
      tags: this.#all(
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
    if (!this.#has('logged_models')) return []
    const source = kind === 'MODEL_INPUT' ? 'RUN_INPUT' : 'RUN_OUTPUT'
    return this.#all(
      `select destination_id as model_id, step from inputs
      where source_type = ? and source_id = ? and destination_type = ?`,
      source,
      runId,
      kind,
    )
  }

  async points({ run_id }: SourceRun, key: string): Promise<Metric[]> {
    const rows = this.#all('select * from metrics where run_uuid = ? and key = ?', run_id, key)
    return rows.map((row) => metricOf(shapes.MetricShape.parse(metricRow(row))))
  }

  async *loggedModels(experimentId: string): AsyncGenerator<SourceLoggedModel> {
    if (!this.#has('logged_models')) return
    const rows = this.#all(
      'select * from logged_models where experiment_id = ? order by creation_timestamp_ms, model_id',
      experimentId,
    )
    for (const row of rows) {
      const id = String(row.model_id)
      const location = String(row.artifact_location ?? '')
      const model = one(shapes.LoggedModels.shape.models, {
        info: {
          ...present(row),
          experiment_id: experimentId,
          artifact_uri: location,
          status: `LOGGED_MODEL_${loggedModelStatuses[Number(row.status) - 1] ?? 'PENDING'}`,
          tags: this.#all(
            'select tag_key as key, tag_value as value from logged_model_tags where model_id = ?',
            id,
          ),
        },
        data: {
          params: this.#all(
            'select param_key as key, param_value as value from logged_model_params where model_id = ?',
            id,
          ),
          metrics: this.#all(
            `select metric_name as key, metric_value as value, metric_timestamp_ms as timestamp,
              metric_step as step, run_id, dataset_name, dataset_digest
            from logged_model_metrics where model_id = ?`,
            id,
          ).map((metric) => present({ ...metric, value: metric.value ?? 'NaN' })),
        },
      })
      yield { ...loggedModelOf(model), artifact_uri: keptLocally(location) }
    }
  }

  async *models(): AsyncGenerator<SourceModel> {
    for (const row of this.#all('select * from registered_models order by name')) {
      const name = String(row.name)
      const [numbers] = this.#all(
        `select max(version) as last, max(iif(current_stage = ?, 0, version)) as kept
        from model_versions where name = ?`,
        deletedStage,
        name,
      )
      const aliases = this.#has('registered_model_aliases')
        ? this.#all('select alias, version from registered_model_aliases where name = ?', name)
        : []
      const model = one(shapes.RegisteredModels.shape.registered_models, {
        ...present(row),
        creation_timestamp: row.creation_time ?? 0,
        last_updated_timestamp: row.last_updated_time ?? 0,
        tags: this.#all('select key, value from registered_model_tags where name = ?', name),
        aliases,
      })
      const [last, kept] = [Number(numbers?.last ?? 0), Number(numbers?.kept ?? 0)]
      yield { ...modelOf(model), ...(last > kept && { last_version: last }) }
    }
  }

  async *versions({ name }: SourceModel): AsyncGenerator<SourceVersion> {
    const rows = this.#all(
      'select * from model_versions where name = ? and current_stage <> ? order by version',
      name,
      deletedStage,
    )
    for (const row of rows) {
      const version = one(shapes.ModelVersions.shape.model_versions, {
        ...present(row),
        creation_timestamp: row.creation_time ?? 0,
        last_updated_timestamp: row.last_updated_time ?? 0,
        tags: this.#all(
          'select key, value from model_version_tags where name = ? and version = ?',
          name,
          Number(row.version),
        ),
      })
      yield versionOf(version)
    }
  }

  async *files(of: FilesOf): AsyncGenerator<SourceFile> {
    const [row] =
      of.kind === 'run'
        ? this.#all('select artifact_uri as uri from runs where run_uuid = ?', of.run.run_id)
        : this.#all(
            'select artifact_location as uri from logged_models where model_id = ?',
            of.model.model_id,
          )
    const address = String(row?.uri ?? '')
    if (address === '' || isElsewhere(address)) return
    yield* listLocalFiles(localFolder(address, this.#artifacts))
  }

  close(): void {
    this.#db.close()
  }

  #has(table: string): boolean {
    return this.#all('select 1 from sqlite_schema where name = ?', table).length > 0
  }

  /** Integers past 2^53 come as text. */
  #all(query: string, ...values: (string | number)[]): DbRow[] {
    const rows: unknown[] = this.#db
      .prepare(query)
      .safeIntegers(true)
      .all(...values)
    return rows.map((row) => Object.fromEntries(Object.entries(row ?? {}).map(exact)))
  }
}

function exact([key, value]: [string, unknown]): [string, string | number | null] {
  if (typeof value === 'bigint') {
    const small = Number(value)
    return [key, Number.isSafeInteger(small) ? small : value.toString()]
  }
  return [key, typeof value === 'string' || typeof value === 'number' ? value : null]
}

/** Without what is NULL, which MLflow's API leaves out. */
function present(row: DbRow): DbRow {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))
}

function metricRow(row: DbRow): DbRow {
  return row.is_nan === 1 ? { ...row, value: 'NaN' } : row
}

/** One item of a list of MLflow's API. @throws SourceError it is none */
function one<T extends z.ZodType>(list: z.ZodDefault<z.ZodArray<T>>, item: unknown): z.output<T> {
  const read = list.unwrap().element.safeParse(item)
  if (read.success) return read.data
  throw new SourceError(problemOf(read.error))
}

function problemOf(error: z.ZodError): string {
  const [issue] = error.issues
  return `'${excerpt(issue?.path.join('.') ?? '')}' cannot be read: ${issue?.message}`
}
