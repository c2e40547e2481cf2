import type { FC } from 'hono/jsx'
import { cutText, excerpt } from '../../../core/error.ts'
import type { TraceAssessment } from '../../../traces/assessments/assessment.ts'
import type { Reshown } from '../../changes/change.ts'
import { Time } from '../../parts/byline.tsx'
import { LineField, Problem, TextField } from '../../parts/fields.tsx'
import { NoValue, Table } from '../../parts/table.tsx'
import { countText, Given, GivenLines, visibleText } from '../../parts/text.tsx'
import { plainValue } from '../trace-parts.tsx'
import { typedOf } from './assessment-value.ts'

type AssessmentsProps = Reshown & {
  /** The page of the trace. */
  readonly path: string
  readonly assessments: readonly TraceAssessment[]
  /** The one that is to be changed. */
  readonly chosen: string | undefined
  readonly from: number
  /** The span that was asked for. */
  readonly span: { readonly id: string; readonly name: string } | undefined
  /** Why the caller may not; undefined: they may. */
  readonly whyNot: string | undefined
}

const pageSize = 20
const textCharsMax = 1000

/** What people, judges and programs say of a trace; those that others overrode come last. */
export const Assessments: FC<AssessmentsProps> = (props) => {
  const { assessments, from, whyNot, problem, chosen } = props
  const sorted = assessments.toSorted((a, b) => Number(b.valid) - Number(a.valid))
  const shown = sorted.slice(from, from + pageSize)
  const left = assessments.length - from - shown.length
  const one = assessments.find(({ assessmentId }) => assessmentId === chosen)
  return (
    <section class="near" aria-labelledby="assessments">
      <h2 id="assessments">Assessments {countText(assessments.length)}</h2>
      <Problem of={problem} />
      {shown.length === 0 ? (
        <p class="soft">Nobody has said anything of this trace.</p>
      ) : (
        <Table
          caption="Assessments of the trace"
          columns={['Name', 'Value', 'By', 'When', 'Because', ...(whyNot ? [] : ['Change'])]}
        >
          {shown.map((assessment) => (
            <Row {...{ assessment, whyNot }} />
          ))}
        </Table>
      )}
      {left > 0 || from > 0 ? (
        <p class="row">
          {from > 0 ? (
            <a href={`?said=${Math.max(0, from - pageSize)}#assessments`}>Before</a>
          ) : null}
          {left > 0 ? (
            <a href={`?said=${from + pageSize}#assessments`}>{countText(left)} more</a>
          ) : null}
        </p>
      ) : null}
      {whyNot !== undefined ? (
        <p class="soft">{visibleText(whyNot)}</p>
      ) : one ? (
        <ChangeForm {...props} one={one} />
      ) : (
        <AddForm {...props} />
      )}
    </section>
  )
}

const kinds = { feedback: 'feedback', expectation: 'expected', issue: 'issue' } as const

const Row: FC<Pick<AssessmentsProps, 'whyNot'> & { readonly assessment: TraceAssessment }> = ({
  assessment,
  whyNot,
}) => {
  const { assessmentId, name, kind, sourceType, sourceId, value, error, valid } = assessment
  return (
    <tr class={valid ? undefined : 'dimmed'}>
      <th scope="row">
        <Given text={excerpt(name)} /> <span class="soft">{kinds[kind]}</span>
        {valid ? null : <span class="soft"> · overridden</span>}
      </th>
      <td>
        {error === undefined ? (
          <Cut text={plainValue(value)} />
        ) : (
          <>
            <span class="bad-text">error</span> <Cut text={error} />
          </>
        )}
      </td>
      <td>
        {sourceId === undefined || sourceId === '' ? null : <Given text={excerpt(sourceId)} />}{' '}
        <span class="soft">{sourceWords[sourceType] ?? visibleText(excerpt(sourceType))}</span>
      </td>
      <td>
        <Time atMs={assessment.createdAtMs} />
      </td>
      <td>{assessment.rationale ? <Cut text={assessment.rationale} /> : <NoValue />}</td>
      {whyNot === undefined ? (
        <td>
          {valid && kind !== 'issue' ? (
            <a href={`?assessment=${encodeURIComponent(assessmentId)}#assessments`}>
              Change<span class="unseen"> {visibleText(excerpt(name))}</span>…
            </a>
          ) : null}
        </td>
      ) : null}
    </tr>
  )
}

