import { BlockedError, invalid, RegistryError } from '../../../core/error.ts'
import { moveToStage } from '../../../governance/moves/move-to-stage.ts'
import { openRequest } from '../../../governance/moves/request-move.ts'
import { readRollback, rollBack } from '../../../governance/moves/rollback.ts'
import {
  requireMove,
  requirePromotion,
  requireToRollBack,
} from '../../../governance/permissions.ts'
import { readPoliciesFor } from '../../../governance/policies/policies.ts'
import { getPromotion } from '../../../governance/promotions/promotions.ts'
import { viewPromotion } from '../../../governance/promotions/view.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import { pagePrefix } from '../../../http/guards/workspace.ts'
import { listStages } from '../../../registry/stages/stage-list.ts'
import { isActive, resolveStage } from '../../../registry/stages/stages.ts'
import { getVersion } from '../../../registry/versions/versions.ts'
import { modelNameOf, versionOf } from '../../addressed.ts'
import { attempt } from '../../attempt.ts'
import {
  type FormFields,
  type FormProblem,
  findRefusal,
  formAction,
  noteProblem,
} from '../../forms.ts'
import { numberIn, pathsUnder } from '../../paths.ts'
import { reasonAfter } from '../../promotions/outcome/ask-again.tsx'
import { frameOf } from '../../shell/frame.ts'
import { sendPage } from '../../shell/page.tsx'
import { type ModelStanding, readModelStanding, versionsIn } from '../read-model.ts'
import { PromotePage } from './promote-page.tsx'
import { RollbackPage } from './rollback-page.tsx'
import { findSignOff } from './signed-off.tsx'

type Shown = {
  readonly problem?: FormProblem
  readonly typed?: string | undefined
  readonly stage?: string | undefined
}

