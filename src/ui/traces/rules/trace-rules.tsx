import { requireExperiment } from '../../../access/permissions/require.ts'
import { invalid } from '../../../core/error.ts'
import type { AppContext } from '../../../http/app-env.ts'
import type { Context } from '../../../platform/context.ts'
import { getDefaultIntake, getIntake, setIntake } from '../../../traces/intake/intake.ts'
import { getRetention, setRetention } from '../../../traces/retention/retention.ts'
import { getExperiment } from '../../../tracking/experiments/experiment.ts'
import { experimentIdOf } from '../../addressed.ts'
import { changeOn, checkSeen, type Reshown } from '../../changes/change.ts'
import { findRefusal, linesOf } from '../../forms.ts'
import { frameOf } from '../../shell/frame.ts'
import { sendPage } from '../../shell/page.tsx'
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
  make: (ctx, { experimentId, form }) =>
    setIntake(ctx, experimentId, {
      revision: checkSeen(form.text('seen_intake')),
      redactKeys: someOf(linesOf(form.text('redact_keys')), { countMax: 100, charsMax: 250 }),
      redactPatterns: someOf(linesOf(form.text('redact_patterns')), {
        ...{ countMax: 20, charsMax: 1000 },
      }),
      sampleRate: rateFrom(form.text('sample_percent')),
    }),
})

function boundFrom(text: string | undefined, what: string, max: number): number | undefined {
  if (text === undefined) return undefined
  const bound = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (bound >= 1 && bound <= max) return bound
  throw invalid(`${what} is a whole number from 1 to ${max}, or empty for no bound`)
}

function rateFrom(percent: string | undefined): number | undefined {
  if (percent === undefined) return undefined
  const rate = /^\d{1,3}(\.\d{1,6})?$/.test(percent) ? Number(percent) / 100 : 2
  if (rate <= 1) return rate
  throw invalid('The share that is kept is a number from 0 to 100, or empty')
}

type Bounds = { readonly countMax: number; readonly charsMax: number }

function someOf(lines: readonly string[], { countMax, charsMax }: Bounds): readonly string[] {
  if (lines.length > countMax) throw invalid(`At most ${countMax} lines, one each`)
  if (lines.every(({ length }) => length <= charsMax)) return lines
  throw invalid(`A line has at most ${charsMax} characters`)
}
