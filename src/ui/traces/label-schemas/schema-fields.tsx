import type { FC } from 'hono/jsx'
import { invalid } from '../../../core/error.ts'
import type { LabelInput } from '../../../judging/labels/label-schema.ts'
import type { Reshown } from '../../changes/change.ts'
import { type FormFields, linesOf } from '../../forms.ts'
import { LineField, TextField } from '../../parts/fields.tsx'

/** How a question is answered, in the order in which pages name it. */
export const answerKinds = {
  passFail: 'Yes or no',
  categorical: 'One or several of a list',
  numeric: 'A number',
  text: 'A text',
} as const

export type AnswerKind = keyof typeof answerKinds

/** @returns undefined: it names none */
export function answerKindIn(text: string | undefined): AnswerKind | undefined {
  return kinds.find((kind) => kind === text)
}

/** The one that is given. */
export function answerKindOf(input: LabelInput): AnswerKind {
  const kind = kinds.find((one) => input[one] !== undefined)
  if (kind === undefined) throw new Error('a question without an answer')
  return kind
}

const kinds: readonly AnswerKind[] = ['passFail', 'categorical', 'numeric', 'text']

type SchemaFieldsProps = Reshown & {
  readonly kind: AnswerKind
  /** What the question is now; undefined: it is a new one. */
  readonly kept?: {
    readonly name: string
    readonly instruction: string | undefined
    readonly enableComment: boolean
    readonly input: LabelInput
  }
}

/** The fields of a question that may change: what it is called, says and takes as an answer. */
export const SchemaFields: FC<SchemaFieldsProps> = (props) => {
  const { kept, problem, typed } = props
  const isComment = typed ? typed('enable_comment') !== undefined : kept?.enableComment
  return (
    <>
      <LineField
        label="Name"
        name="name"
        isRequired
        hint="what answers are found by: feedback.name, expectation.name"
        typed={typed ? typed('name') : kept?.name}
        {...{ problem }}
      />
      <TextField
        label="Instruction"
        name="instruction"
        charsMax={1000}
        hint="what people read above the answer"
        typed={typed ? typed('instruction') : kept?.instruction}
        {...{ problem }}
      />
      <AnswerFields {...props} />
      <label class="choice">
        <input type="checkbox" name="enable_comment" checked={isComment ?? false} />
        <span>They may say why</span>
      </label>
    </>
  )
}

const AnswerFields: FC<SchemaFieldsProps> = ({ kind, kept, problem, typed }) => {
  const field = (name: string, value: string | number | undefined) => ({
    ...{ name, problem },
    typed: typed ? typed(name) : value?.toString(),
  })
  const { passFail, categorical, numeric, text } = kept?.input ?? {}
  switch (kind) {
    case 'passFail':
      return (
        <div class="fields-row">
          <LineField label="Yes is called" {...field('positive', passFail?.positive)} isRequired />
          <LineField label="No is called" {...field('negative', passFail?.negative)} isRequired />
        </div>
      )
    case 'categorical':
      return (
        <>
          <TextField
            label="Answers"
            charsMax={700}
            hint="one a line, up to 10"
            {...field('options', categorical?.options.join('\n'))}
            isRequired
          />
          {kept === undefined ? (
            <label class="choice">
              <input type="checkbox" name="multi" checked={typed?.('multi') !== undefined} />
              <span>Several may be chosen; that stays so</span>
            </label>
          ) : null}
        </>
      )
    case 'numeric':
      return (
        <div class="fields-row">
          <LineField label="From" hint="empty: any number" {...field('min', numeric?.min)} />
          <LineField label="Up to" hint="empty: any number" {...field('max', numeric?.max)} />
        </div>
      )
    case 'text':
      return (
        <LineField
          label="Longest answer"
          hint="characters; empty: as long as they like"
          pattern="[0-9]*"
          {...field('chars_max', text?.charsMax)}
        />
      )
  }
}

/** What `SchemaFields` sends, but for the answer. */
export function schemaTextsIn(form: FormFields) {
  return {
    name: form.text('name') ?? '',
    instruction: form.text('instruction') ?? '',
    enableComment: form.isChecked('enable_comment'),
  }
}

/**
 * The answer that `SchemaFields` sends.
 *
 * @param isMulti of a list: whether several are chosen
 * @throws INVALID_PARAMETER_VALUE a bound is no number
 */
export function answerInputIn(form: FormFields, kind: AnswerKind, isMulti: boolean): LabelInput {
  switch (kind) {
    case 'passFail': {
      const label = (name: string) => form.text(name) ?? ''
      return { passFail: { positive: label('positive'), negative: label('negative') } }
    }
    case 'categorical': {
      const options = linesOf(form.text('options')).map((line) => line.trim())
      return { categorical: { options, isMulti } }
    }
    case 'numeric':
      return { numeric: { min: boundIn(form, 'min'), max: boundIn(form, 'max') } }
    case 'text':
      return { text: { charsMax: lengthIn(form) } }
  }
}

function boundIn(form: FormFields, name: string): number | undefined {
  const text = form.text(name)
  if (text === undefined) return undefined
  const bound = Number(text)
  if (/^[-+]?[\d.]+(e[-+]?\d+)?$/i.test(text) && Number.isFinite(bound)) return bound
  throw invalid('A bound is a number, or empty for none')
}

function lengthIn(form: FormFields): number | undefined {
  const text = form.text('chars_max')
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw invalid('The longest answer is a number of characters, or empty')
}
