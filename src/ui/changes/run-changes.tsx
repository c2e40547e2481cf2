import type { AppContext } from '../../http/app-env.ts'
import type { Context } from '../../platform/context.ts'
import { requireRun } from '../../tracking/permissions.ts'
import { deleteRunTag, setRunTag } from '../../tracking/run-data/run-tags.ts'
import { getRun } from '../../tracking/runs/read-runs.ts'
import { deleteRun, restoreRun, updateRun } from '../../tracking/runs/update-run.ts'
import { runIdOf } from '../addressed.ts'
import { findRefusal } from '../forms.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { changeOn, neededText, type Reshown } from './change.ts'
import { noteKey, RunEditPage } from './run-edit-page.tsx'

/** `GET /runs/{run_id}/change` */
export async function showRunChange(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const { ctx } = c.var
  const runId = runIdOf(c)
  const [frame, run, edit, manage] = await Promise.all([
    frameOf(c),
    getRun(ctx, runId),
    findRefusal(requireRun(ctx, runId, 'EDIT')),
    findRefusal(requireRun(ctx, runId, 'MANAGE')),
  ])
  const page = <RunEditPage {...{ frame, run, ...shown, whyNot: { edit, manage } }} />
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

const change = changeOn({
  show: showRunChange,
  addressOf: (c, to) => `${to.run(runIdOf(c))}/change`,
  atOf: (c) => ({ runId: runIdOf(c) }),
})

const mayEdit = (ctx: Context, c: AppContext) => requireRun(ctx, runIdOf(c), 'EDIT')
const mayManage = (ctx: Context, c: AppContext) => requireRun(ctx, runIdOf(c), 'MANAGE')

/** `POST /runs/{run_id}/name` */
export const postRunName = change({
  operation: 'updateRun',
  rule: mayEdit,
  field: 'name',
  async make(ctx, form, { runId }) {
    await updateRun(ctx, runId, { name: neededText(form, 'name', 'The name') })
    return undefined
  },
})

/** `POST /runs/{run_id}/description`: MLflow keeps it as a tag. */
export const postRunDescription = change({
  operation: 'setTag',
  rule: mayEdit,
  field: 'description',
  async make(ctx, form, { runId }) {
    await setRunTag(ctx, runId, { key: noteKey, value: form.text('description') ?? '' })
    return undefined
  },
})

/** `POST /runs/{run_id}/tags` */
export const postRunTag = change({
  operation: 'setTag',
  rule: mayEdit,
  field: 'key',
  async make(ctx, form, { runId }) {
    const key = neededText(form, 'key', 'The key of the tag')
    await setRunTag(ctx, runId, { key, value: form.text('value') ?? '' })
    return undefined
  },
})

/** `POST /runs/{run_id}/tags/remove` */
export const postRunTagRemoval = change({
  operation: 'deleteTag',
  rule: mayEdit,
  async make(ctx, form, { runId }) {
    await deleteRunTag(ctx, runId, neededText(form, 'key', 'The key of the tag'))
    return undefined
  },
})

/** `POST /runs/{run_id}/delete` */
export const postRunDeletion = change({
  operation: 'deleteRun',
  rule: mayManage,
  async make(ctx, _form, { runId, to }) {
    await deleteRun(ctx, runId)
    return to.run(runId)
  },
})

/** `POST /runs/{run_id}/restore` */
export const postRunRestoring = change({
  operation: 'restoreRun',
  rule: mayManage,
  async make(ctx, _form, { runId, to }) {
    await restoreRun(ctx, runId)
    return to.run(runId)
  },
})
