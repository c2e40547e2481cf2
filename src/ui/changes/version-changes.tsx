import { requireModelVersion, requirePromoting } from '../../access/permissions/require.ts'
import { conflict } from '../../core/error.ts'
import { deleteFreeVersion } from '../../governance/moves/guarded-changes.ts'
import { pointAlias } from '../../governance/moves/move-to-stage.ts'
import type { AppContext } from '../../http/app-env.ts'
import type { Context } from '../../platform/context.ts'
import { requireToDeleteVersion } from '../../registry/permissions.ts'
import { deleteVersionTag, setVersionTag } from '../../registry/tags.ts'
import { getHold, liftHold, placeHold } from '../../registry/versions/legal-holds.ts'
import { getVersionDetail } from '../../registry/versions/version-detail.ts'
import { updateVersion } from '../../registry/versions/versions.ts'
import { modelNameOf, versionOf } from '../addressed.ts'
import { findRefusal } from '../forms.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { changeOn, checkTyped, neededText, type Reshown } from './change.ts'
import { VersionEditPage } from './version-edit-page.tsx'

/** `GET /models/{name}/{version}/change` */
export async function showVersionChange(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const { ctx } = c.var
  const name = modelNameOf(c)
  const [frame, version, edit, promote, manage] = await Promise.all([
    frameOf(c),
    getVersionDetail(ctx, name, versionOf(c)),
    findRefusal(requireModelVersion(ctx, name, 'EDIT')),
    findRefusal(requirePromoting(ctx, name, {})),
    findRefusal(requireModelVersion(ctx, name, 'MANAGE')),
  ])
  const page = (
    <VersionEditPage {...{ frame, version, ...shown, whyNot: { edit, promote, manage } }} />
  )
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

const change = changeOn({
  show: showVersionChange,
  addressOf: (c, to) => to.changeVersion(modelNameOf(c), versionOf(c)),
  atOf: (c) => ({ name: modelNameOf(c), version: versionOf(c) }),
  aboutOf: ({ name, version }) => ({ model: name, version }),
})

const mayEdit = (ctx: Context, c: AppContext) => requireModelVersion(ctx, modelNameOf(c), 'EDIT')
const mayManage = (ctx: Context, c: AppContext) =>
  requireModelVersion(ctx, modelNameOf(c), 'MANAGE')

/** `POST /models/{name}/{version}/description` */
export const postVersionDescription = change({
  operation: 'updateModelVersion',
  rule: mayEdit,
  field: 'description',
  async make(ctx, form, { name, version }) {
    await updateVersion(ctx, name, { version, description: form.text('description') })
    return undefined
  },
})

/** `POST /models/{name}/{version}/tags` */
export const postVersionTag = change({
  operation: 'setModelVersionTag',
  rule: mayEdit,
  field: 'key',
  async make(ctx, form, { name, version }) {
    const key = neededText(form, 'key', 'The key of the tag')
    await setVersionTag(ctx, name, { version, key, value: form.text('value') ?? '' })
    return undefined
  },
})

/** `POST /models/{name}/{version}/tags/remove` */
export const postVersionTagRemoval = change({
  operation: 'deleteModelVersionTag',
  rule: mayManage,
  async make(ctx, form, { name, version }) {
    const key = neededText(form, 'key', 'The key of the tag')
    await deleteVersionTag(ctx, name, { version, key })
    return undefined
  },
})

/** `POST /models/{name}/{version}/alias`: where a policy guards it, a request. */
export const postVersionAlias = change({
  operation: 'setRegisteredModelAlias',
  rule: (ctx, c, form) =>
    requirePromoting(ctx, modelNameOf(c), { aliases: [form.text('alias') ?? ''] }),
  field: 'alias',
  async make(ctx, form, { name, version }) {
    const alias = neededText(form, 'alias', 'The alias').replace(/^@/, '')
    await pointAlias(ctx, name, { alias, version })
    return undefined
  },
})

/** `POST /models/{name}/{version}/hold` */
export const postHold = change({
  operation: 'placeHold',
  rule: mayEdit,
  field: 'reason',
  async make(ctx, form, { name, version }) {
    await placeHold(ctx, name, { version, reason: form.text('reason') ?? '' })
    return undefined
  },
})

/** `POST /models/{name}/{version}/hold/lift` */
export const postHoldLift = change({
  operation: 'liftHold',
  rule: mayManage,
  async make(ctx, form, { name, version }) {
    const { placedAtMs } = await getHold(ctx, name, version)
    if (form.text('seen_at') !== String(placedAtMs)) {
      throw conflict('Another hold was placed since this page was shown; nothing was lifted')
    }
    await liftHold(ctx, name, version)
    return undefined
  },
})

/** `POST /models/{name}/{version}/delete` */
export const postVersionDeletion = change({
  operation: 'deleteModelVersion',
  rule: (ctx, c) => requireToDeleteVersion(ctx, modelNameOf(c), versionOf(c)),
  field: 'confirm',
  async make(ctx, form, { name, version, to }) {
    checkTyped(form, `${name} ${version}`)
    await deleteFreeVersion(ctx, name, version)
    return to.model(name)
  },
})
