import { requireExperimentPart } from '../access/permissions/require.ts'
import { invalid } from '../core/error.ts'
import { messages } from '../core/messages.ts'
import { anyone } from '../http/guards/guard.ts'
import type { Context } from '../platform/context.ts'
import { loggedModelStatuses } from '../tracking/logged-models/logged-model.ts'
import { getLoggedModel } from '../tracking/logged-models/read-logged-models.ts'
import {
  type DatasetFilter,
  type LoggedModelOrder,
  searchLoggedModels,
} from '../tracking/logged-models/search-logged-models.ts'
import {
  createLoggedModel,
  deleteLoggedModel,
  deleteLoggedModelTag,
  finalizeLoggedModel,
  logLoggedModelParams,
  setLoggedModelTags,
} from '../tracking/logged-models/write-logged-models.ts'
import { requireRuns } from '../tracking/permissions.ts'
import { keyValueFrom, keyValueMessage } from './key-value.ts'
import { loggedModelToWire } from './logged-model-wire.ts'
import { type Operation, operation } from './operation.ts'
import { onLoggedModel } from './rules.ts'
import { unlessEmpty } from './wire/json.ts'
import { type Decoded, message } from './wire/message.ts'

const OrderBy = message({
  field_name: { type: 'string' },
  ascending: { type: 'bool' },
  dataset_name: { type: 'string' },
  dataset_digest: { type: 'string' },
})

const Dataset = message({
  dataset_name: { type: 'string' },
  dataset_digest: { type: 'string' },
})

const Search = message({
  experiment_ids: { type: 'experiment_id', repeated: true, required: true },
  filter: { type: 'string' },
  datasets: { type: Dataset, repeated: true },
  max_results: { type: 'int32' },
  order_by: { type: OrderBy, repeated: true },
  page_token: { type: 'string' },
})

async function mayCreateLoggedModel(
  ctx: Context,
  req: { readonly experiment_id: number; readonly source_run_id?: string | undefined },
): Promise<void> {
  await requireExperimentPart(ctx, { id: req.experiment_id, part: 'new logged model' }, 'EDIT')
  await requireRuns(ctx, req.source_run_id ? [req.source_run_id] : [], 'READ')
}

export const loggedModelOperations: readonly Operation[] = [
  operation('createLoggedModel', {
    request: message({
      experiment_id: { type: 'experiment_id', required: true },
      name: { type: 'string' },
      model_type: { type: 'string' },
      source_run_id: { type: 'string' },
      params: { type: keyValueMessage, repeated: true },
      tags: { type: keyValueMessage, repeated: true },
    }),
    rule: mayCreateLoggedModel,
    answer: async (ctx, req) => {
      const model = await createLoggedModel(ctx, {
        experimentId: req.experiment_id,
        name: req.name,
        modelType: req.model_type ?? '',
        sourceRunId: req.source_run_id ?? '',
        params: req.params.map(keyValueFrom),
        tags: req.tags.map(keyValueFrom),
      })
      return { model: loggedModelToWire(model) }
    },
  }),
  operation('getLoggedModel', {
    request: message({
      model_id: { type: 'string', required: true },
      allow_deleted: { type: 'bool' },
    }),
    rule: onLoggedModel('READ'),
    answer: async (ctx, req) => {
      const options = { deletedToo: req.allow_deleted ?? false }
      return { model: loggedModelToWire(await getLoggedModel(ctx, req.model_id, options)) }
    },
  }),
  operation('finalizeLoggedModel', {
    request: message({
      model_id: { type: 'string', required: true },
      status: { type: loggedModelStatuses, required: true },
    }),
    rule: onLoggedModel('EDIT'),
    answer: async (ctx, req) => ({
      model: loggedModelToWire(await finalizeLoggedModel(ctx, req.model_id, req.status)),
    }),
  }),
  operation('deleteLoggedModel', {
    request: message({ model_id: { type: 'string', required: true } }),
    rule: onLoggedModel('MANAGE'),
    answer: (ctx, req) => deleteLoggedModel(ctx, req.model_id),
  }),
  operation('logLoggedModelParams', {
    request: message({
      model_id: { type: 'string', required: true },
      params: { type: keyValueMessage, repeated: true },
    }),
    rule: onLoggedModel('EDIT'),
    answer: (ctx, req) => logLoggedModelParams(ctx, req.model_id, req.params.map(keyValueFrom)),
  }),
  operation('setLoggedModelTags', {
    request: message({
      model_id: { type: 'string', required: true },
      tags: { type: keyValueMessage, repeated: true },
    }),
    rule: onLoggedModel('EDIT'),
    answer: (ctx, req) => setLoggedModelTags(ctx, req.model_id, req.tags.map(keyValueFrom)),
  }),
  operation('deleteLoggedModelTag', {
    request: message({
      model_id: { type: 'string', required: true },
      tag_key: { type: 'string', required: true },
    }),
    rule: onLoggedModel('MANAGE'),
    answer: (ctx, req) => deleteLoggedModelTag(ctx, req.model_id, req.tag_key),
  }),
  operation('searchLoggedModels', {
    request: Search,
    rule: anyone,
    answer: search,
  }),
]

async function search(ctx: Context, req: Decoded<typeof Search.fields>): Promise<object> {
  const page = await searchLoggedModels(ctx, {
    experimentIds: req.experiment_ids,
    filter: req.filter,
    datasets: req.datasets.map(datasetFrom),
    maxResults: req.max_results,
    orderBy: req.order_by.map(order),
    pageToken: req.page_token,
  })
  return {
    models: unlessEmpty(page.items.map(loggedModelToWire)),
    next_page_token: page.nextPageToken,
  }
}

function datasetFrom(item: Decoded<typeof Dataset.fields>): DatasetFilter {
  if (!item.dataset_name)
    throw invalid(`${messages.datasetWithoutName}; its digest may be left out`)
  return { name: item.dataset_name, digest: item.dataset_digest || undefined }
}

function order(item: Decoded<typeof OrderBy.fields>): LoggedModelOrder {
  return {
    field: item.field_name ?? '',
    descending: item.ascending === false,
    datasetName: item.dataset_name || undefined,
    datasetDigest: item.dataset_digest || undefined,
  }
}
