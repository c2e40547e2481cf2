import type { FC } from 'hono/jsx'
import {
  type Card,
  type CardField,
  type FairnessValue,
  fieldNames,
  fieldTitles,
} from '../../governance/cards/card-shape.ts'
import type { ModelCard } from '../../governance/cards/read-card.ts'
import type { FormProblem } from '../forms.ts'
import { LineField, Problem, TextField } from '../parts/fields.tsx'
import { Table } from '../parts/table.tsx'
import { Given, GivenLines, visibleText } from '../parts/text.tsx'
import type { Frame } from '../shell/frame.ts'
import { modelCrumbs, Page } from '../shell/page.tsx'
import { CardText } from './card-page.tsx'

type CardEditProps = {
  readonly frame: Frame
  readonly name: string
  readonly version: number
  /** As it is now. */
  readonly kept: ModelCard
  /** Why the caller may not; undefined: they may. */
  readonly whyNot: string | undefined
  readonly draft?: Card
  readonly isPreview?: boolean
  /** The revision that the draft is, as it was. */
  readonly restores?: number
  readonly problem?: FormProblem
}

/** A card as a form, one field after the other, and what saving does. */
export const CardEditPage: FC<CardEditProps> = (props) => {
  const { frame, name, version, kept, whyNot, draft, problem } = props
  const { to } = frame
  return (
    <Page
      frame={frame}
      title={`Edit the card of ${name} version ${version}`}
      heading={
        <>
          Edit the card of <Given text={name} /> version {version}
        </>
      }
      section="models"
      crumbs={[...modelCrumbs(to, name, version), { text: 'Edit card' }]}
      api={{
        method: 'GET',
        path: `/api/v1/models/${encodeURIComponent(name)}/versions/${version}/card`,
      }}
    >
      <Problem of={problem} />
      {props.restores === undefined ? null : (
        <p class="notice">
          The form has revision {props.restores}, as it was. Nothing is restored before it is saved;
          the revisions between stay.
        </p>
      )}
      {props.isPreview && draft ? (
        <section class="panel near" aria-labelledby="preview">
          <h2 id="preview">Preview, not saved yet</h2>
          <CardText card={draft} revision={kept.revision + 1} missing={[]} heading="h3" />
        </section>
      ) : null}
      {whyNot === undefined ? (
        <CardForm {...props} />
      ) : (
        <p class="notice warn">{visibleText(whyNot)}</p>
      )}
    </Page>
  )
}

const CardForm: FC<CardEditProps> = ({ frame: { to }, name, version, kept, draft, problem }) => {
  const card = draft ?? kept.card
  const isConflict = problem?.status === 409
  return (
    <form method="post" action={to.editCard(name, version)} class="card-form">
      <input type="hidden" name="seen_revision" value={String(kept.revision)} />
      {fieldNames.map((field) => (
        <div class="near" id={field}>
          <Field field={field} card={card} isMissing={kept.missing.includes(field)} />
          {isConflict ? <Kept field={field} kept={kept.card} draft={card} /> : null}
        </div>
      ))}
      <p class="soft">
        Saving makes revision {kept.revision + 1}. Approvals that were given on the card as it is
        now fall.
      </p>
      <div class="row send">
        <button type="submit" name="do" value="save">
          {isConflict ? 'Save mine on top' : 'Save card'}
        </button>
        <button type="submit" name="do" value="preview" class="quiet">
          Preview
        </button>
        <a href={to.version(name, version)}>Cancel</a>
      </div>
    </form>
  )
}

type FieldProps = {
  readonly field: CardField
  readonly card: Card
  /** A template asks for it, and nobody wrote it. */
  readonly isMissing: boolean
}

const Field: FC<FieldProps> = ({ field, card, isMissing }) => {
  const title = `${fieldTitles[field]}${isMissing ? ' (asked for)' : ''}`
  if (field === 'fairness') return <FairnessRows title={title} rows={card.fairness ?? []} />
  const hint = hints[field] ?? 'Markdown'
  if (field === 'licence') {
    return <LineField label={title} name={field} typed={card.licence} hint={hint} />
  }
  const value = card[field]
  const typed = typeof value === 'string' ? value : value?.join('\n')
  const charsMax = field === 'notes' ? 200_000 : 50_000
  return <TextField label={title} name={field} {...{ typed, hint, charsMax }} />
}

const hints: Partial<Record<CardField, string>> = {
  owners: 'One a line',
  contacts: 'One a line',
  licence: 'Such as apache-2.0',
}

const spareRows = 3

/** What was measured of each part of the data, and some empty rows. */
const FairnessRows: FC<{ readonly title: string; readonly rows: readonly FairnessValue[] }> = ({
  title,
  rows,
}) => (
  <div class="near">
    <h2 class="label-size">{title}</h2>
    <Table
      caption="Fairness: slice, metric and value"
      columns={['Slice of the data', 'Metric', 'Value']}
    >
      {[...rows, ...Array.from({ length: spareRows }, () => undefined)].map((row, i) => (
        <tr>
          <td>
            <input name={`slice_${i}`} value={row?.slice ?? ''} aria-label={`Slice ${i + 1}`} />
          </td>
          <td>
            <input name={`metric_${i}`} value={row?.metric ?? ''} aria-label={`Metric ${i + 1}`} />
          </td>
          <td>
            <input
              name={`value_${i}`}
              value={row === undefined || Number.isNaN(row.value) ? '' : String(row.value)}
              inputmode="decimal"
              aria-label={`Value ${i + 1}`}
            />
          </td>
        </tr>
      ))}
    </Table>
    <span class="hint">
      For example age&lt;25, recall, 0.81. Previewing or saving adds more empty rows.
    </span>
  </div>
)

/** What somebody else wrote meanwhile. */
const Kept: FC<{ readonly field: CardField; readonly kept: Card; readonly draft: Card }> = ({
  field,
  kept,
  draft,
}) => {
  const [now, mine] = [kept[field], draft[field]].map((value) =>
    value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value, null, 1),
  )
  return now === mine ? null : (
    <div class="notice warn">
      <p>As it was saved by somebody else meanwhile:</p>
      <GivenLines text={now || '(empty)'} />
    </div>
  )
}
