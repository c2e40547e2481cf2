import {
  requireModelVersion,
  requirePromoting,
  requireRegistering,
} from '../../access/permissions/require.ts'
import { conflict } from '../../core/error.ts'
import { keepLoggedCard } from '../../governance/cards/logged-card.ts'
import { deleteFreeVersion } from '../../governance/moves/guarded-changes.ts'
import { pointAlias } from '../../governance/moves/move-to-stage.ts'
import type { AppContext } from '../../http/app-env.ts'
import type { Context } from '../../platform/context.ts'
import { linkVersion } from '../../registry/collections/link-version.ts'
import { requireToDeleteVersion } from '../../registry/permissions.ts'
import { deleteVersionTag, setVersionTag } from '../../registry/tags.ts'
import { getHold, liftHold, placeHold } from '../../registry/versions/legal-holds.ts'
import { getVersionDetail } from '../../registry/versions/version-detail.ts'
import { getVersion, updateVersion } from '../../registry/versions/versions.ts'
import { enterOther } from '../../workspaces/reach.ts'
import { modelNameOf, versionOf } from '../addressed.ts'
import { findRefusal } from '../forms.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { aliasFrom, changeOn, checkGiven, checkTyped, type Reshown } from './change.ts'
import { makeTagPosts } from './tag-changes.ts'
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
    <VersionEditPage
      {...{ frame, version, ...shown, whyNot: { edit, promote, manage } }}
      hasWorkspaces={ctx.settings.workspaces}
    />
  )
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

const change = changeOn({
  show: showVersionChange,
  atOf: (c) => ({ name: modelNameOf(c), version: versionOf(c) }),
  addressOf: (to, { name, version }) => to.changeVersion(name, version),
  aboutOf: ({ name, version }) => ({ model: name, version }),
})

type Named = { readonly name: string }

const mayEdit = (ctx: Context, { name }: Named) => requireModelVersion(ctx, name, 'EDIT')
const mayManage = (ctx: Context, { name }: Named) => requireModelVersion(ctx, name, 'MANAGE')

/** `POST /models/{name}/{version}/description` */
export const postDescription = change({
  operation: 'updateModelVersion',
  read: (form) => ({ description: form.text('description') }),
  rule: mayEdit,
  field: 'description',
  make: (ctx, { name, version, description }) => updateVersion(ctx, name, { version, description }),
})

/** `POST /models/{name}/{version}/tags` */
export const versionTagPosts = makeTagPosts(change, {
  set: {
    operation: 'setModelVersionTag',
    rule: mayEdit,
    make: (ctx, { name, ...tag }) => setVersionTag(ctx, name, tag),
  },
  remove: {
    operation: 'deleteModelVersionTag',
    rule: mayManage,
    make: (ctx, { name, ...tag }) => deleteVersionTag(ctx, name, tag),
  },
})

/** `POST /models/{name}/{version}/alias`: where a policy guards it, a request. */
export const postAlias = change({
  operation: 'setRegisteredModelAlias',
  read: (form) => ({ alias: aliasFrom(form.text('alias')) }),
  rule: (ctx, { name, alias }) => requirePromoting(ctx, name, { aliases: [alias] }),
  field: 'alias',
  make: (ctx, { name, version, alias }) =>
    pointAlias(ctx, name, { alias: checkGiven(alias, 'The alias'), version }),
})

/** `POST /models/{name}/{version}/link`: in a collection of this workspace, or of the one that is named. */
export const postLink = change({
  operation: 'linkVersion',
  read: (form) => ({
    collection: form.text('collection') ?? '',
    workspace: form.text('workspace') || undefined,
  }),
  async rule(ctx, { name, collection, workspace }) {
    await requireModelVersion(ctx, name, 'MANAGE')
    await requireRegistering(await enterOther(ctx, workspace), collection)
  },
  field: 'collection',
  async make(ctx, { name, version, collection, workspace }) {
    const at = await enterOther(ctx, workspace)
    const linked = { workspace: ctx.workspace, version: await getVersion(ctx, name, version) }
    await keepLoggedCard(at, await linkVersion(at, collection, linked))
    return { isElsewhere: at.workspace !== ctx.workspace }
  },
  // Addresses of pages lead into the workspace of the page.
  next: (to, { name, version, collection }, { isElsewhere }) =>
    isElsewhere ? to.version(name, version) : to.model(collection),
})

/** `POST /models/{name}/{version}/hold` */
export const postHold = change({
  operation: 'placeHold',
  read: (form) => ({ reason: form.text('reason') ?? '' }),
  rule: mayEdit,
  field: 'reason',
  make: (ctx, { name, version, reason }) => placeHold(ctx, name, { version, reason }),
})

/** `POST /models/{name}/{version}/hold/lift` */
export const postHoldLift = change({
  operation: 'liftHold',
  read: (form) => ({ seenAt: form.exact('seen_at') }),
  rule: mayManage,
  async make(ctx, { name, version, seenAt }) {
    const { placedAtMs } = await getHold(ctx, name, version)
    if (seenAt !== String(placedAtMs)) {
      throw conflict('Another hold was placed since this page was shown; nothing was lifted')
    }
    await liftHold(ctx, name, version)
  },
})

/** `POST /models/{name}/{version}/delete` */
export const postDeletion = change({
  operation: 'deleteModelVersion',
  read: (form) => ({ typed: form.text('confirm') }),
  rule: (ctx, { name, version }) => requireToDeleteVersion(ctx, name, version),
  field: 'confirm',
  async make(ctx, { name, version, typed }) {
    checkTyped(typed, `${name} ${version}`)
    await deleteFreeVersion(ctx, name, version)
  },
  next: (to, { name }) => to.model(name),
})