const sourceWords: Readonly<Record<string, string>> = {
  HUMAN: 'person',
  LLM_JUDGE: 'judge',
  CODE: 'program',
}

const Cut: FC<{ readonly text: string }> = ({ text }) => (
  <>
    <GivenLines text={cutText(text, textCharsMax)} />
    {text.length > textCharsMax ? (
      <span class="soft"> … {countText(text.length - textCharsMax)} more characters</span>
    ) : null}
  </>
)

const valueHint = 'true, false, numbers, lists and maps are read as JSON; everything else is a text'

const AddForm: FC<AssessmentsProps> = ({ path, span, problem, typed }) => (
  <details class="panel" open={problem !== undefined}>
    <summary>
      <strong>Say something of this trace</strong>
    </summary>
    <form
      method="post"
      action={span ? `${path}/assessments?span=${span.id}` : `${path}/assessments`}
      class="dialog"
    >
      <fieldset class="row">
        <legend class="unseen">Kind</legend>
        <label class="choice">
          <input
            type="radio"
            name="kind"
            value="feedback"
            checked={typed?.('kind') !== 'expectation'}
          />
          Feedback: how good it was
        </label>
        <label class="choice">
          <input
            type="radio"
            name="kind"
            value="expectation"
            checked={typed?.('kind') === 'expectation'}
          />
          Expectation: what would have been right
        </label>
      </fieldset>
      <LineField label="Name" name="name" isRequired {...{ problem, typed: typed?.('name') }} />
      <LineField
        label="Value"
        name="value"
        isRequired
        hint={valueHint}
        {...{ problem, typed: typed?.('value') }}
      />
      <TextField label="Because" name="rationale" charsMax={100_000} typed={typed?.('rationale')} />
      {span ? (
        <label class="choice">
          <input type="checkbox" name="of_span" checked={typed?.('of_span') !== undefined} />
          <span>
            Of the span <Given text={excerpt(span.name)} /> alone
          </span>
        </label>
      ) : null}
      <div>
        <button type="submit">Say it</button>
      </div>
    </form>
  </details>
)

const ChangeForm: FC<AssessmentsProps & { readonly one: TraceAssessment }> = ({
  path,
  one,
  problem,
  typed,
}) => {
  const { assessmentId, name, kind, value, rationale, updatedAtMs } = one
  const which = `?assessment=${encodeURIComponent(assessmentId)}`
  return (
    <section class="panel dialog" aria-labelledby="change-assessment">
      <h3 id="change-assessment">
        Change <Given text={excerpt(name)} />
      </h3>
      <p class="soft">
        {kind === 'feedback'
          ? 'What you say takes its place. It stays, marked as overridden, and counts again once yours is deleted.'
          : 'The expectation is another one then.'}
      </p>
      <form method="post" action={`${path}/assessments/change${which}`}>
        <input type="hidden" name="seen_updated" value={String(updatedAtMs)} />
        <LineField
          label="Value"
          name="value"
          isRequired
          hint={valueHint}
          {...{ problem, typed: typed?.('value') ?? (value === undefined ? '' : typedOf(value)) }}
        />
        <TextField
          label="Because"
          name="rationale"
          charsMax={100_000}
          typed={typed?.('rationale') ?? (kind === 'feedback' ? '' : rationale)}
        />
        <div class="row">
          <button type="submit">{kind === 'feedback' ? 'Override' : 'Change'}</button>
          <a href={`${path}#assessments`}>Leave it</a>
        </div>
      </form>
      <form method="post" action={`${path}/assessments/delete${which}`}>
        <div>
          <button type="submit" class="quiet danger">
            Delete it for good
          </button>
        </div>
      </form>
    </section>
  )
}
