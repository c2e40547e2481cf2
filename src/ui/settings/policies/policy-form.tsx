import type { FC } from 'hono/jsx'
import type { FormProblem } from '../../forms.ts'
import { Beside } from '../../parts/fields.tsx'
import { visibleText } from '../../parts/text.tsx'
import { type GateTerm, type GateType, gateTypes } from './gate-terms.ts'
import { gatesOf, type PolicyFields, rulesOf } from './policy-draft.ts'

type FieldsProps = {
  readonly fields: PolicyFields
  readonly problem: FormProblem | undefined
}

const people = 'One a line: group:reviewers, user:ada, service:ci'

/** A policy as fields: what it guards, who agrees, gates, and what else there is. */
export const PolicyFieldsets: FC<FieldsProps> = (props) => (
  <>
    <fieldset class="panel near">
      <legend>Guards</legend>
      <div class="fields-row">
        <Field {...props} name="models" label="Models" hint="A glob: fraud-*, or * for all" />
        <label>
          Place
          <select name="place">
            {(['stage', 'alias', 'deployment'] as const).map((one) => (
              <option value={one} selected={props.fields.place === one}>
                {one}
              </option>
            ))}
          </select>
        </label>
        <Field
          {...props}
          name="place_name"
          label="Name"
          hint="Production; of aliases and deployments a glob"
        />
      </div>
    </fieldset>
    <fieldset class="panel near">
      <legend>Approvals</legend>
      {rulesOf(props.fields).map((i, at) => (
        <div class="fields-row rule">
          <Field
            {...props}
            name={`rule_${i}_required`}
            label={at === 0 ? 'How many' : 'And how many'}
          />
          <Field
            {...props}
            name={`rule_${i}_from`}
            label="Of"
            hint={at === 0 ? people : undefined}
            isLines
          />
        </div>
      ))}
      <Flag {...props} name="self_approval" text="Who asked may approve" />
      <Flag {...props} name="author_may_approve" text="Who made the version may approve" />
      <Flag
        {...props}
        name="dismiss_stale"
        text="An approval falls when the files, the card, a policy or facts change"
      />
      <Flag {...props} name="allow_unverified" text="Names that nobody verified count" />
      <div class="short-fields">
        <Field {...props} name="expire_after_hours" label="A request expires after so many hours" />
      </div>
      <Field
        {...props}
        name="only"
        label="Who alone may make the move, where no approval is asked for"
        hint={people}
        isLines
      />
    </fieldset>
    <Gates {...props} />
    <fieldset class="panel near">
      <legend>Besides</legend>
      <label>
        Gates look at
        <select name="facts">
          <option value="latest" selected={props.fields.facts !== 'registered'}>
            what is known now
          </option>
          <option value="registered" selected={props.fields.facts === 'registered'}>
            what was there at registration
          </option>
        </select>
      </label>
      <Flag
        {...props}
        name="auto_promote"
        text="A request merges by itself as soon as nothing blocks it"
      />
      <Flag {...props} name="sign" text="What is merged is signed as a release bundle" />
      <Flag {...props} name="skip_approvals" text="A rollback needs no new approval" />
      <Field
        {...props}
        name="break_glass"
        label="Who may merge at once in an emergency, with a reason"
        hint={people}
        isLines
      />
    </fieldset>
  </>
)

const Gates: FC<FieldsProps> = (props) => {
  const gates = gatesOf(props.fields)
  return (
    <fieldset class="panel near">
      <legend>Gates</legend>
      {gates.length === 0 ? <p class="soft">None: the server judges nothing.</p> : null}
      {gates.map(({ i, type }, at) => (
        <GateFields
          {...props}
          {...{ i, type }}
          isFirst={at === 0}
          isLast={at === gates.length - 1}
        />
      ))}
      <div class="fields-row">
        <label>
          Another gate
          <select name="gate_type">
            {Object.entries(gateTypes).map(([type, { title }]) => (
              <option value={type}>
                {type}: {title}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" class="quiet" name="do" value="add">
          Add gate
        </button>
      </div>
    </fieldset>
  )
}

type GateFieldsProps = FieldsProps & {
  readonly i: number
  readonly type: GateType
  readonly isFirst: boolean
  readonly isLast: boolean
}

const GateFields: FC<GateFieldsProps> = ({ i, type, isFirst, isLast, ...props }) => {
  const name = props.fields[`gate_${i}_name`] ?? ''
  const step = (verb: string, text: string) => (
    <button
      type="submit"
      class="quiet small"
      name="do"
      value={`${verb}-${i}`}
      aria-label={`${text} gate ${visibleText(name)}`}
    >
      {text}
    </button>
  )
  return (
    <fieldset class="gate near">
      <legend>
        <code>{type}</code> <span class="soft">{gateTypes[type].title}</span>
      </legend>
      <input type="hidden" name={`gate_${i}_type`} value={type} />
      <div class="fields-row">
        <Field {...props} name={`gate_${i}_name`} label="Name" />
        {gateTypes[type].terms
          .filter(({ kind }) => kind === 'text' || kind === 'number')
          .map((term) => (
            <TermField {...props} i={i} term={term} />
          ))}
      </div>
      {gateTypes[type].terms
        .filter(({ kind }) => kind !== 'text' && kind !== 'number')
        .map((term) => (
          <TermField {...props} i={i} term={term} />
        ))}
      <div class="row">
        {isFirst ? null : step('up', 'Move up')}
        {isLast ? null : step('down', 'Move down')}
        {step('remove', 'Remove')}
      </div>
    </fieldset>
  )
}

const TermField: FC<FieldsProps & { readonly i: number; readonly term: GateTerm }> = ({
  i,
  term: { name, label, kind, hint },
  ...props
}) =>
  kind === 'flag' ? (
    <Flag {...props} name={`gate_${i}_${name}`} text={label} />
  ) : (
    <Field
      {...props}
      name={`gate_${i}_${name}`}
      label={label}
      hint={hint}
      isLines={kind === 'lines' || kind === 'code'}
      isCode={kind === 'code'}
    />
  )

type FieldProps = FieldsProps & {
  readonly name: string
  readonly label: string
  readonly hint?: string | undefined
  readonly isLines?: boolean
  readonly isCode?: boolean
}

const Field: FC<FieldProps> = ({ fields, problem, name, label, hint, isLines, isCode }) => {
  const isWrong = problem?.field === name
  const id = `policy-${name}`
  const shared = {
    id,
    name,
    spellcheck: false,
    autofocus: isWrong,
    'aria-invalid': isWrong ? ('true' as const) : undefined,
    'aria-describedby': isWrong ? 'problem' : undefined,
  }
  return (
    <label for={id}>
      {label}
      {isLines ? (
        <textarea {...shared} class={isCode ? 'code' : undefined} rows={2}>
          {fields[name] ?? ''}
        </textarea>
      ) : (
        <input {...shared} value={fields[name] ?? ''} autocapitalize="none" />
      )}
      {hint === undefined ? null : <span class="hint">{hint}</span>}
      <Beside name={name} problem={problem} />
    </label>
  )
}

const Flag: FC<Pick<FieldProps, 'fields' | 'name'> & { readonly text: string }> = ({
  fields,
  name,
  text,
}) => (
  <label class="choice">
    <input type="checkbox" name={name} checked={fields[name] !== undefined} />
    <span>{text}</span>
  </label>
)
