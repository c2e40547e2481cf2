import { requireAdmin } from '../../../access/permissions/require.ts'
import type { AppContext } from '../../../http/app-env.ts'
import type { Context } from '../../../platform/context.ts'
import { getDefaultIntake, setDefaultIntake } from '../../../traces/intake/intake.ts'
import { changeOn, type Reshown } from '../../changes/change.ts'
import { findRefusal } from '../../forms.ts'
import { sendPage } from '../../shell/page.tsx'
import { intakeIn } from '../../traces/rules/intake-fields.tsx'
import { settingsFrameOf } from '../settings-frame.ts'
import { TraceSettingsPage } from './trace-settings-page.tsx'

const mayChange = async (ctx: Context) => requireAdmin(ctx)

/** `GET /settings/traces`: what of the traces of every experiment is never kept. */
export async function showTraceSettings(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const { ctx } = c.var
  const [frame, intake, whyNot] = await Promise.all([
    settingsFrameOf(c),
    getDefaultIntake(ctx),
    findRefusal(mayChange(ctx)),
  ])
  const page = <TraceSettingsPage {...{ frame, intake, whyNot, shown }} />
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

const change = changeOn({
  show: showTraceSettings,
  atOf: () => ({}),
  addressOf: (to) => to.traceSettings,
})

/** `POST /settings/traces` */
export const postTraceSettings = change({
  operation: 'putDefaultTraceIntake',
  read: (form) => ({ form }),
  rule: mayChange,
  make: (ctx, { form }) => setDefaultIntake(ctx, intakeIn(form)),
})
