import { requireToCreate } from '../../access/permissions/require.ts'
import { excerpt, invalid } from '../../core/error.ts'
import { type ExactJson, exactJsonOf, parseExactJson } from '../../core/exact-json.ts'
import { measureJson } from '../../core/measure-json.ts'
import { messages } from '../../core/messages.ts'
import { checkJsonSize } from '../../http/body.ts'
import { anyone } from '../../http/guards/guard.ts'
import type { Context } from '../../platform/context.ts'
import {
  createEvalDataset,
  deleteEvalDataset,
  deleteEvalDatasetTag,
  type PlacedDataset,
  placeEvalDataset,
  setEvalDatasetTags,
} from '../../traces/evaluation/change-datasets.ts'
import {
  type EvalDataset,
  getEvalDataset,
  listExperimentsOf,
} from '../../traces/evaluation/dataset.ts'
import { putRecords } from '../../traces/evaluation/put-records.ts'
import { deleteRecords, readRecords } from '../../traces/evaluation/read-records.ts'
import { type JsonFields, type NewRecord, sourceTypes } from '../../traces/evaluation/record.ts'
import { searchEvalDatasets } from '../../traces/evaluation/search-datasets.ts'
import {
  mayOnEvalDataset,
  requireEvalDataset,
  requireOnExperiments,
} from '../../traces/permissions.ts'
import type { Texts } from '../../traces/texts.ts'
import { type Operation, operation, reading } from '../operation.ts'
import { unlessEmpty } from '../wire/json.ts'
import { message } from '../wire/message.ts'

const dataset_id = { type: 'string', required: true } as const
const experiment_ids = { type: 'experiment_id', repeated: true } as const
type OnDataset = { readonly dataset_id: string }
type OnBoth = OnDataset & { readonly experiment_ids: readonly number[] }

async function mayCreate(
  ctx: Context,
  { experimentIds }: { readonly experimentIds: readonly number[] },
): Promise<void> {
  if (experimentIds.length === 0) await requireToCreate(ctx, 'experiment')
  await requireOnExperiments(ctx, experimentIds, 'EDIT')
}

function mayRead(ctx: Context, req: OnDataset): Promise<void> {
  return requireEvalDataset(ctx, req.dataset_id, 'READ')
}

/** What is no error where there is no dataset takes no permission there. */
async function mayReadAny(ctx: Context, req: OnDataset): Promise<void> {
  await mayOnEvalDataset(ctx, req.dataset_id, 'READ')
}

async function mayEditAny(ctx: Context, req: OnDataset): Promise<void> {
  await mayOnEvalDataset(ctx, req.dataset_id, 'EDIT')
}

async function mayPlace(ctx: Context, req: OnBoth): Promise<void> {
  await requireEvalDataset(ctx, req.dataset_id, 'EDIT')
  await requireOnExperiments(ctx, req.experiment_ids, 'EDIT')
}

/** Sets of examples. Their tags, schema, profile and records travel as JSON in a text. */
export const evaluationDatasetOperations: readonly Operation[] = [
  operation('createDataset', {
    request: reading(
      message({
        name: { type: 'string', required: true },
        experiment_ids,
        tags: { type: 'string' },
      }),
      async (_ctx, req) => ({
        name: req.name,
        tags: readTags(req.tags ?? '{}'),
        experimentIds: req.experiment_ids,
      }),
    ),
    rule: mayCreate,
    answer: async (ctx, made) => placedToWire(await createEvalDataset(ctx, made)),
  }),
  operation('getDataset', {
    request: message({ dataset_id }),
    rule: mayRead,
    answer: async (ctx, req) => ({
      dataset: datasetToWire(await getEvalDataset(ctx, req.dataset_id)),
    }),
  }),
  operation('searchEvaluationDatasets', {
    request: message({
      experiment_ids,
      filter_string: { type: 'string' },
      max_results: { type: 'int64' },
      order_by: { type: 'string', repeated: true },
      page_token: { type: 'string' },
    }),
    rule: anyone,
    answer: async (ctx, req) => {
      const page = await searchEvalDatasets(ctx, {
        experimentIds: req.experiment_ids,
        filter: req.filter_string,
        orderBy: req.order_by,
        maxResults: req.max_results,
        pageToken: req.page_token,
      })
      return {
        datasets: unlessEmpty(page.items.map(datasetToWire)),
        next_page_token: page.nextPageToken,
      }
    },
  }),
  operation('deleteDataset', {
    request: message({ dataset_id }),
    rule: async (ctx, req) => {
      await mayOnEvalDataset(ctx, req.dataset_id, 'MANAGE')
    },
    answer: (ctx, req) => deleteEvalDataset(ctx, req.dataset_id),
  }),
  operation('upsertDatasetRecords', {
    request: reading(
      message({ dataset_id, records: { type: 'string', required: true } }),
      async (_ctx, req) => ({ dataset_id: req.dataset_id, records: readNewRecords(req.records) }),
    ),
    rule: (ctx, req) => requireEvalDataset(ctx, req.dataset_id, 'EDIT'),
    answer: async (ctx, req) => {
      const { inserted, updated } = await putRecords(ctx, req.dataset_id, req.records)
      return { inserted_count: inserted, updated_count: updated }
    },
  }),
  operation('getDatasetRecords', {
    request: message({
      dataset_id,
      max_results: { type: 'int32' },
      page_token: { type: 'string' },
    }),
    rule: mayReadAny,
    answer: async (ctx, req) => {
      const page = await readRecords(ctx, req.dataset_id, {
        count: req.max_results ?? 0,
        token: req.page_token,
      })
      return { records: `[${page.items.join(', ')}]`, next_page_token: page.nextPageToken }
    },
  }),
  operation('deleteDatasetRecords', {
    request: message({ dataset_id, dataset_record_ids: { type: 'string', repeated: true } }),
    rule: mayEditAny,
    answer: async (ctx, req) => ({
      deleted_count: await deleteRecords(ctx, req.dataset_id, req.dataset_record_ids),
    }),
  }),
  operation('setDatasetTags', {
    request: reading(
      message({ dataset_id, tags: { type: 'string', required: true } }),
      async (_ctx, req) => ({ dataset_id: req.dataset_id, tags: readTags(req.tags) }),
    ),
    rule: (ctx, req) => requireEvalDataset(ctx, req.dataset_id, 'EDIT'),
    answer: (ctx, req) => setEvalDatasetTags(ctx, req.dataset_id, req.tags),
  }),
  operation('deleteDatasetTag', {
    request: message({ dataset_id, key: { type: 'string', required: true } }),
    rule: mayEditAny,
    answer: (ctx, req) => deleteEvalDatasetTag(ctx, req.dataset_id, req.key),
  }),
  operation('getDatasetExperimentIds', {
    request: message({ dataset_id }),
    rule: mayReadAny,
    answer: async (ctx, req) => ({
      experiment_ids: unlessEmpty((await listExperimentsOf(ctx, req.dataset_id)).map(String)),
    }),
  }),
  operation('addDatasetToExperiments', {
    request: message({ dataset_id, experiment_ids }),
    rule: mayPlace,
    answer: async (ctx, req) =>
      placedToWire(await placeEvalDataset(ctx, req.dataset_id, { add: req.experiment_ids })),
  }),
  operation('removeDatasetFromExperiments', {
    request: message({ dataset_id, experiment_ids }),
    rule: mayPlace,
    answer: async (ctx, req) =>
      placedToWire(await placeEvalDataset(ctx, req.dataset_id, { remove: req.experiment_ids })),
  }),
]

