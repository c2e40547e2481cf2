import { requireExperiment } from '../../../access/permissions/require.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { traceKeeping } from '../../../registry/versions/deletable.ts'
import { deleteTraces } from '../../../traces/changes/delete-traces.ts'
import { getTraceInfos } from '../../../traces/reading/get-trace.ts'
import { getExperiment } from '../../../tracking/experiments/experiment.ts'
import { experimentIdOf } from '../../addressed.ts'
import { changeOn, type Reshown, readNothing } from '../../changes/change.ts'
import { findRefusal } from '../../forms.ts'
import { frameOf } from '../../shell/frame.ts'
import { sendPage } from '../../shell/page.tsx'
import { TraceDeletionPage } from './trace-deletion-page.tsx'
import { selectedIn } from './traces-query.ts'

/** `GET /experiments/{id}/traces/delete?sel=`: what would go. */
export async function showTraceDeletion(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const { ctx } = c.var
  const id = experimentIdOf(c)
  const [frame, experiment, whyNot, infos] = await Promise.all([
    frameOf(c),
    getExperiment(ctx, id),
    findRefusal(requireExperiment(ctx, id, 'MANAGE')),
    getTraceInfos(ctx, selectedIn(c)),
  ])
  const traces = infos.filter(({ experimentId }) => experimentId === id)
  const page = (
    <TraceDeletionPage {...{ frame, experiment, traces, whyNot, problem: shown.problem }} />
  )
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

const change = changeOn({
  show: showTraceDeletion,
  // The address names what was shown.
  atOf: (c) => ({ experimentId: experimentIdOf(c), traceIds: selectedIn(c) }),
  addressOf: (to, { experimentId }) => to.traces(experimentId),
})

/** `POST /experiments/{id}/traces/delete?sel=` */
export const postTraceDeletion = change({
  operation: 'deleteTracesV3',
  read: readNothing,
  rule: (ctx, { experimentId }) => requireExperiment(ctx, experimentId, 'MANAGE'),
  make: (ctx, deletion) => deleteTraces(ctx, deletion, traceKeeping.isHeld),
})
