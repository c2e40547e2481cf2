import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { Metric } from '../../tracking/run.ts'
import { compareText, pointLine, sortPoints } from '../../transfer/point-line.ts'
import type { SourceLoggedModel, SourceModel, SourceRun, SourceVersion } from './sources/source.ts'

/** A digest of any value, as canonical JSON. */
export function digestOf(value: unknown): string {
  return createHash('sha256')
    .update(canonicalize(value) ?? '')
    .digest('hex')
}

/**
 * What a run is, without its place: experiment and folder may be others here. Histories have their own
 * digest.
 */
function digestRun(run: SourceRun): string {
  const { experiment_id: _experiment, artifact_uri: _folder, latest: _latest, ...rest } = run
  const { dataset_inputs: inputs = [], model_outputs: outputs = [], model_inputs: read = [] } = run
  return digestOf({
    ...rest,
    deleted_time: undefined,
    start_time: String(run.start_time),
    end_time: run.end_time === undefined ? undefined : String(run.end_time),
    params: byKey(run.params),
    tags: byKey(run.tags),
    dataset_inputs: inputs
      .map(({ dataset, tags }) => ({
        dataset: {
          ...dataset,
          schema: dataset.schema || undefined,
          profile: dataset.profile || undefined,
        },
        tags: byKey(tags),
      }))
      .sort((a, b) => compareText(datasetKey(a.dataset), datasetKey(b.dataset))),
    model_inputs: read.toSorted(compareText),
    model_outputs: outputs
      .map(({ model_id, step }) => ({ model_id, step: String(step) }))
      .sort((a, b) => compareText(a.model_id, b.model_id)),
  })
}

/** The same with the last points: it changes when something was logged. */
export function digestRunNow(run: SourceRun): string {
  return digestOf([digestRun(run), sortPoints(run.latest).map(pointLine)])
}

/** As `digestRun`, of a logged model. */
export function digestLoggedModel(model: SourceLoggedModel): string {
  const { experiment_id: _experiment, artifact_uri: _folder, ...rest } = model
  return digestOf({
    ...rest,
    params: byKey(model.params),
    tags: byKey(model.tags),
    metrics: (model.metrics ?? [])
      .map((metric) =>
        JSON.stringify([
          ...[metric.key, String(metric.value), String(metric.timestamp), String(metric.step)],
          ...[metric.run_id, metric.dataset_name ?? '', metric.dataset_digest ?? ''],
        ]),
      )
      .sort(compareText),
  })
}

export function digestModel({ last_version: _last, ...model }: SourceModel): string {
  return digestOf({
    ...model,
    tags: byKey(model.tags),
    aliasVersions: model.aliasVersions
      .map(({ alias, version }) => `${alias} ${version}`)
      .sort(compareText),
  })
}

/** Without its source and what only some servers tell of it. */
export function digestVersion(version: SourceVersion, aliases: readonly string[]): string {
  const { version_source: _source, user_id: _user, status_message: _message, ...rest } = version
  return digestOf({ ...rest, run_link: version.run_link ?? '', tags: byKey(version.tags), aliases })
}

/** The digest of a history, fed metric by metric in the order of their keys. */
export class HistoryDigest {
  readonly #hash = createHash('sha256')
  points = 0

  /** @param points of one metric, sorted */
  add(points: readonly Metric[]): void {
    this.points += points.length
    for (const point of points) this.#hash.update(pointLine(point))
  }

  end(): string {
    return this.#hash.digest('hex')
  }
}

function datasetKey({ name, digest }: { readonly name: string; readonly digest: string }): string {
  return `${name}\n${digest}`
}

export function byKey(
  items: readonly { readonly key: string; readonly value: string }[] = [],
): { readonly key: string; readonly value: string }[] {
  return items.map(({ key, value }) => ({ key, value })).sort((a, b) => compareText(a.key, b.key))
}
