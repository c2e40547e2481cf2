import type { FC } from 'hono/jsx'
import type { RevisedIntake } from '../../../traces/intake/intake.ts'
import type { Reshown } from '../../changes/change.ts'
import { Problem } from '../../parts/fields.tsx'
import { visibleText } from '../../parts/text.tsx'
import { IntakeFields } from '../../traces/rules/intake-fields.tsx'
import { type SettingsFrame, SettingsPage } from '../settings-page.tsx'

type TraceSettingsPageProps = {
  readonly frame: SettingsFrame
  readonly intake: RevisedIntake
  /** Why the caller may not change it; undefined: they may. */
  readonly whyNot: string | undefined
  readonly shown: Reshown
}

/** What of the traces of every experiment of the server is never kept. */
export const TraceSettingsPage: FC<TraceSettingsPageProps> = ({ frame, intake, whyNot, shown }) => (
  <SettingsPage
    frame={frame}
    at="traces"
    title="Traces"
    about={
      <p class="soft">
        What of the traces of every experiment is never kept, beside what an experiment says. It is
        taken out before anything is written. A share that an experiment says takes the place of
        this one.
      </p>
    }
    api={{ method: 'GET', path: '/api/v1/trace-intake' }}
  >
    <Problem of={shown.problem} />
    {whyNot === undefined ? null : <p class="soft">{visibleText(whyNot)}</p>}
    <form method="post" action={frame.to.traceSettings} class="card-form">
      <p>
        {intake.revision === 0 ? 'Nobody has said anything yet.' : `Revision ${intake.revision}.`}
      </p>
      <IntakeFields {...{ intake, whyNot, shown }} otherwise="all" />
    </form>
  </SettingsPage>
)
