import type { FC } from 'hono/jsx'
import type { RetentionRule } from '../../../retention/rules.ts'
import type { Reshown } from '../../changes/change.ts'
import { LineField, Problem } from '../../parts/fields.tsx'
import { Given, plural } from '../../parts/text.tsx'
import { type SettingsFrame, SettingsPage } from '../settings-page.tsx'

type RuleFormPageProps = Reshown & {
  readonly frame: SettingsFrame
  /** Undefined: a new one. */
  readonly rule: RetentionRule | undefined
  /** How many models its glob matches; undefined: there is none yet. */
  readonly matched: number | undefined
}

/** A rule as a form. */
export const RuleFormPage: FC<RuleFormPageProps> = (props) => {
  const { frame, rule, problem } = props
  const path = rule && frame.to.retentionRule(rule.name)
  return (
    <SettingsPage
      frame={frame}
      at="retention"
      title={rule ? `Edit retention rule ${rule.name}` : 'New retention rule'}
      heading={
        rule ? (
          <>
            Edit <Given text={rule.name} />
          </>
        ) : undefined
      }
      crumbs={[
        ...(rule ? [{ text: rule.name, ...(path && { href: path }) }] : []),
        { text: rule ? 'Edit' : 'New' },
      ]}
      api={{
        method: 'PUT',
        path: `/api/v1/retention/rules/${rule ? encodeURIComponent(rule.name) : '{name}'}`,
      }}
    >
      <form
        method="post"
        action={path ? `${path}/edit` : frame.to.newRetentionRule}
        class="card-form"
      >
        <Problem of={problem} />
        <Fields {...props} />
        <div class="row send">
          <button type="submit">{rule ? 'Save rule' : 'Make rule'}</button>
          <a href={path ?? frame.to.retention}>Discard</a>
        </div>
        <p class="soft">Saving deletes nothing: the next page shows what a run would delete.</p>
      </form>
    </SettingsPage>
  )
}

const Fields: FC<RuleFormPageProps> = ({ rule, matched, problem, typed }) => {
  const keep = rule?.terms.keep
  const value = (name: string, kept: number | string | undefined) =>
    typed ? typed(name) : kept?.toString()
  const isChecked = (name: string, kept: boolean) => (typed ? typed(name) !== undefined : kept)
  const stages = rule?.terms.stages ?? ['None', 'Archived']
  return (
    <>
      <input type="hidden" name="seen_revision" value={String(rule?.revision ?? 0)} />
      {rule ? null : (
        <LineField label="Name" name="name" isRequired {...{ problem, typed: typed?.('name') }} />
      )}
      <LineField
        label="Models"
        name="models"
        isRequired
        hint={
          matched === undefined
            ? 'A glob, * for any text: fraud-*'
            : `Matches ${plural(matched, 'model')} now`
        }
        typed={value('models', rule?.terms.models)}
      />
      <fieldset class="panel near">
        <legend>It stays while one holds</legend>
        <div class="fields-row">
          <LineField
            label="It is among the newest"
            name="last"
            hint="Versions"
            pattern="[0-9]*"
            typed={value('last', keep?.last)}
          />
          <LineField
            label="Registered or changed in the last"
            name="younger_than_days"
            hint="Days"
            pattern="[0-9]*"
            typed={value('younger_than_days', keep?.younger_than_days)}
          />
          <LineField
            label="Downloaded in the last"
            name="downloaded_within_days"
            hint="Days"
            pattern="[0-9]*"
            typed={value('downloaded_within_days', keep?.downloaded_within_days)}
          />
        </div>
      </fieldset>
      <fieldset class="panel near">
        <legend>It deletes from</legend>
        {(['None', 'Archived'] as const).map((stage) => (
          <label class="choice">
            <input
              type="checkbox"
              name={`stage ${stage}`}
              checked={isChecked(`stage ${stage}`, stages.includes(stage))}
            />
            <span>{stage}</span>
          </label>
        ))}
      </fieldset>
      <label class="choice">
        <input
          type="checkbox"
          name="automatic"
          checked={isChecked('automatic', rule?.isAutomatic ?? false)}
        />
        <span>The server follows it by itself, once an hour, without a preview.</span>
      </label>
    </>
  )
}
