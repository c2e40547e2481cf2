import type { FC } from 'hono/jsx'
import type { IntakeCounts, RevisedIntake } from '../../../traces/intake/intake.ts'
import type { RevisedRetention } from '../../../traces/retention/retention.ts'
import type { Experiment } from '../../../tracking/experiments/experiment.ts'
import type { Reshown } from '../../changes/change.ts'
import { ExperimentTabs } from '../../parts/experiment-tabs.tsx'
import { LineField, Problem } from '../../parts/fields.tsx'
import { Given, plural, visibleText } from '../../parts/text.tsx'
import type { Frame } from '../../shell/frame.ts'
import { experimentCrumbs, Page } from '../../shell/page.tsx'
import { IntakeFields, percentOf } from './intake-fields.tsx'

type TraceRulesPageProps = {
  readonly frame: Frame
  readonly experiment: Experiment
  readonly retention: RevisedRetention
  readonly intake: RevisedIntake & IntakeCounts
  /** What the server says for every experiment. */
  readonly everywhere: RevisedIntake
  /** Why the caller may not change it; undefined: they may. */
  readonly whyNot: string | undefined
  readonly shown: Reshown
}

/** How long an experiment keeps traces, and what of them it never does. */
export const TraceRulesPage: FC<TraceRulesPageProps> = (props) => {
  const { frame, experiment, whyNot, shown } = props
  const { to } = frame
  return (
    <Page
      frame={frame}
      title={`Rules for traces of ${experiment.name}`}
      heading={
        <>
          Rules for traces of <Given text={experiment.name} />
        </>
      }
      section="experiments"
      crumbs={[
        ...experimentCrumbs(to, experiment),
        { text: 'Traces', href: to.traces(experiment.id) },
        { text: 'Rules' },
      ]}
      api={{ method: 'GET', path: `/api/v1/experiments/${experiment.id}/trace-intake` }}
    >
      <ExperimentTabs to={to} experimentId={experiment.id} current="traces" />
      <Problem of={shown.problem} />
      {whyNot === undefined ? null : <p class="soft">{visibleText(whyNot)}</p>}
      <Retention {...props} />
      <Intake {...props} />
    </Page>
  )
}

const Retention: FC<TraceRulesPageProps> = ({ frame, experiment, retention, whyNot, shown }) => {
  const { typed, problem } = shown
  const isTyped = typed?.('seen_retention') !== undefined
  const value = (name: string, kept: number | undefined) =>
    isTyped ? typed?.(name) : kept?.toString()
  const isChecked = (name: string, kept: boolean) => (isTyped ? typed?.(name) !== undefined : kept)
  return (
    <form
      method="post"
      action={`${frame.to.traceRules(experiment.id)}/retention`}
      class="card-form"
    >
      <h2>How long they are kept</h2>
      <input type="hidden" name="seen_retention" value={String(retention.revision)} />
      <fieldset disabled={whyNot !== undefined} class="panel near">
        <legend>Deleted for good, within some hours</legend>
        <div class="fields-row">
          <LineField
            label="Older than"
            name="days_max"
            hint="Days; empty: whatever their age"
            pattern="[0-9]*"
            typed={value('days_max', retention.daysMax)}
            {...{ problem }}
          />
          <LineField
            label="Beyond the newest"
            name="traces_max"
            hint="Traces; empty: however many"
            pattern="[0-9]*"
            typed={value('traces_max', retention.tracesMax)}
            {...{ problem }}
          />
        </div>
        <label class="choice">
          <input
            type="checkbox"
            name="keep_assessed"
            checked={isChecked('keep_assessed', retention.keepAssessed)}
          />
          <span>But not what has feedback, an expectation or an issue</span>
        </label>
        <label class="choice">
          <input
            type="checkbox"
            name="keep_of_versions"
            checked={isChecked('keep_of_versions', retention.keepOfVersions)}
          />
          <span>But not what belongs to a model version; under a legal hold that always stays</span>
        </label>
      </fieldset>
      {whyNot === undefined ? (
        <div class="row">
          <button type="submit">Save what is kept</button>
        </div>
      ) : null}
    </form>
  )
}

const Intake: FC<TraceRulesPageProps> = (props) => {
  const { frame, experiment, intake, whyNot, shown } = props
  return (
    <form method="post" action={`${frame.to.traceRules(experiment.id)}/intake`} class="card-form">
      <h2>What is never kept</h2>
      <p>
        It is taken out before anything is written. So far {plural(intake.valuesRedacted, 'value')}{' '}
        redacted, {plural(intake.infosLeftOut, 'trace')} left out with{' '}
        {plural(intake.spansLeftOut, 'span')}.
      </p>
      <Everywhere {...props} />
      <IntakeFields {...{ intake, whyNot, shown }} otherwise="as the server says, or all" />
    </form>
  )
}

const Everywhere: FC<TraceRulesPageProps> = ({ frame, everywhere }) => {
  const { redactKeys, redactPatterns, sampleRate } = everywhere
  const said = [
    ...redactKeys,
    ...redactPatterns,
    ...(sampleRate === undefined ? [] : [`${percentOf(sampleRate)}% of traces`]),
  ]
  return (
    <p>
      The server says for every experiment:{' '}
      {said.length === 0
        ? 'nothing'
        : said.map((one, i) => (
            <>
              {i > 0 ? ', ' : ''}
              <code>
                <Given text={one} />
              </code>
            </>
          ))}
      . <a href={frame.to.traceSettings}>Where that is set</a>
    </p>
  )
}
