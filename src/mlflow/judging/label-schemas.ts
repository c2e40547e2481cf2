import { requireExperiment } from '../../access/permissions/require.ts'
import { type LabelInput, type LabelSchema, labelTypes } from '../../judging/labels/label-schema.ts'
import {
  createLabelSchema,
  deleteLabelSchema,
  getLabelSchema,
  getLabelSchemaByName,
  listLabelSchemas,
  updateLabelSchema,
} from '../../judging/labels/label-schemas.ts'
import { mayOnLabelSchema, requireLabelSchema } from '../../judging/permissions.ts'
import { type Operation, operation } from '../operation.ts'
import { type Decoded, message } from '../wire/message.ts'

const text = { type: 'string' } as const
const required = { type: 'string', required: true } as const
const experiment_id = { type: 'experiment_id', required: true } as const
const schema_id = required

const inputMessage = message({
  pass_fail: { type: message({ positive_label: text, negative_label: text }) },
  categorical: {
    type: message({ options: { type: 'string', repeated: true }, multi_select: { type: 'bool' } }),
  },
  numeric: { type: message({ min_value: { type: 'double' }, max_value: { type: 'double' } }) },
  text: { type: message({ max_length: { type: 'int32' } }) },
})

/** Questions that people answer about traces. */
export const labelSchemaOperations: readonly Operation[] = [
  operation('createLabelSchema', {
    request: message({
      experiment_id,
      name: required,
      type: { type: labelTypes, required: true },
      input: { type: inputMessage },
      instruction: text,
      enable_comment: { type: 'bool' },
    }),
    rule: (ctx, req) => requireExperiment(ctx, req.experiment_id, 'MANAGE'),
    answer: async (ctx, req) =>
      schemaToWire(
        await createLabelSchema(ctx, {
          experimentId: req.experiment_id,
          name: req.name,
          type: req.type,
          instruction: req.instruction,
          enableComment: req.enable_comment ?? false,
          input: inputFrom(req.input ?? {}),
        }),
      ),
  }),
  operation('getLabelSchema', {
    request: message({ schema_id }),
    rule: (ctx, req) => requireLabelSchema(ctx, req.schema_id, 'READ'),
    answer: async (ctx, req) => schemaToWire(await getLabelSchema(ctx, req.schema_id)),
  }),
  operation('getLabelSchemaByName', {
    request: message({ experiment_id, name: required }),
    rule: (ctx, req) => requireExperiment(ctx, req.experiment_id, 'READ'),
    answer: async (ctx, req) =>
      schemaToWire(await getLabelSchemaByName(ctx, req.experiment_id, req.name)),
  }),
  operation('listLabelSchemas', {
    request: message({ experiment_id, max_results: { type: 'int64' }, page_token: text }),
    rule: (ctx, req) => requireExperiment(ctx, req.experiment_id, 'READ'),
    answer: async (ctx, req) => {
      const wanted = { maxResults: req.max_results, token: req.page_token }
      const page = await listLabelSchemas(ctx, req.experiment_id, wanted)
      return {
        label_schemas: page.items.map((one) => schemaToWire(one).label_schema),
        next_page_token: page.nextPageToken ?? '',
      }
    },
  }),
  operation('updateLabelSchema', {
    request: message({
      schema_id,
      name: text,
      instruction: text,
      enable_comment: { type: 'bool' },
      input: { type: inputMessage },
    }),
    rule: (ctx, req) => requireLabelSchema(ctx, req.schema_id, 'MANAGE'),
    answer: async (ctx, req) =>
      schemaToWire(
        await updateLabelSchema(ctx, req.schema_id, {
          name: req.name,
          instruction: req.instruction,
          enableComment: req.enable_comment,
          input: req.input && inputFrom(req.input),
        }),
      ),
  }),
  operation('deleteLabelSchema', {
    request: message({ schema_id }),
    rule: async (ctx, req) => {
      await mayOnLabelSchema(ctx, req.schema_id, 'MANAGE')
    },
    answer: (ctx, req) => deleteLabelSchema(ctx, req.schema_id),
  }),
]

function inputFrom(sent: Decoded<typeof inputMessage.fields>): LabelInput {
  const { pass_fail, categorical, numeric, text: own } = sent
  return {
    passFail: pass_fail && {
      positive: pass_fail.positive_label ?? '',
      negative: pass_fail.negative_label ?? '',
    },
    categorical: categorical && {
      options: categorical.options,
      isMulti: categorical.multi_select ?? false,
    },
    numeric: numeric && { min: numeric.min_value, max: numeric.max_value },
    text: own && { charsMax: own.max_length },
  }
}

function schemaToWire(schema: LabelSchema) {
  return {
    label_schema: {
      schema_id: schema.schemaId,
      experiment_id: String(schema.experimentId),
      name: schema.name,
      type: schema.type,
      instruction: schema.instruction,
      enable_comment: schema.enableComment,
      input: inputToWire(schema.input),
      created_at: schema.createdAtMs,
      last_updated_at: schema.updatedAtMs,
      is_default: schema.isDefault,
    },
  }
}

function inputToWire({ passFail, categorical, numeric, text: own }: LabelInput): object {
  return {
    pass_fail: passFail && {
      positive_label: passFail.positive,
      negative_label: passFail.negative,
    },
    categorical: categorical && {
      options: categorical.options,
      multi_select: categorical.isMulti,
    },
    numeric: numeric && { min_value: numeric.min, max_value: numeric.max },
    text: own && { max_length: own.charsMax },
  }
}
