import { z } from 'zod'

/**
 * The authored part of a model card. An absent field was not filled in. Fields are kept as they
 * were given. All prose is markdown.
 */

const proseCharsMax = 50_000
const notesCharsMax = 200_000
const lineCharsMax = 500
const listItemsMax = 100
const fairnessRowsMax = 500
/** D1 takes rows of up to 2 MB. */
const cardBytesMax = 500_000

const text = (charsMax: number) =>
  z
    .string()
    .max(charsMax)
    .refine(isText, 'it has control characters, or is not valid Unicode; send plain text')
const line = text(lineCharsMax)
  .min(1)
  .refine((value) => !/[\r\n]/.test(value), 'it must be one line')
const lines = z.array(line).max(listItemsMax)

const FairnessRow = z.strictObject({
  /** The part of the data that was measured: `age<25`. */
  slice: line,
  metric: line,
  value: z.number(),
})

export const cardFields = {
  intended_use: text(proseCharsMax).optional(),
  training_data: text(proseCharsMax).optional(),
  evaluation_data: text(proseCharsMax).optional(),
  fairness: z
    .array(FairnessRow)
    .max(fairnessRowsMax)
    .refine(areDistinct, 'it has two values for one slice and metric')
    .optional(),
  limitations: text(proseCharsMax).optional(),
  ethical_considerations: text(proseCharsMax).optional(),
  owners: lines.optional(),
  licence: text(lineCharsMax).optional(),
  contacts: lines.optional(),
  notes: text(notesCharsMax).optional(),
}

export const CardShape = z.strictObject(cardFields)

export type Card = z.output<typeof CardShape>
export type CardField = keyof Card
export type FairnessValue = z.output<typeof FairnessRow>

/** What a card calls each field, and the order in which it shows them. */
export const fieldTitles = {
  intended_use: 'Intended use',
  training_data: 'Training data',
  evaluation_data: 'Evaluation data',
  fairness: 'Fairness',
  limitations: 'Limitations',
  ethical_considerations: 'Ethical considerations',
  owners: 'Owners',
  licence: 'Licence',
  contacts: 'Contacts',
  notes: 'Notes',
} as const satisfies Record<CardField, string>

// The keys of the object above, which are all fields.
export const fieldNames = Object.keys(fieldTitles) as CardField[]

/** Whether a field says anything: text that is not blank, a list with an entry. */
export function isFilled(card: Card, field: CardField): boolean {
  const value = card[field]
  if (value === undefined) return false
  return typeof value === 'string' ? value.trim() !== '' : value.length > 0
}

const textFields = [
  'intended_use',
  'training_data',
  'evaluation_data',
  'limitations',
  'ethical_considerations',
  'licence',
] as const

/** What does not fit a field, as markdown, and a text that says what it is, to follow `it has`. */
export type CardLeftover = {
  readonly field: CardField
  readonly text: string
  readonly what: string
}

/** The part of a card that fits its fields, and the rest. Notes are taken as they are. */
export function fitFields(given: Card): { card: Card; left: CardLeftover[] } {
  const { notes, fairness, owners, contacts } = given
  const left: CardLeftover[] = []
  const texts = textFields.map((field) => [field, fitText(field, given[field] ?? '', left)])
  const card: Card = {
    ...Object.fromEntries(texts),
    fairness: fitItems('fairness', fairness, left),
    owners: fitItems('owners', owners, left),
    contacts: fitItems('contacts', contacts, left),
    notes,
  }
  const filled = Object.entries(card).filter(([, value]) => value?.length)
  return { card: Object.fromEntries(filled), left }
}

function fitText(field: CardField, text: string, left: CardLeftover[]): string {
  const charsMax = field === 'licence' ? lineCharsMax : proseCharsMax
  const [kept, rest] = cutAtLine(text, charsMax)
  if (rest !== '') left.push({ field, text: rest, what: `more than ${charsMax} characters` })
  return kept
}

/** @returns the entries that can be kept, in their order */
function fitItems<T extends string | FairnessValue>(
  field: CardField,
  items: readonly T[] | undefined,
  left: CardLeftover[],
): T[] | undefined {
  if (!items) return undefined
  const [item, itemsMax] =
    field === 'fairness' ? [FairnessRow, fairnessRowsMax] : [line, listItemsMax]
  const over: T[] = []
  const kept: T[] = []
  for (const value of items) {
    const isKept = kept.length < itemsMax && item.safeParse(value).success
    ;(isKept ? kept : over).push(value)
  }
  const what = `more than ${itemsMax} entries, or one of more than ${lineCharsMax} characters`
  if (over.length > 0) left.push({ field, text: over.map(itemLine).join('\n'), what })
  return kept
}

function itemLine(item: string | FairnessValue): string {
  return typeof item === 'string' ? `- ${item}` : `- ${item.slice}: ${item.metric} ${item.value}`
}

/** The whole lines of a text that fit, and the others. A block of code is not cut. */
function cutAtLine(text: string, charsMax: number): [string, string] {
  if (text.length <= charsMax) return [text, '']
  const end = text.lastIndexOf('\n', charsMax)
  const head = text.slice(0, Math.max(end, 0))
  const fences = head.match(/^ {0,3}(?:```|~~~)/gm)?.length ?? 0
  return fences % 2 === 1 ? ['', text] : [head, text.slice(head.length).trim()]
}

/** Whether a card as a whole is small enough to keep; the limits of its fields do not ensure it. */
export function fitsRow(card: Card): boolean {
  return new TextEncoder().encode(JSON.stringify(card)).byteLength <= cardBytesMax
}

/** What `fitsRow` means, for a message. */
export const cardTooLarge = `a card has at most ${cardBytesMax} bytes of JSON`

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g

/** Whether it is plain text: valid Unicode without control characters. */
export function isText(value: string): boolean {
  return value.isWellFormed() && value.search(controls) === -1
}

/** A text that `isText` takes, with � in place of each character that it does not take. */
export function replaceControls(value: string): string {
  return value.toWellFormed().replaceAll(controls, '\ufffd')
}

function areDistinct(rows: readonly FairnessValue[]): boolean {
  return (
    new Set(rows.map(({ slice, metric }) => JSON.stringify([slice, metric]))).size === rows.length
  )
}
