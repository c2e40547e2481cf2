import { excerpt, invalid } from '../core/error.ts'
import { measureJson } from '../core/measure-json.ts'
import { messages } from '../core/messages.ts'
import { checkJsonSize } from '../http/body.ts'
import type { Context } from '../platform/context.ts'
import { requireLoggedModels, requireRun } from '../tracking/permissions.ts'
import { pythonJsonOf } from '../tracking/python-json.ts'
import type { DatasetInput } from '../tracking/run.ts'
import { logInputs, logOutputs } from '../tracking/run-data/inputs.ts'
import { appendModelHistory } from '../tracking/run-data/log-model-history.ts'
import { keyValueFrom, keyValueMessage } from './key-value.ts'
import { type Operation, operation } from './operation.ts'
import { onRun } from './rules.ts'
import { runId } from './runs.ts'
import { type Decoded, message } from './wire/message.ts'

const datasetInput = message({
  tags: { type: keyValueMessage, repeated: true },
  dataset: {
    type: message({
      name: { type: 'string' },
      digest: { type: 'string' },
      source_type: { type: 'string' },
      source: { type: 'string' },
      schema: { type: 'string' },
      profile: { type: 'string' },
    }),
    required: true,
  },
})

/** EDIT on the run, and on each logged model that it is linked with. */
async function mayLink(
  ctx: Context,
  req: { readonly run_id: string; readonly models: readonly { readonly model_id: string }[] },
): Promise<void> {
  await requireRun(ctx, req.run_id, 'EDIT')
  const modelIds = req.models.map((model) => model.model_id)
  await requireLoggedModels(ctx, modelIds, 'EDIT')
}

export const inputOperations: readonly Operation[] = [
  operation('logInputs', {
    request: message({
      run_id: { ...runId, type: 'run_id' },
      datasets: { type: datasetInput, repeated: true },
      models: {
        type: message({ model_id: { type: 'string', required: true } }),
        repeated: true,
      },
    }),
    rule: mayLink,
    answer: async (ctx, req) => {
      const modelIds = req.models.map((model) => model.model_id)
      await logInputs(ctx, req.run_id, { inputs: req.datasets.map(inputFromWire), modelIds })
    },
  }),
  operation('logOutputs', {
    request: message({
      run_id: runId,
      models: {
        required: true,
        type: message({ model_id: { type: 'string', required: true }, step: { type: 'int64' } }),
        repeated: true,
      },
    }),
    rule: mayLink,
    answer: async (ctx, req) => {
      const outputs = req.models.map(({ model_id, step }) => ({
        modelId: model_id,
        step: step ?? 0,
      }))
      await logOutputs(ctx, req.run_id, outputs)
    },
  }),
  operation('logModel', {
    request: message({ run_id: runId, model_json: { type: 'string', required: true } }),
    rule: onRun('EDIT'),
    answer: async (ctx, req) => appendModelHistory(ctx, req.run_id, historyEntry(req.model_json)),
  }),
]

/** MLflow takes a dataset without a name as one whose name is empty. */
function inputFromWire({ dataset, tags }: Decoded<typeof datasetInput.fields>): DatasetInput {
  return {
    dataset: {
      name: dataset.name ?? '',
      digest: dataset.digest ?? '',
      sourceType: dataset.source_type ?? '',
      source: dataset.source ?? '',
      schema: dataset.schema,
      profile: dataset.profile,
    },
    tags: tags.map(keyValueFrom),
  }
}

/** SQLite reads no JSON of more than 1,000 levels. */
const nestingMax = 500

const mandatory = ['artifact_path', 'flavors', 'utc_time_created', 'run_id']

/** What MLflow keeps of an MLmodel file that is sent as JSON. */
function historyEntry(modelJson: string): string {
  const model = parseModel(modelJson)
  const lacking = mandatory.filter((field) => !Object.hasOwn(model, field))
  if (lacking.length > 0) {
    throw invalid(`${messages.modelWithoutFields}: ${lacking.join(', ')}`)
  }
  const { run_id, artifact_path, utc_time_created, model_uuid = null, flavors } = model
  const entry = { run_id, artifact_path, utc_time_created, model_uuid, flavors }
  if (isDeeper(entry, nestingMax)) {
    throw invalid(`Model json is nested more than ${nestingMax} levels deep`)
  }
  return pythonJsonOf(entry)
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((item) => isDeeper(item, levels - 1))
}

function parseModel(modelJson: string): Readonly<Record<string, unknown>> {
  checkJsonSize(measureJson(modelJson))
  try {
    const model: unknown = JSON.parse(modelJson)
    if (typeof model === 'object' && model !== null && !Array.isArray(model)) return { ...model }
  } catch {
    // Answered below, together with JSON that is not an object.
  }
  throw invalid(`${messages.notAModel}: '${excerpt(modelJson)}' is not a JSON object`)
}