function placedToWire({ dataset, experimentIds }: PlacedDataset): object {
  return {
    dataset: {
      ...datasetToWire(dataset),
      experiment_ids: unlessEmpty(experimentIds.map(String)),
    },
  }
}

/** MLflow's `Dataset` of evaluations. */
function datasetToWire(dataset: EvalDataset): object {
  return {
    dataset_id: dataset.datasetId,
    name: dataset.name,
    tags: exactJsonOf(dataset.tags),
    schema: dataset.schema,
    profile:
      dataset.schema === undefined
        ? undefined
        : exactJsonOf({ num_records: BigInt(dataset.records) }),
    digest: dataset.digest,
    created_time: dataset.createdAtMs,
    last_update_time: dataset.updatedAtMs,
    created_by: dataset.createdBy,
    last_updated_by: dataset.lastUpdatedBy,
  }
}

/** Null is passed over, and what is no text becomes one. */
function readTags(text: string): Texts {
  const tags = readText(text, 'tags')
  if (!isFields(tags)) throw invalid(`${wrong('tags', text)}: expected the JSON of an object`)
  return Object.fromEntries(
    Object.entries(tags).flatMap(([key, value]) => {
      if (value === null) return []
      return [[key, typeof value === 'string' ? value : exactJsonOf(value)]]
    }),
  )
}

function readNewRecords(text: string): readonly NewRecord[] {
  const records = readText(text, 'records')
  if (!Array.isArray(records))
    throw invalid(`${wrong('records', text)}: expected the JSON of a list`)
  return records.map((record, i) => {
    if (!isFields(record)) throw invalid(`records[${i}] is not an object`)
    const { outputs } = record
    return {
      inputs: fieldsIn(record, 'inputs', i) ?? {},
      outputs: outputs === null ? undefined : outputs,
      expectations: fieldsIn(record, 'expectations', i),
      tags: fieldsIn(record, 'tags', i) ?? {},
      source: sourceIn(record, i),
    }
  })
}

function sourceIn(record: JsonFields, i: number): NewRecord['source'] {
  const source = fieldsIn(record, 'source', i)
  const type = source?.source_type
  if (!source || type === undefined || type === null) return undefined
  const known = sourceTypes.find((name) => name === type)
  if (!known) {
    const quoted = sourceTypes.map((name) => `'${name}'`).join(', ')
    throw invalid(`${messages.wrongSourceType(String(type))}. Valid source types: [${quoted}]`)
  }
  return { type: known, data: fieldsIn(source, 'source_data', i) ?? {} }
}

function fieldsIn(record: JsonFields, field: string, i: number): JsonFields | undefined {
  const value = Object.hasOwn(record, field) ? record[field] : undefined
  if (value === undefined || value === null) return undefined
  if (isFields(value)) return value
  throw invalid(`records[${i}].${field} is not an object`)
}

const levelsMax = 100

/** The JSON in a text, whose numbers stay what they are. */
function readText(text: string, field: string): ExactJson {
  const size = measureJson(text)
  checkJsonSize(size, true)
  if (size.depth > levelsMax)
    throw invalid(`'${field}' is nested more than ${levelsMax} levels deep`)
  try {
    return parseExactJson(text)
  } catch (err) {
    throw invalid(`${wrong(field, text)}: it is not JSON`, { cause: err })
  }
}

function wrong(field: string, text: string): string {
  return messages.wrongText(excerpt(text), field)
}

function isFields(value: ExactJson): value is JsonFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
