import type { FC } from 'hono/jsx'
import type { Stage } from '../../../registry/stages/check-stages.ts'
import { isMlflowStage } from '../../../registry/stages/stages.ts'
import type { FormProblem } from '../../forms.ts'
import { ChangedValues } from '../../parts/changed-values.tsx'
import { StageChip } from '../../parts/chips.tsx'
import { LineField, Problem } from '../../parts/fields.tsx'
import { NoValue, Table } from '../../parts/table.tsx'
import { Given, visibleText } from '../../parts/text.tsx'
import { type SettingsFrame, SettingsPage } from '../settings-page.tsx'

/** A stage as it stands in a form, in any state. */
export type StageDraft = {
  readonly name: string
  readonly isExclusive: boolean
  /** Names with commas between them; empty: from every stage. */
  readonly from: string
}

type StagesPageProps = {
  readonly frame: SettingsFrame
  readonly stages: readonly Stage[]
  readonly draft: readonly StageDraft[]
  /** The list that the draft began with. */
  readonly seen: string
  readonly whyNot: string | undefined
  readonly problem: FormProblem | undefined
}

/** The stages in their order, and the form that changes the list. */
export const StagesPage: FC<StagesPageProps> = (props) => {
  const { frame, stages, whyNot, problem } = props
  return (
    <SettingsPage
      frame={frame}
      at="stages"
      title="Stages"
      about={<p class="soft">Where versions may be, in the order of their way.</p>}
      api={{ method: 'GET', path: '/api/v1/stages' }}
    >
      <Problem of={problem} />
      {whyNot === undefined ? (
        <StagesForm {...props} />
      ) : (
        <>
          <StagesTable stages={stages} />
          <p class="soft">{visibleText(whyNot)}</p>
        </>
      )}
      <p class="soft">
        None, Staging, Production and Archived are MLflow’s: its clients move versions into them
        without asking, so they stay as they are. Stages of your own may be exclusive, which is one
        version of a model at most, and be entered from some stages only.
      </p>
    </SettingsPage>
  )
}

const StagesTable: FC<{ readonly stages: readonly Stage[] }> = ({ stages }) => (
  <Table caption="Stages" columns={['Stage', 'Exclusive', 'Entered from']}>
    {stages.map(({ name, isExclusive, from }) => (
      <tr>
        <th scope="row">
          <StageChip stage={name} />
        </th>
        <td>{isExclusive ? 'yes' : 'no'}</td>
        <td>{from === undefined ? 'every stage' : <Given text={from.join(', ')} />}</td>
      </tr>
    ))}
  </Table>
)

const StagesForm: FC<StagesPageProps> = ({ frame, draft, seen }) => (
  <form method="post" action={`${frame.to.settings}/stages`}>
    <input type="hidden" name="seen" value={seen} />
    {/* The one that Enter presses. */}
    <button type="submit" class="unseen" tabindex={-1}>
      Save
    </button>
    <Table caption="Stages" columns={['Stage', 'Exclusive', 'Entered from', 'Order']}>
      {draft.map((stage, i) => (
        <StageRow stage={stage} i={i} isLast={i === draft.length - 1} />
      ))}
    </Table>
    <div class="fields-row card-form">
      <LineField label="Another stage" name="new_name" />
      <button type="submit" class="quiet" name="do" value="add">
        Add stage
      </button>
    </div>
    <div class="row send">
      <button type="submit">Save…</button>
      <span class="soft wide-only">First shows the old list and the new one.</span>
      <a href={`${frame.to.settings}/stages`}>Discard</a>
    </div>
  </form>
)

type StageRowProps = {
  readonly stage: StageDraft
  readonly i: number
  readonly isLast: boolean
}

const StageRow: FC<StageRowProps> = ({ stage: { name, isExclusive, from }, i, isLast }) => {
  const isOwn = !isMlflowStage(name)
  const step = (verb: string, text: string) => (
    <button
      type="submit"
      class="quiet small"
      name="do"
      value={`${verb}-${i}`}
      aria-label={`${text} ${visibleText(name)}`}
    >
      {text}
    </button>
  )
  return (
    <tr>
      <th scope="row">
        <input type="hidden" name={`name_${i}`} value={name} />
        <StageChip stage={name} />
      </th>
      <td>
        {isOwn ? (
          <input
            type="checkbox"
            name={`exclusive_${i}`}
            checked={isExclusive}
            aria-label={`${visibleText(name)} is exclusive`}
          />
        ) : (
          <NoValue />
        )}
      </td>
      <td>
        {isOwn ? (
          <input
            name={`from_${i}`}
            value={from}
            placeholder="every stage"
            aria-label={`Stages that ${visibleText(name)} is entered from, with commas between them`}
          />
        ) : (
          <NoValue />
        )}
      </td>
      <td>
        <span class="row">
          {i === 0 ? null : step('up', 'Up')}
          {isLast ? null : step('down', 'Down')}
          {isOwn ? step('remove', 'Remove') : null}
        </span>
      </td>
    </tr>
  )
}

type StageSavePageProps = {
  readonly frame: SettingsFrame
  readonly stages: readonly Stage[]
  readonly wanted: readonly Stage[]
  readonly draft: readonly StageDraft[]
  readonly seen: string
}

/** The list as it is and as it would be. */
export const StageSavePage: FC<StageSavePageProps> = ({ frame, stages, wanted, draft, seen }) => {
  const path = `${frame.to.settings}/stages`
  const removed = stages.filter(({ name }) => !wanted.some((stage) => stage.name === name))
  return (
    <SettingsPage frame={frame} at="stages" title="Save the stages" crumbs={[{ text: 'Save' }]}>
      <ChangedValues caption="Stages" before={partsOf(stages)} after={partsOf(wanted)} isBrief />
      {removed.length === 0 ? null : (
        <p class="notice warn">
          Open requests for {visibleText(removed.map(({ name }) => name).join(', '))} are closed. A
          stage that versions are in cannot be removed.
        </p>
      )}
      <form method="post" action={path} class="row">
        <input type="hidden" name="seen" value={seen} />
        {draft.map(({ name, isExclusive, from }, i) => (
          <>
            <input type="hidden" name={`name_${i}`} value={name} />
            <input type="hidden" name={`from_${i}`} value={from} />
            {isExclusive ? <input type="hidden" name={`exclusive_${i}`} value="on" /> : null}
          </>
        ))}
        <button type="submit" name="confirmed" value="yes">
          Save the stages
        </button>
        <button type="submit" class="quiet" name="do" value="back">
          Back to the draft
        </button>
        <a href={path}>Discard</a>
      </form>
    </SettingsPage>
  )
}

function partsOf(stages: readonly Stage[]): Readonly<Record<string, unknown>> {
  return {
    order: stages.map(({ name }) => name).join(', '),
    ...Object.fromEntries(
      stages.map(({ name, isExclusive, from }) => [
        name,
        `${isExclusive ? 'exclusive, ' : ''}from ${from === undefined ? 'every stage' : from.join(', ')}`,
      ]),
    ),
  }
}
