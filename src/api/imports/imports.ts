import { requireAdmin } from '../../access/permissions/require.ts'
import { readStoredFiles } from '../../artifacts/export.ts'
import { cleanPath, placeInWorkspace } from '../../artifacts/path.ts'
import { invalid } from '../../core/error.ts'
import { type Int64, parseInt64 } from '../../core/int64.ts'
import type { DatasetInput, Metric } from '../../tracking/run.ts'
import { importExperiments } from '../../transfer/import-experiments.ts'
import { importModel, importVersion } from '../../transfer/import-registry.ts'
import {
  importLoggedModels,
  importRuns,
  type LoggedModelToImport,
  type RunToImport,
} from '../../transfer/import-tracking.ts'
import { type ImportOutcome, readImportedItems } from '../../transfer/imported-items.ts'
import { measureRuns } from '../../transfer/measure-runs.ts'
import type { RequestOf } from '../endpoints/endpoint.ts'
import * as endpoints from '../endpoints/imports.ts'
import { page } from '../page.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

type RunShape = RequestOf<typeof endpoints.importRuns>['body']['items'][number]
type LoggedModelShape = RequestOf<typeof endpoints.importLoggedModels>['body']['items'][number]

/** Taking over what another server has. */
export const importRoutes: readonly ServedEndpoint[] = [
  serve(endpoints.importExperiments, requireAdmin, async (ctx, { body }) => {
    const items = body.items.map((item) => ({
      foreignId: item.experiment_id,
      name: item.name,
      artifactLocation: item.artifact_location,
      lifecycleStage: item.lifecycle_stage,
      createdAtMs: item.creation_time,
      updatedAtMs: item.last_update_time,
      tags: item.tags,
    }))
    const outcomes = await importExperiments(ctx, body.source, items)
    return {
      items: outcomes.map(({ artifactLocation, ...outcome }) => ({
        ...outcomeToWire(outcome),
        artifact_location: artifactLocation,
      })),
    }
  }),

  serve(endpoints.importRuns, requireAdmin, async (ctx, { body }) => ({
    items: (await importRuns(ctx, body.source, body.items.map(runFrom))).map(outcomeToWire),
  })),

  serve(endpoints.importLoggedModels, requireAdmin, async (ctx, { body }) => {
    const models = body.items.map(loggedModelFrom)
    return { items: (await importLoggedModels(ctx, body.source, models)).map(outcomeToWire) }
  }),

  serve(endpoints.importModel, requireAdmin, async (ctx, { body }) => {
    const model = {
      name: body.name,
      description: body.description,
      createdAtMs: body.creation_time,
      updatedAtMs: body.last_update_time,
      tags: body.tags,
      lastVersion: body.last_version,
    }
    return outcomeToWire(await importModel(ctx, body.source, { model, mark: body.mark }))
  }),

  serve(endpoints.importVersion, requireAdmin, async (ctx, { body }) => {
    const version = {
      name: body.name,
      version: body.version,
      source: body.version_source,
      runId: body.run_id,
      runLink: body.run_link,
      description: body.description,
      userId: body.user_id,
      stage: body.stage,
      status: body.status,
      statusMessage: body.status_message,
      aliases: body.aliases,
      tags: body.tags,
      createdAtMs: body.creation_time,
      updatedAtMs: body.last_update_time,
    }
    return outcomeToWire(await importVersion(ctx, body.source, { version, mark: body.mark }))
  }),

  serve(endpoints.findImported, requireAdmin, async (ctx, { body }) => {
    const known = await readImportedItems(ctx, body.source, body)
    return {
      items: [...known.values()].map(({ foreignId, ownId, mark }) => ({
        id: foreignId,
        own_id: ownId,
        mark,
      })),
    }
  }),

  serve(endpoints.measureRuns, requireAdmin, async (ctx, { body }) => ({
    items: (await measureRuns(ctx, body.run_ids)).map(({ runId, points, digest }) => ({
      run_id: runId,
      points,
      digest,
    })),
  })),

  serve(endpoints.listStoredFiles, requireAdmin, async (ctx, { query }) => {
    const folder = placeInWorkspace(ctx, cleanPath(query.path))
    return page(['stored files', ctx.workspace, folder], query, {
      first: '',
      read: (after: string, count) => readStoredFiles(ctx, folder, { after, count }),
      keyOf: ({ path }) => path,
      toWire: ({ path, sizeBytes, sha256 }) => ({ path, size: sizeBytes, sha256 }),
    })
  }),
]

function outcomeToWire({ id, state, ownId, problem }: ImportOutcome) {
  return { id, state, own_id: ownId, problem }
}

function runFrom(item: RunShape): RunToImport {
  return {
    mark: item.mark,
    run: {
      runId: item.run_id,
      experimentId: item.experiment_id,
      name: item.run_name,
      userId: item.user_id,
      status: item.status,
      startTimeMs: int64From(item.start_time),
      endTimeMs: item.end_time === undefined ? undefined : int64From(item.end_time),
      lifecycleStage: item.lifecycle_stage,
      deletedAtMs: item.deleted_time,
      artifactUri: item.artifact_uri,
      params: item.params,
      tags: item.tags,
      datasetInputs: item.dataset_inputs.map(datasetInputFrom),
      modelInputs: item.model_inputs,
      modelOutputs: item.model_outputs.map((output) => ({
        modelId: output.model_id,
        step: int64From(output.step),
      })),
      points: item.points.map(pointFrom),
    },
  }
}

function datasetInputFrom({ dataset, tags }: RunShape['dataset_inputs'][number]): DatasetInput {
  const { source_type: sourceType, schema, profile, ...rest } = dataset
  return { dataset: { ...rest, sourceType, schema, profile }, tags }
}

function pointFrom([key, value, timestamp, step]: RunShape['points'][number]): Metric {
  return {
    key,
    value: valueFrom(value),
    timestampMs: int64From(timestamp),
    step: int64From(step),
  }
}

function loggedModelFrom(item: LoggedModelShape): LoggedModelToImport {
  return {
    mark: item.mark,
    model: {
      modelId: item.model_id,
      experimentId: item.experiment_id,
      name: item.name,
      artifactUri: item.artifact_uri,
      status: item.status,
      statusMessage: item.status_message,
      modelType: item.model_type,
      sourceRunId: item.source_run_id,
      lifecycleStage: item.lifecycle_stage,
      createdAtMs: item.creation_time,
      updatedAtMs: item.last_update_time,
      params: item.params,
      tags: item.tags,
      metrics: item.metrics.map((metric) => ({
        key: metric.key,
        value: valueFrom(metric.value),
        timestampMs: int64From(metric.timestamp),
        step: int64From(metric.step),
        runId: metric.run_id,
        datasetName: metric.dataset_name,
        datasetDigest: metric.dataset_digest,
      })),
    },
  }
}

function valueFrom(value: number | 'NaN'): number {
  return value === 'NaN' ? Number.NaN : value
}

/** @throws INVALID_PARAMETER_VALUE it leaves 64 bits */
function int64From(value: number | string): Int64 {
  const number = typeof value === 'number' ? value : parseInt64(value)
  if (number === undefined) throw invalid(`Invalid value ${value}: it leaves 64 bits`)
  return number
}
