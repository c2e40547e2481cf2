import { requireModel, requirePromoting } from '../../access/permissions/require.ts'
import { deleteFreeModel, renameFreeModel } from '../../governance/moves/guarded-changes.ts'
import type { AppContext } from '../../http/app-env.ts'
import type { Context } from '../../platform/context.ts'
import { getModel, updateModel } from '../../registry/models/registered-models.ts'
import {
  requireToDeleteModel,
  requireToRename,
  requireToTagModel,
} from '../../registry/permissions.ts'
import { deleteModelTag, setModelTag } from '../../registry/tags.ts'
import { listDeploymentNames } from '../../serving/deployments.ts'
import { modelNameOf } from '../addressed.ts'
import { findRefusal } from '../forms.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { makeAliasPosts } from './alias-changes.ts'
import { changeOn, checkGiven, checkTyped, type Reshown } from './change.ts'
import { ModelEditPage } from './model-edit-page.tsx'
import { makeTagPosts } from './tag-changes.ts'

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
  atOf: (c) => ({ name: modelNameOf(c) }),
  addressOf: (to, { name }) => to.changeModel(name),
  aboutOf: ({ name }) => ({ model: name }),
})

/** `POST /models/{name}/description` */
export const postDescription = change({
  operation: 'updateRegisteredModel',
  read: (form) => ({ description: form.text('description') }),
  rule: (ctx, { name }) => requireModel(ctx, name, 'EDIT'),
  field: 'description',
  make: (ctx, { name, description }) => updateModel(ctx, name, { description }),
})

type Keyed = { readonly name: string; readonly key: string }

const mayTag = (ctx: Context, { name, key }: Keyed) => requireToTagModel(ctx, name, key)

/** `POST /models/{name}/tags` */
export const modelTagPosts = makeTagPosts(change, {
  set: {
    operation: 'setRegisteredModelTag',
    rule: mayTag,
    make: (ctx, { name, key, value }) => setModelTag(ctx, name, { key, value }),
  },
  remove: {
    operation: 'deleteRegisteredModelTag',
    rule: mayTag,
    make: (ctx, { name, key }) => deleteModelTag(ctx, name, key),
  },
})

/** `POST /models/{name}/aliases`, and `…/remove` */
export const { postAlias, postAliasRemoval } = makeAliasPosts(change)

/** `POST /models/{name}/rename` */
export const postRename = change({
  operation: 'renameRegisteredModel',
  read: (form) => ({ newName: form.text('new_name') ?? '' }),
  rule: (ctx, { name, newName }) => requireToRename(ctx, name, newName),
  field: 'new_name',
  make: (ctx, { name, newName }) =>
    renameFreeModel(
      ctx,
      { name, newName: checkGiven(newName, 'The new name') },
      listDeploymentNames,
    ),
  next: (to, { newName }) => to.model(newName),
})

/** `POST /models/{name}/delete` */
export const postDeletion = change({
  operation: 'deleteRegisteredModel',
  read: (form) => ({ typed: form.text('confirm') }),
  rule: (ctx, { name }) => requireToDeleteModel(ctx, name),
  field: 'confirm',
  async make(ctx, { name, typed }) {
    checkTyped(typed, name)
    await deleteFreeModel(ctx, name, listDeploymentNames)
  },
  next: (to) => to.models,
})
