import type { AppContext } from '../../http/app-env.ts'
import { getExperiment } from '../../tracking/experiments/experiment.ts'
import { requireRun } from '../../tracking/permissions.ts'
import { deleteRunTag, setRunTag } from '../../tracking/run-data/run-tags.ts'
import { getRun } from '../../tracking/runs/read-runs.ts'
import { deleteRun, restoreRun, updateRun } from '../../tracking/runs/update-run.ts'
import { runIdOf } from '../addressed.ts'
import { findRefusal } from '../forms.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { changeOn, type Reshown } from './change.ts'
import { RunEditPage } from './run-edit-page.tsx'
import { makeTrackedPosts } from './tracked-changes.ts'

/** `GET /runs/{run_id}/change` */
export async function showRunChange(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const { ctx } = c.var
  const runId = runIdOf(c)
  const run = await getRun(ctx, runId)
  const [frame, experiment, edit, manage] = await Promise.all([
    frameOf(c),
    getExperiment(ctx, run.experimentId),
    findRefusal(requireRun(ctx, runId, 'EDIT')),
    findRefusal(requireRun(ctx, runId, 'MANAGE')),
  ])
  const page = <RunEditPage {...{ frame, run, experiment, ...shown, whyNot: { edit, manage } }} />
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

const change = changeOn({
  show: showRunChange,
  atOf: (c) => ({ runId: runIdOf(c) }),
  addressOf: (to, { runId }) => `${to.run(runId)}/change`,
})

/** `POST /runs/{run_id}/...` */
export const runPosts = makeTrackedPosts(change, {
  operations: {
    rename: 'updateRun',
    setTag: 'setTag',
    deleteTag: 'deleteTag',
    delete: 'deleteRun',
    restore: 'restoreRun',
  },
  mayEdit: (ctx, { runId }) => requireRun(ctx, runId, 'EDIT'),
  mayManage: (ctx, { runId }) => requireRun(ctx, runId, 'MANAGE'),
  rename: (ctx, { runId }, name) => updateRun(ctx, runId, { name }),
  setTag: (ctx, { runId }, tag) => setRunTag(ctx, runId, tag),
  deleteTag: (ctx, { runId }, key) => deleteRunTag(ctx, runId, key),
  delete: (ctx, { runId }) => deleteRun(ctx, runId),
  restore: (ctx, { runId }) => restoreRun(ctx, runId),
  afterDeletion: (to, { runId }) => to.run(runId),
  afterRestoring: (to, { runId }) => to.run(runId),
})
