import { requireModel, requirePromoting } from '../../access/permissions/require.ts'
import { conflict, invalid } from '../../core/error.ts'
import {
  deleteFreeModel,
  deleteGuardedAlias,
  renameFreeModel,
} from '../../governance/moves/guarded-changes.ts'
import { pointAlias } from '../../governance/moves/move-to-stage.ts'
import type { AppContext } from '../../http/app-env.ts'
import type { Context } from '../../platform/context.ts'
import { getModel, updateModel } from '../../registry/models/registered-models.ts'
import {
  requireToDeleteModel,
  requireToRename,
  requireToTagModel,
} from '../../registry/permissions.ts'
import { deleteModelTag, setModelTag } from '../../registry/tags.ts'
import { modelNameOf } from '../addressed.ts'
import { type FormFields, findRefusal } from '../forms.ts'
import { numberIn } from '../paths.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { changeOn, checkTyped, neededText, type Reshown } from './change.ts'
import { ModelEditPage } from './model-edit-page.tsx'

/** `GET /models/{name}/change` */
export async function showModelChange(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const { ctx } = c.var
  const name = modelNameOf(c)
  const [frame, model, edit, promote, manage] = await Promise.all([
    frameOf(c),
    getModel(ctx, name),
    findRefusal(requireModel(ctx, name, 'EDIT')),
    findRefusal(requirePromoting(ctx, name, {})),
    findRefusal(requireModel(ctx, name, 'MANAGE')),
  ])
  const page = <ModelEditPage {...{ frame, model, ...shown, whyNot: { edit, promote, manage } }} />
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

const change = changeOn({
  show: showModelChange,
  addressOf: (c, to) => to.changeModel(modelNameOf(c)),
  atOf: (c) => ({ name: modelNameOf(c) }),
  aboutOf: ({ name }) => ({ model: name }),
})

const mayEdit = (ctx: Context, c: AppContext) => requireModel(ctx, modelNameOf(c), 'EDIT')

/** `POST /models/{name}/description` */
export const postModelDescription = change({
  operation: 'updateRegisteredModel',
  rule: mayEdit,
  field: 'description',
  async make(ctx, form, { name }) {
    await updateModel(ctx, name, { description: form.text('description') })
    return undefined
  },
})

/** `POST /models/{name}/tags` */
export const postModelTag = change({
  operation: 'setRegisteredModelTag',
  rule: (ctx, c, form) => requireToTagModel(ctx, modelNameOf(c), form.text('key') ?? ''),
  field: 'key',
  async make(ctx, form, { name }) {
    const key = neededText(form, 'key', 'The key of the tag')
    await setModelTag(ctx, name, { key, value: form.text('value') ?? '' })
    return undefined
  },
})

/** `POST /models/{name}/tags/remove` */
export const postModelTagRemoval = change({
  operation: 'deleteRegisteredModelTag',
  rule: (ctx, c, form) => requireToTagModel(ctx, modelNameOf(c), form.text('key') ?? ''),
  async make(ctx, form, { name }) {
    await deleteModelTag(ctx, name, neededText(form, 'key', 'The key of the tag'))
    return undefined
  },
})

/** `POST /models/{name}/aliases`: where a policy guards the alias, a request. */
export const postAlias = change({
  operation: 'setRegisteredModelAlias',
  rule: (ctx, c, form) =>
    requirePromoting(ctx, modelNameOf(c), { aliases: [form.text('alias') ?? ''] }),
  field: 'alias',
  async make(ctx, form, { name }) {
    const alias = aliasIn(form)
    const version = numberIn(form.text('version'))
    if (version === undefined) throw invalid('A version has a number, such as 2')
    await refuseUnseen(ctx, form, { name, alias })
    await pointAlias(ctx, name, { alias, version })
    return undefined
  },
})

/** `POST /models/{name}/aliases/remove` */
export const postAliasRemoval = change({
  operation: 'deleteRegisteredModelAlias',
  rule: (ctx, c, form) =>
    requirePromoting(ctx, modelNameOf(c), {
      aliases: [form.text('alias') ?? ''],
      otherwise: 'MANAGE',
    }),
  async make(ctx, form, { name }) {
    const alias = aliasIn(form)
    await refuseUnseen(ctx, form, { name, alias })
    await deleteGuardedAlias(ctx, name, alias)
    return undefined
  },
})

/** As people write it, with or without the sign before it. */
function aliasIn(form: FormFields): string {
  return neededText(form, 'alias', 'The alias').replace(/^@/, '')
}

/** Somebody may have moved it since the page was made. @throws RESOURCE_CONFLICT */
async function refuseUnseen(
  ctx: Context,
  form: FormFields,
  { name, alias }: { readonly name: string; readonly alias: string },
): Promise<void> {
  const seen = form.text('seen_version')
  if (seen === undefined) return
  const { aliases } = await getModel(ctx, name)
  const now = aliases.find((one) => one.alias === alias)?.version
  if (String(now) === seen) return
  throw conflict(
    `@${alias} points at ${now === undefined ? 'no version' : `version ${now}`} now, not at version ${seen} as it was shown; nothing was done`,
  )
}

/** `POST /models/{name}/rename` */
export const postModelRename = change({
  operation: 'renameRegisteredModel',
  rule: (ctx, c, form) => requireToRename(ctx, modelNameOf(c), form.text('new_name') ?? ''),
  field: 'new_name',
  async make(ctx, form, { name, to }) {
    const newName = neededText(form, 'new_name', 'The new name')
    await renameFreeModel(ctx, name, newName)
    return to.model(newName)
  },
})

/** `POST /models/{name}/delete` */
export const postModelDeletion = change({
  operation: 'deleteRegisteredModel',
  rule: (ctx, c) => requireToDeleteModel(ctx, modelNameOf(c)),
  field: 'confirm',
  async make(ctx, form, { name, to }) {
    checkTyped(form, name)
    await deleteFreeModel(ctx, name)
    return to.models
  },
})
