import { requireExperiment } from '../../../access/permissions/require.ts'
import { invalid } from '../../../core/error.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import { type LabelInput, labelTypes } from '../../../judging/labels/label-schema.ts'
import {
  createLabelSchema,
  deleteLabelSchema,
  getLabelSchema,
  listLabelSchemas,
  updateLabelSchema,
} from '../../../judging/labels/label-schemas.ts'
import { requireLabelSchema } from '../../../judging/permissions.ts'
import type { Context } from '../../../platform/context.ts'
import { getExperiment } from '../../../tracking/experiments/experiment.ts'
import { experimentIdOf } from '../../addressed.ts'
import { changeOn, checkSeen, checkTyped, type Reshown } from '../../changes/change.ts'
import { type FormFields, findRefusal } from '../../forms.ts'
import { frameOf } from '../../shell/frame.ts'
import { sendPage } from '../../shell/page.tsx'
import { LabelSchemaPage } from './label-schema-page.tsx'
import { LabelSchemasPage } from './label-schemas-page.tsx'
import { answerInputIn, answerKindIn, answerKindOf, schemaTextsIn } from './schema-fields.tsx'

const pageSize = 50

/** `GET /experiments/{id}/label-schemas?kind=&after=`: what people are asked about traces. */
export async function showLabelSchemas(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const { ctx } = c.var
  const id = experimentIdOf(c)
  const page = { maxResults: pageSize, token: optionalQuery(c, 'after') }
  const [frame, experiment, found, whyNot] = await Promise.all([
    frameOf(c),
    getExperiment(ctx, id),
    listLabelSchemas(ctx, id, page),
    findRefusal(requireExperiment(ctx, id, 'MANAGE')),
  ])
  const kind = answerKindIn(shown.typed?.('kind') ?? optionalQuery(c, 'kind'))
  return sendPage(
    c,
    {
      frame,
      page: (
        <LabelSchemasPage
          {...{ frame, experiment, whyNot, shown, kind }}
          schemas={found.items}
          next={found.nextPageToken}
        />
      ),
    },
    { status: shown.problem?.status ?? 200 },
  )
}

/** `POST /experiments/{id}/label-schemas` */
export const postLabelSchema = changeOn({
  show: showLabelSchemas,
  atOf: (c) => ({ experimentId: experimentIdOf(c) }),
  addressOf: (to, { experimentId }) => to.labelSchemas(experimentId),
})({
  operation: 'createLabelSchema',
  read: (form) => ({ form }),
  rule: (ctx, { experimentId }) => requireExperiment(ctx, experimentId, 'MANAGE'),
  field: 'name',
  make(ctx, { experimentId, form }) {
    const kind = answerKindIn(form.text('kind'))
    const type = labelTypes.find((one) => one === form.text('type'))
    if (!kind || !type) throw invalid('Choose how the question is answered, and what that becomes')
    return createLabelSchema(ctx, {
      ...{ experimentId, type, ...schemaTextsIn(form) },
      input: answerInputIn(form, kind, form.isChecked('multi')),
    })
  },
  next: (to, _, { schemaId }) => to.labelSchema(schemaId),
})

/** Of the page of one question. @throws PERMISSION_DENIED, RESOURCE_DOES_NOT_EXIST */
export function mayReadLabelSchema(ctx: Context, c: AppContext): Promise<void> {
  return requireLabelSchema(ctx, schemaIdOf(c), 'READ')
}

/** `GET /label-schemas/{id}`: one question, as those see it who answer. */
export async function showLabelSchema(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const { ctx } = c.var
  const [frame, schema] = await Promise.all([frameOf(c), getLabelSchema(ctx, schemaIdOf(c))])
  const [experiment, whyNot] = await Promise.all([
    getExperiment(ctx, schema.experimentId),
    findRefusal(requireExperiment(ctx, schema.experimentId, 'MANAGE')),
  ])
  const page = <LabelSchemaPage {...{ frame, schema, experiment, whyNot, shown }} />
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

const changeOne = changeOn({
  show: showLabelSchema,
  atOf: (c) => ({ schemaId: schemaIdOf(c) }),
  addressOf: (to, { schemaId }) => to.labelSchema(schemaId),
})

const mayManage = (ctx: Context, { schemaId }: { readonly schemaId: string }) =>
  requireLabelSchema(ctx, schemaId, 'MANAGE')

/** `POST /label-schemas/{id}` */
export const postLabelSchemaChange = changeOne({
  operation: 'updateLabelSchema',
  read: (form) => ({ form }),
  rule: mayManage,
  async make(ctx, { schemaId, form }) {
    const { input } = await getLabelSchema(ctx, schemaId)
    return updateLabelSchema(ctx, schemaId, {
      ...schemaTextsIn(form),
      input: changedInput(form, input),
      seenUpdatedAtMs: checkSeen(form.text('seen_updated')),
    })
  },
})

/** Undefined: it stays, with the space and the lines that answers of the API may have. */
function changedInput(form: FormFields, kept: LabelInput): LabelInput | undefined {
  const { categorical } = kept
  if (categorical && form.exact('options') === categorical.options.join('\n')) return undefined
  return answerInputIn(form, answerKindOf(kept), categorical?.isMulti ?? false)
}

/** `POST /label-schemas/{id}/delete` */
export const postLabelSchemaDeletion = changeOne({
  operation: 'deleteLabelSchema',
  read: (form) => ({ confirm: form.text('confirm') ?? '' }),
  rule: mayManage,
  field: 'confirm',
  async make(ctx, { schemaId, confirm }) {
    const { name, experimentId } = await getLabelSchema(ctx, schemaId)
    checkTyped(confirm, name)
    await deleteLabelSchema(ctx, schemaId)
    return experimentId
  },
  next: (to, _, experimentId) => to.labelSchemas(experimentId),
})

function schemaIdOf(c: AppContext): string {
  return c.req.param('schema') ?? ''
}
