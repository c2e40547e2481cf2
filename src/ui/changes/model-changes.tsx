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
import { listDeploymentNames } from '../../serving/deployments.ts'
import { modelNameOf } from '../addressed.ts'
import { type FormFields, findRefusal } from '../forms.ts'
import { numberIn } from '../paths.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { aliasFrom, changeOn, checkGiven, checkTyped, type Reshown } from './change.ts'
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

/** `POST /models/{name}/aliases`: where a policy guards the alias, a request. */
export const postAlias = change({
  operation: 'setRegisteredModelAlias',
  read: (form) => ({ ...aliasIn(form), version: numberIn(form.text('version')) }),
  rule: (ctx, { name, alias }) => requirePromoting(ctx, name, { aliases: [alias] }),
  field: 'alias',
  async make(ctx, asked) {
    const { name, version } = asked
    const alias = checkGiven(asked.alias, 'The alias')
    if (version === undefined) throw invalid('A version has a number, such as 2')
    await refuseUnseen(ctx, asked)
    await pointAlias(ctx, name, { alias, version })
  },
})

/** `POST /models/{name}/aliases/remove` */
export const postAliasRemoval = change({
  operation: 'deleteRegisteredModelAlias',
  read: aliasIn,
  rule: (ctx, { name, alias }) =>
    requirePromoting(ctx, name, { aliases: [alias], otherwise: 'MANAGE' }),
  async make(ctx, asked) {
    const alias = checkGiven(asked.alias, 'The alias')
    await refuseUnseen(ctx, asked)
    await deleteGuardedAlias(ctx, asked.name, alias)
  },
})

/** The alias, as people write it, and the version that the page showed it at. */
function aliasIn(form: FormFields) {
  return { alias: aliasFrom(form.text('alias')), seen: form.exact('seen_version') }
}

/** Somebody may have moved it since the page was made. @throws RESOURCE_CONFLICT */
async function refuseUnseen(
  ctx: Context,
  asked: { readonly name: string; readonly alias: string; readonly seen: string | undefined },
): Promise<void> {
  const { name, alias, seen } = asked
  if (seen === undefined) return
  const { aliases } = await getModel(ctx, name)
  const now = aliases.find((one) => one.alias === alias)?.version
  if (String(now) === seen) return
  throw conflict(
    `@${alias} points at ${now === undefined ? 'no version' : `version ${now}`} now, not at version ${seen} as it was shown; nothing was done`,
  )
}

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