/** `GET /models/{name}/{version}/promote?to=`: where to, then what happens there. */
export async function showPromote(c: AppContext, shown: Shown = {}): Promise<Response> {
  const { ctx } = c.var
  const name = modelNameOf(c)
  const [frame, version, stages] = await Promise.all([
    frameOf(c),
    getVersion(ctx, name, versionOf(c)),
    listStages(ctx),
  ])
  const given = shown.stage ?? optionalQuery(c, 'to')
  const stage = given === undefined ? undefined : await resolveStage(ctx, given)
  const policies = stage === undefined ? [] : await readPoliciesFor(ctx, name, { stage })
  const standing = await readModelStanding(ctx, name)
  const move = { version: version.version, archiveExisting: false }
  const whyNot =
    stage === undefined
      ? undefined
      : await findRefusal(requireMove(ctx, name, { ...move, target: { stage } }))
  const there = standing.stages.find((one) => one.name === stage)?.column?.newest ?? []
  const typed = shown.typed ?? (await reasonAgain(c, name))
  const page = (
    <PromotePage
      {...{ frame, version, stages, policies, there, ...shown, typed, stage, whyNot }}
      after={optionalQuery(c, 'after')}
    />
  )
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

/** Of `after=`, a request of this model that led nowhere: what the new one quotes of it. @throws PERMISSION_DENIED */
async function reasonAgain(c: AppContext, name: string): Promise<string | undefined> {
  const text = optionalQuery(c, 'after')
  if (text === undefined) return undefined
  const id = numberIn(text)
  if (id === undefined) throw invalid(`Invalid value for 'after'; it is the number of a request`)
  await requirePromotion(c.var.ctx, id, 'READ')
  const promotion = await getPromotion(c.var.ctx, id)
  if (promotion.model !== name || promotion.status === 'open') return undefined
  return reasonAfter(await viewPromotion(c.var.ctx, promotion))
}

/** `POST /models/{name}/{version}/promote`: the move or, where policies guard it, a request. */
export const postPromote = formAction({
  operation: 'transitionModelVersionStage',
  about: (c) => ({ model: modelNameOf(c), version: versionOf(c) }),
  async rule(ctx, c, form) {
    await requireMove(ctx, modelNameOf(c), {
      version: versionOf(c),
      target: { stage: await resolveStage(ctx, form.text('to') ?? '') },
      archiveExisting: form.isChecked('archive'),
    })
  },
  async run(ctx, c, form) {
    const [name, version] = [modelNameOf(c), versionOf(c)]
    const stage = await resolveStage(ctx, form.text('to') ?? '')
    const archiveOthers = form.isChecked('archive') && isActive(stage)
    const reason = form.text('reason')
    const to = pathsUnder(pagePrefix(c))
    try {
      const policies = await readPoliciesFor(ctx, name, { stage })
      if (policies.length > 0) {
        if (reason === undefined) throw invalid('Say why: reviewers read it')
        const move = { name, version, target: { stage }, archiveOthers, reason }
        const { promotion } = await openRequest(ctx, move)
        return c.redirect(to.promotion(promotion.id), 303)
      }
      await moveToStage(ctx, { name, version, stage, archiveOthers }, reason)
    } catch (err) {
      return showPromote(c, { problem: await noteProblem(c, err, 'reason'), typed: reason, stage })
    }
    return c.redirect(to.model(name), 303)
  },
})

/** `GET /models/{name}/rollback?stage=` */
export async function showRollback(c: AppContext, shown: Shown = {}): Promise<Response> {
  const { ctx } = c.var
  const name = modelNameOf(c)
  const stage = await resolveStage(ctx, shown.stage ?? optionalQuery(c, 'stage') ?? 'Production')
  const [frame, standing, way, whyNot] = await Promise.all([
    frameOf(c),
    readModelStanding(ctx, name),
    attempt('RESOURCE_CONFLICT', readRollback(ctx, name, stage)),
    findRefusal(requireToRollBack(ctx, name, stage)),
  ])
  const signedOff =
    way instanceof RegistryError
      ? undefined
      : await findSignOff(ctx, { model: standing.model.name, version: way.version, stage })
  const page = <RollbackPage {...{ frame, standing, ...shown, stage, way, signedOff, whyNot }} />
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

/** `POST /models/{name}/rollback`; where a policy wants a request, to that. */
export const postRollback = formAction({
  operation: 'rollBackStage',
  about: (c) => ({ model: modelNameOf(c) }),
  rule: (ctx, c, form) => requireToRollBack(ctx, modelNameOf(c), form.text('stage') ?? ''),
  async run(ctx, c, form) {
    const name = modelNameOf(c)
    const stage = form.text('stage') ?? ''
    const reason = form.text('reason')
    const to = pathsUnder(pagePrefix(c))
    try {
      refuseOthers(form, await readModelStanding(ctx, name), stage)
      if (reason === undefined) throw invalid('Say why: it stands in the audit log')
      await rollBack(ctx, name, { stage, toVersion: toVersionIn(form), reason })
    } catch (err) {
      if (err instanceof BlockedError) {
        return c.redirect(to.promotion(err.blocked.promotionId), 303)
      }
      return showRollback(c, { problem: await noteProblem(c, err, 'reason'), typed: reason, stage })
    }
    return c.redirect(to.model(name), 303)
  },
})

/** A second tap, or a page from before, must not go back once more. @throws RESOURCE_CONFLICT */
function refuseOthers(form: FormFields, standing: ModelStanding, stage: string): void {
  const there = versionsIn(standing, stage)
  if ((form.text('seen_there') ?? '') === there) return
  throw new RegistryError(
    'RESOURCE_CONFLICT',
    `In ${stage} there is ${there === '' ? 'nothing' : `version ${there}`} now, not what was shown; nothing was done`,
  )
}

function toVersionIn(form: FormFields): number | undefined {
  const text = form.text('to_version')
  if (text === undefined) return undefined
  const version = numberIn(text)
  if (version === undefined) throw invalid('A version has a number, such as 2')
  return version
}
