import type { z } from 'zod'
import { excerpt } from '../../../core/error.ts'
import { parseInt64 } from '../../../core/int64.ts'
import type { Metric } from '../../../tracking/run.ts'
import { clampInfinity } from '../../../tracking/run-data/metrics.ts'
import type * as shapes from './mlflow-shapes.ts'
import type {
  ExperimentItem,
  OnUnread,
  SourceLoggedModel,
  SourceModel,
  SourceRun,
  SourceVersion,
} from './source.ts'
import { SourceError } from './source-error.ts'

/** What MLflow writes for a number in its stores. */
export const loggedModelStatuses = ['PENDING', 'READY', 'UPLOAD_FAILED']

/** Something in the form of MLflow's API. @throws SourceError it is not */
export function readItem<T extends z.ZodType>(shape: T, item: unknown): z.output<T> {
  const read = shape.safeParse(item)
  if (read.success) return read.data
  const [issue] = read.error.issues
  throw new SourceError(
    `'${excerpt(issue?.path.join('.') ?? '')}' cannot be read: ${issue?.message}`,
  )
}

/** What can be read of a list; of the rest it is told. @param read undefined: there is nothing to take */
export async function* readEach<T, R>(
  items: AsyncIterable<T> | Iterable<T>,
  read: (item: T) => R | undefined | Promise<R | undefined>,
  { what, onUnread }: { readonly what: (item: T) => string; readonly onUnread: OnUnread },
): AsyncGenerator<R> {
  for await (const item of items) {
    try {
      const found = await read(item)
      if (found !== undefined) yield found
    } catch (err) {
      if (!(err instanceof SourceError)) throw err
      onUnread(what(item), err.message)
    }
  }
}

/** @param keep which addresses still hold here */
export function experimentOf(
  { artifact_location: location, ...rest }: z.output<typeof shapes.Experiment>,
  keep: (address: string) => string | undefined = keptAddress,
): ExperimentItem {
  return { ...rest, artifact_location: keep(location) }
}

export function loggedModelOf({
  info,
  data,
}: z.output<typeof shapes.LoggedModel>): SourceLoggedModel {
  const { creation_timestamp_ms, last_updated_timestamp_ms, artifact_uri, ...rest } = info
  return {
    ...rest,
    creation_time: creation_timestamp_ms,
    last_update_time: last_updated_timestamp_ms,
    artifact_uri: keptAddress(artifact_uri),
    params: data.params,
    metrics: data.metrics.map(({ value, ...metric }) => ({
      ...metric,
      value: Number.isNaN(value) ? 'NaN' : clampInfinity(value),
    })),
  }
}

export function modelOf(model: z.output<typeof shapes.RegisteredModel>): SourceModel {
  const { creation_timestamp, last_updated_timestamp, aliases, ...rest } = model
  return {
    ...rest,
    creation_time: creation_timestamp,
    last_update_time: last_updated_timestamp,
    aliasVersions: aliases,
  }
}

export function versionOf(version: z.output<typeof shapes.ModelVersion>): SourceVersion {
  const { creation_timestamp, last_updated_timestamp, current_stage, source, ...rest } = version
  return {
    ...rest,
    version_source: source,
    stage: current_stage,
    creation_time: creation_timestamp,
    last_update_time: last_updated_timestamp,
  }
}

/** Addresses that still hold here: those of the artifact proxy. Files that lie elsewhere are copied. */
export function keptAddress(address: string): string | undefined {
  return /^mlflow-artifacts:\/(?!\/)/.test(address) ? address : undefined
}

export function runOf({ info, data, inputs, outputs }: z.output<typeof shapes.Run>): SourceRun {
  return {
    ...info,
    artifact_uri: keptAddress(info.artifact_uri),
    params: data.params,
    tags: data.tags,
    dataset_inputs: inputs.dataset_inputs,
    model_inputs: inputs.model_inputs.map(({ model_id }) => model_id),
    model_outputs: outputs.model_outputs,
    latest: data.metrics.map(metricOf),
  }
}

export function metricOf({
  key,
  value,
  timestamp,
  step,
}: z.output<typeof shapes.MetricShape>): Metric {
  return {
    key,
    value: clampInfinity(value),
    timestampMs: parseInt64(String(timestamp)) ?? 0,
    step: parseInt64(String(step)) ?? 0,
  }
}
