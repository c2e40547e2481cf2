import type { FC } from 'hono/jsx'
import { conflict, invalid } from '../../../core/error.ts'
import type { LabelSchema } from '../../../judging/labels/label-schema.ts'
import type { NewAssessment, TraceAssessment } from '../../../traces/assessments/assessment.ts'
import { checkSeen, type Reshown } from '../../changes/change.ts'
import type { FormFields } from '../../forms.ts'
import { LineField, TextField } from '../../parts/fields.tsx'
import { Given, Written } from '../../parts/text.tsx'
import { numberText } from '../label-schemas/answer-text.ts'

type QuestionProps = Reshown & {
  readonly schema: LabelSchema
  /** What the caller said before. */
  readonly before: TraceAssessment | undefined
}

const textCharsMax = 100_000

/** Says how the question stood when it was answered: another text, or other options, would change what the answer means. */
function seenFieldOf(schemaId: string): string {
  return `seen_updated.${schemaId}`
}

/** One question, as its schema says that it is answered. */
export const Question: FC<QuestionProps> = ({ schema, before, problem, typed }) => {
  const { schemaId, name, type, instruction, enableComment, updatedAtMs } = schema
  return (
    <fieldset class="near">
      <legend>
        <Given text={name} />{' '}
        <span class="hint">{type === 'EXPECTATION' ? 'what would have been right' : ''}</span>
      </legend>
      <input type="hidden" name={seenFieldOf(schemaId)} value={String(updatedAtMs)} />
      {instruction === undefined || instruction === '' ? null : <Written text={instruction} />}
      <Input {...{ schema, before, problem, typed }} />
      {enableComment ? (
        <TextField
          label="Because"
          name={`comment.${schemaId}`}
          charsMax={textCharsMax}
          typed={typed?.(`comment.${schemaId}`) ?? before?.rationale}
        />
      ) : null}
    </fieldset>
  )
}

const Input: FC<QuestionProps> = ({ schema, before, problem, typed }) => {
  const { passFail, categorical, numeric, text } = schema.input
  const field = `answer.${schema.schemaId}`
  const said: unknown = before?.value === undefined ? undefined : JSON.parse(before.value)
  const given = typed?.(field) ?? (Array.isArray(said) ? undefined : textOf(said))
  if (passFail) {
    const options = [
      { value: 'true', text: passFail.positive },
      { value: 'false', text: passFail.negative },
    ]
    return <Choices {...{ field, options, given }} />
  }
  if (categorical?.isMulti) {
    const isChosen = (option: string, i: number) =>
      typed ? typed(`${field}.${i}`) !== undefined : Array.isArray(said) && said.includes(option)
    return <Boxes {...{ field, options: categorical.options, isChosen }} />
  }
  if (categorical) {
    const options = categorical.options.map((option) => ({ value: option, text: option }))
    return <Choices {...{ field, options, given }} />
  }
  return numeric ? (
    <LineField label={numberLabel(numeric)} name={field} {...{ problem, typed: given }} />
  ) : (
    <TextField
      label="Answer"
      name={field}
      charsMax={text?.charsMax ?? textCharsMax}
      typed={given}
    />
  )
}

function textOf(said: unknown): string | undefined {
  return said === undefined || said === null ? undefined : String(said)
}

type Bounds = { readonly min: number | undefined; readonly max: number | undefined }

function numberLabel(bounds: Bounds): string {
  return numberText(bounds).replace(/^a/, 'A')
}

type BoxesProps = {
  readonly field: string
  readonly options: readonly string[]
  readonly isChosen: (option: string, i: number) => boolean
}

const Boxes: FC<BoxesProps> = ({ field, options, isChosen }) => (
  <div class="row">
    {options.map((option, i) => (
      <label class="choice">
        <input type="checkbox" name={`${field}.${i}`} checked={isChosen(option, i)} />
        <Given text={option} />
      </label>
    ))}
  </div>
)

type ChoicesProps = {
  readonly field: string
  readonly options: readonly { readonly value: string; readonly text: string }[]
  readonly given: string | undefined
}

const Choices: FC<ChoicesProps> = ({ field, options, given }) => (
  <div class="row">
    {options.map(({ value, text }) => (
      <label class="choice">
        <input type="radio" name={field} value={value} checked={value === given} />
        <Given text={text} />
      </label>
    ))}
  </div>
)

/** An answer without who gives it. */
type Answer = Pick<NewAssessment, 'name' | 'kind' | 'value' | 'isSerialized' | 'rationale'>

/**
 * What was answered; a question without an answer is passed over.
 *
 * @throws INVALID_PARAMETER_VALUE it is no answer to its question
 * @throws RESOURCE_CONFLICT it answers a question that has changed since
 */
export function readAnswers(schemas: readonly LabelSchema[], form: FormFields): readonly Answer[] {
  return schemas.flatMap((schema): Answer[] => {
    const value = answerIn(schema, form)
    if (value === undefined) return []
    if (checkSeen(form.text(seenFieldOf(schema.schemaId))) !== schema.updatedAtMs) {
      throw conflict(`'${schema.name}' has changed since it was shown; look at your answer again`)
    }
    const isExpectation = schema.type === 'EXPECTATION'
    return [
      {
        name: schema.name,
        kind: isExpectation ? 'expectation' : 'feedback',
        value: JSON.stringify(value),
        isSerialized: isExpectation && Array.isArray(value),
        rationale: form.text(`comment.${schema.schemaId}`),
      },
    ]
  })
}

function answerIn(schema: LabelSchema, form: FormFields): unknown {
  const { schemaId, input } = schema
  const field = `answer.${schemaId}`
  const { passFail, categorical } = input
  if (categorical?.isMulti) {
    const chosen = categorical.options.filter((_, i) => form.isChecked(`${field}.${i}`))
    return chosen.length === 0 ? undefined : chosen
  }
  // Options are compared as they are, with the space around them.
  const given = passFail || categorical ? form.exact(field) : form.text(field)
  return given === undefined || given === '' ? undefined : answerFrom(schema, given)
}

function answerFrom({ name, input }: LabelSchema, given: string): unknown {
  const { passFail, categorical, numeric, text } = input
  if (numeric) return numberIn(name, given, numeric)
  const options = passFail ? ['true', 'false'] : categorical?.options
  if (options) {
    if (!options.includes(given)) throw invalid(`'${name}' takes one of its answers`)
    return passFail ? given === 'true' : given
  }
  const most = text?.charsMax ?? textCharsMax
  if (given.length > most) {
    throw invalid(`The answer to '${name}' has more than ${most} characters`)
  }
  return given
}

function numberIn(name: string, given: string, bounds: Bounds): number {
  const { min, max } = bounds
  const number = Number(given)
  const isNumber = /^[-+]?[\d.]+(e[-+]?\d+)?$/i.test(given) && Number.isFinite(number)
  if (isNumber && number >= (min ?? number) && number <= (max ?? number)) return number
  throw invalid(`'${name}' takes ${numberText(bounds)}`)
}
