import { requireExperiment } from '../../../access/permissions/require.ts'
import { invalid } from '../../../core/error.ts'
import type { AppContext } from '../../../http/app-env.ts'
import type { Context } from '../../../platform/context.ts'
import { getDefaultIntake, getIntake, setIntake } from '../../../traces/intake/intake.ts'
import { getRetention, setRetention } from '../../../traces/retention/retention.ts'
import { getExperiment } from '../../../tracking/experiments/experiment.ts'
import { experimentIdOf } from '../../addressed.ts'
import { changeOn, checkSeen, type Reshown } from '../../changes/change.ts'
import { findRefusal } from '../../forms.ts'
import { frameOf } from '../../shell/frame.ts'
import { sendPage } from '../../shell/page.tsx'
import { intakeIn } from './intake-fields.tsx'
import { TraceRulesPage } from './trace-rules-page.tsx'

/** `GET /experiments/{id}/traces/rules`: how long traces are kept, and what of them never is. */
export async function showTraceRules(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const { ctx } = c.var
  const id = experimentIdOf(c)
  const [frame, experiment, retention, intake, everywhere, whyNot] = await Promise.all([
    frameOf(c),
    getExperiment(ctx, id),
    getRetention(ctx, id),
    getIntake(ctx, id),
    getDefaultIntake(ctx),
    findRefusal(requireExperiment(ctx, id, 'MANAGE')),
  ])
  const page = (
    <TraceRulesPage {...{ frame, experiment, retention, intake, everywhere, whyNot, shown }} />
  )
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

const change = changeOn({
  show: showTraceRules,
  atOf: (c) => ({ experimentId: experimentIdOf(c) }),
  addressOf: (to, { experimentId }) => to.traceRules(experimentId),
})

const mayManage = (ctx: Context, { experimentId }: { readonly experimentId: number }) =>
  requireExperiment(ctx, experimentId, 'MANAGE')

/** `POST /experiments/{id}/traces/rules/retention` */
export const postTraceRetention = change({
  operation: 'putTraceRetention',
  read: (form) => ({ form }),
  rule: mayManage,
  make: (ctx, { experimentId, form }) =>
    setRetention(ctx, experimentId, {
      revision: checkSeen(form.text('seen_retention')),
      daysMax: boundFrom(form.text('days_max'), 'The age in days', 36_500),
      tracesMax: boundFrom(form.text('traces_max'), 'The number of traces', 100_000),
      keepAssessed: form.isChecked('keep_assessed'),
      keepOfVersions: form.isChecked('keep_of_versions'),
    }),
})

/** `POST /experiments/{id}/traces/rules/intake` */
export const postTraceIntake = change({
  operation: 'putTraceIntake',
  read: (form) => ({ form }),
  rule: mayManage,
  make: (ctx, { experimentId, form }) => setIntake(ctx, experimentId, intakeIn(form)),
})

function boundFrom(text: string | undefined, what: string, max: number): number | undefined {
  if (text === undefined) return undefined
  const bound = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (bound >= 1 && bound <= max) return bound
  throw invalid(`${what} is a whole number from 1 to ${max}, or empty for no bound`)
}
