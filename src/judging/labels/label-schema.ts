import { type SQL, sql } from 'drizzle-orm'
import { absent, invalid, type RegistryError } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import type { Context } from '../../platform/context.ts'
import { checkCharacters } from '../characters.ts'
import { judgingMessages } from '../messages.ts'
import type { labelSchemas } from '../tables.ts'

export const labelTypes = ['FEEDBACK', 'EXPECTATION'] as const
export type LabelType = (typeof labelTypes)[number]

/** How a question is answered: exactly one of these. */
export type LabelInput = {
  readonly passFail?: { readonly positive: string; readonly negative: string } | undefined
  readonly categorical?:
    | { readonly options: readonly string[]; readonly isMulti: boolean }
    | undefined
  readonly numeric?:
    | { readonly min: number | undefined; readonly max: number | undefined }
    | undefined
  readonly text?: { readonly charsMax: number | undefined } | undefined
}

/** A question that people answer about traces. */
export type LabelSchema = {
  readonly schemaId: string
  readonly experimentId: number
  readonly name: string
  readonly type: LabelType
  readonly instruction: string | undefined
  readonly enableComment: boolean
  readonly input: LabelInput
  readonly createdAtMs: number
  readonly updatedAtMs: number
  /** The one that every experiment has, and that does not change. */
  readonly isDefault: boolean
}

export type LabelSchemaRow = typeof labelSchemas.$inferSelect

export function labelSchemaFrom(row: LabelSchemaRow): LabelSchema {
  return {
    schemaId: row.schema_id,
    experimentId: row.experiment,
    name: row.name,
    // Only these are ever written.
    type: row.type as LabelType,
    instruction: row.instruction ?? undefined,
    enableComment: row.enable_comment === 1,
    input: JSON.parse(row.input),
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    isDefault: false,
  }
}

export const defaultName = 'Feedback'
const defaultPrefix = 'ls-d'

/** The question that every experiment has. Its id is made of the experiment's. */
export function defaultSchemaOf(experimentId: number, createdAtMs: number): LabelSchema {
  return {
    schemaId: `${defaultPrefix}${experimentId.toString(16).padStart(31, '0')}`,
    experimentId,
    name: defaultName,
    type: 'FEEDBACK',
    instruction: 'Share any feedback on this trace.',
    enableComment: false,
    input: { text: { charsMax: undefined } },
    createdAtMs,
    updatedAtMs: createdAtMs,
    isDefault: true,
  }
}

/** The experiment whose default question has this id; undefined: it is the id of none. */
export function defaultOwnerIn(schemaId: string): number | undefined {
  const digits = /^ls-d0{18}([0-9a-f]{13})$/.exec(schemaId)?.[1]
  return digits === undefined ? undefined : Number.parseInt(digits, 16)
}

/** Condition on `label_schemas l`: this one, and in the caller's workspace. */
export function isLabelSchema(ctx: Context, schemaId: string): SQL {
  return sql`l.schema_id = ${schemaId} and exists (select 1 from experiments e
    where e.id = l.experiment and e.workspace = ${ctx.workspace})`
}

export function labelSchemaNotFound(schemaId: string): RegistryError {
  return absent(judgingMessages.noLabelSchema(schemaId))
}

const nameCharsMax = 250
// Those of MLflow's own page.
const instructionCharsMax = 1000
const optionsMax = 10
const labelCharsMax = 64

/** @throws INVALID_PARAMETER_VALUE a text is missing or too long, or the name is taken by the default question */
export function checkLabelTexts(texts: {
  readonly name?: string | undefined
  readonly instruction?: string | undefined
}): void {
  if (texts.name?.trim() === '') throw invalid(messages.missing('name'))
  checkCharacters('Label schema `name`', texts.name ?? '', nameCharsMax)
  checkCharacters('Label schema `instruction`', texts.instruction ?? '', instructionCharsMax)
  const { name } = texts
  if (name?.trim().toLowerCase() === defaultName.toLowerCase()) {
    throw invalid(judgingMessages.defaultLabelName(name))
  }
}

/** @throws INVALID_PARAMETER_VALUE it is none or several, or cannot be answered */
export function checkLabelInput(input: LabelInput): void {
  const kinds = Object.values(input).filter((kind) => kind !== undefined)
  if (kinds.length !== 1) throw invalid(judgingMessages.oneLabelInput)
  const { passFail, categorical, numeric, text } = input
  if (passFail) {
    checkLabel(passFail.positive, 'InputPassFail.positive_label')
    checkLabel(passFail.negative, 'InputPassFail.negative_label')
    if (passFail.positive === passFail.negative) {
      throw invalid(judgingMessages.equalLabels(passFail.positive))
    }
  }
  if (categorical) checkOptions(categorical.options)
  const { min, max } = numeric ?? {}
  if (min !== undefined && max !== undefined && min >= max) {
    throw invalid(
      `\`InputNumeric.min_value\` must be strictly less than \`max_value\`; got min=${min}, max=${max}.`,
    )
  }
  if (text?.charsMax !== undefined && text.charsMax < 1) {
    throw invalid(`\`InputText.max_length\` must be at least 1; got ${text.charsMax}.`)
  }
}

function checkOptions(options: readonly string[]): void {
  const field = 'InputCategorical.options'
  if (options.length === 0) throw invalid(`\`${field}\` must be a non-empty list; got [].`)
  if (options.length > optionsMax) {
    throw invalid(judgingMessages.tooManyOptions(field, optionsMax, options.length))
  }
  for (const option of options) checkLabel(option, field, ' entries')
  if (new Set(options).size < options.length) {
    throw invalid(`\`${field}\` must be deduplicated; one of them appears twice.`)
  }
}

function checkLabel(label: string, field: string, which = ''): void {
  if (label.trim() === '') throw invalid(`\`${field}\` must be a non-empty string; got ''.`)
  checkCharacters(`\`${field}\`${which}`, label, labelCharsMax)
}
