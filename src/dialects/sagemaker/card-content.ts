import { excerpt, invalid } from '../../core/error.ts'
import { measureJson } from '../../core/measure-json.ts'
import { type Card, cardFields, type FairnessValue } from '../../governance/cards/card-shape.ts'

type Json = { [name: string]: unknown }

/** Texts of a card that SageMaker has too, with the way to them in its content. */
const texts = [
  ['intended_use', 'intended_uses', 'intended_uses'],
  ['training_data', 'training_details', 'training_observations'],
  ['limitations', 'additional_information', 'caveats_and_recommendations'],
  ['ethical_considerations', 'additional_information', 'ethical_considerations'],
] as const
/** What SageMaker has no place for stands among its own details, which are texts by name. */
const details = ['licence', 'contacts', 'notes'] as const
const evaluationName = 'evaluation data'
const fairnessName = 'fairness'
const contentCharsMax = 100_000
/** What is deeper could not be written as text again. */
const depthMax = 100

/** Before what of the content no field of a card is for, at the end of its notes. */
const fence = '```json sagemaker\n'

/**
 * A card from the content of SageMaker's. What no field is for is kept at the end of the notes, so that
 * `cardContentOf` answers all of it.
 *
 * @throws INVALID_PARAMETER_VALUE it is no JSON object, or too long
 */
export function parseCardContent(text: string): Card {
  const rest = parseContent(text)
  const card: Record<string, unknown> = {}
  for (const [field, group, name] of texts) {
    const found = take(rest, [group, name], (value) => takenBy(field, value))
    if (found !== undefined) card[field] = found
  }
  const owners = take(rest, ['model_overview', 'model_owner'], (value) => listOf('owners', value))
  const way = ['additional_information', 'custom_details']
  const contacts = take(rest, [...way, 'contacts'], (value) => listOf('contacts', value))
  const licence = take(rest, [...way, 'licence'], (value) => takenBy('licence', value))
  const notes = take(rest, [...way, 'notes'], (value) => takenBy('notes', value))
  const evaluation = takeEntry(rest, evaluationName, evaluationOf)
  const fairness = takeEntry(rest, fairnessName, fairnessOf)
  const kept =
    Object.keys(rest).length === 0 ? undefined : `${fence}${JSON.stringify(rest, null, 2)}\n\`\`\``
  const told = [notes, kept].filter((part) => part !== undefined).join('\n\n')
  return {
    ...card,
    ...(evaluation !== undefined && { evaluation_data: evaluation }),
    ...(fairness && { fairness }),
    ...(owners && { owners }),
    ...(licence !== undefined && { licence }),
    ...(contacts && { contacts }),
    ...(told !== '' && { notes: told }),
  }
}

/** The content of a card as SageMaker's clients read it. */
export function cardContentOf(card: Card): string {
  const { notes, rest } = splitNotes(card.notes)
  const content: Json = rest
  for (const [field, group, name] of texts) {
    if (card[field] !== undefined) put(content, [group, name], card[field])
  }
  if (card.owners) put(content, ['model_overview', 'model_owner'], card.owners.join(', '))
  const own = { licence: card.licence, contacts: card.contacts?.join(', '), notes }
  for (const name of details) {
    if (own[name] !== undefined) {
      put(content, ['additional_information', 'custom_details', name], own[name])
    }
  }
  const entries = [
    ...(card.evaluation_data === undefined
      ? []
      : [{ name: evaluationName, evaluation_observation: card.evaluation_data }]),
    ...(card.fairness ? [fairnessEntry(card.fairness)] : []),
  ]
  if (entries.length > 0) {
    const kept = content.evaluation_details
    content.evaluation_details = [...(Array.isArray(kept) ? kept : []), ...entries]
  }
  return JSON.stringify(content)
}

/** What SageMaker answers of a content to who asked for no more: the model, its package and how risky it is. */
const overview = [
  ['model_overview', 'model_id'],
  ['model_overview', 'model_name'],
  ['intended_uses', 'risk_rating'],
  ['model_package_details', 'model_package_group_name'],
  ['model_package_details', 'model_package_arn'],
] as const

/** The overview of a content, as text too. */
export function overviewOf(content: string): string {
  const all: Json = JSON.parse(content)
  const kept: Json = {}
  for (const way of overview) {
    const found = take(all, way, (value) => value)
    if (found !== undefined) put(kept, way, found)
  }
  return JSON.stringify(kept)
}

function parseContent(text: string): Json {
  if (text.length > contentCharsMax) {
    throw invalid(`ModelCardContent has at most ${contentCharsMax} characters`)
  }
  const { depth } = measureJson(text)
  if (depth > depthMax) throw invalid(`ModelCardContent has at most ${depthMax} levels`)
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (err) {
    throw invalid(`ModelCardContent is no JSON: ${excerpt(text)}`, { cause: err })
  }
  checkKeptNumbers(text, 'ModelCardContent')
  if (isObject(content)) return content
  throw invalid('ModelCardContent is a JSON object, such as {"intended_uses": {...}}')
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Take what `read` reads out of a tree; objects that this leaves empty go too. */
function take<T>(
  tree: Json,
  [name = '', ...way]: readonly string[],
  read: (value: unknown) => T | undefined,
): T | undefined {
  if (!Object.hasOwn(tree, name)) return undefined
  const value = tree[name]
  if (way.length === 0) {
    const found = read(value)
    if (found !== undefined) delete tree[name]
    return found
  }
  if (!isObject(value)) return undefined
  const found = take(value, way, read)
  if (found !== undefined && Object.keys(value).length === 0) delete tree[name]
  return found
}

/** Write a value into a tree; what stands in its way and is no object goes. */
function put(tree: Json, [name = '', ...way]: readonly string[], value: unknown): void {
  if (way.length === 0) {
    tree[name] = value
    return
  }
  const inner = Object.hasOwn(tree, name) ? tree[name] : {}
  const next = isObject(inner) ? inner : {}
  tree[name] = next
  put(next, way, value)
}

/** A text that the field of a card takes as it is; blank ones say nothing there. */
function takenBy(field: keyof typeof cardFields, value: unknown): string | undefined {
  if (typeof value !== 'string' || value.trim() === '') return undefined
  // Such a text would be taken for what is kept at the end.
  if (field === 'notes' && value.includes(fence)) return undefined
  return cardFields[field].safeParse(value).success ? value : undefined
}

function listOf(field: 'owners' | 'contacts', value: unknown): string[] | undefined {
  if (typeof value !== 'string' || value === '') return undefined
  return cardFields[field].safeParse(value.split(', ')).data
}

/** Take the one entry of a name out of the evaluation details; the others stay. */
function takeEntry<T>(
  content: Json,
  name: string,
  read: (entry: Json) => T | undefined,
): T | undefined {
  const { evaluation_details: entries } = content
  if (!Array.isArray(entries)) return undefined
  const [entry, ...more] = entries.filter((one) => isObject(one) && one.name === name)
  const found = more.length === 0 && isObject(entry) ? read(entry) : undefined
  if (found === undefined) return undefined
  const others = entries.filter((one) => one !== entry)
  if (others.length > 0) content.evaluation_details = others
  else delete content.evaluation_details
  return found
}

function evaluationOf({ name: _, ...entry }: Json): string | undefined {
  const { evaluation_observation: text, ...more } = entry
  return Object.keys(more).length === 0 ? takenBy('evaluation_data', text) : undefined
}

/** Rows of an entry that is exactly as `fairnessEntry` makes them. */
function fairnessOf(entry: Json): FairnessValue[] | undefined {
  const [group] = Array.isArray(entry.metric_groups) ? entry.metric_groups : []
  const data: unknown[] =
    isObject(group) && Array.isArray(group.metric_data) ? group.metric_data : []
  const read = cardFields.fairness.safeParse(
    data.map((one) =>
      isObject(one) ? { slice: one.notes, metric: one.name, value: one.value } : one,
    ),
  )
  if (!read.success || read.data === undefined) return undefined
  const isSame = JSON.stringify(fairnessEntry(read.data)) === JSON.stringify(entry)
  return isSame ? read.data : undefined
}

function fairnessEntry(rows: readonly FairnessValue[]) {
  return {
    name: fairnessName,
    metric_groups: [
      {
        name: fairnessName,
        metric_data: rows.map(({ slice, metric, value }) => ({
          ...{ name: metric, type: 'number', value, notes: slice },
        })),
      },
    ],
  }
}

/** The notes of a card and what was kept at their end; somebody may have changed that. */
function splitNotes(text: string | undefined): { notes: string | undefined; rest: Json } {
  const at = text?.lastIndexOf(fence) ?? -1
  const kept =
    at === -1 ? undefined : /^([\s\S]*)\n```\s*$/.exec((text ?? '').slice(at + fence.length))
  if (!kept || measureJson(kept[1] ?? '').depth > depthMax) return { notes: text, rest: {} }
  try {
    const rest: unknown = JSON.parse(kept[1] ?? '')
    if (isObject(rest)) {
      return { notes: text?.slice(0, at).trimEnd() || undefined, rest }
    }
  } catch (err) {
    if (!(err instanceof SyntaxError)) throw err
  }
  return { notes: text, rest: {} }
}

/** Numbers beyond 1e300 have one; texts may, too. */
const largeExponent = /\d[eE]\+?\d{3}/

/**
 * Refuse numbers that would be answered as others, or as none, where JSON is kept as it was sent.
 *
 * @param text JSON that can be parsed, or no text
 * @throws INVALID_PARAMETER_VALUE
 */
export function checkKeptNumbers(text: string, what: string): void {
  const { hasLongInteger } = measureJson(text)
  if (!hasLongInteger && !(largeExponent.test(text) && hasInfinity(JSON.parse(text)))) return
  throw invalid(`${what} has a number that a double may not hold: send it as a text`)
}

function hasInfinity(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value)
  if (typeof value !== 'object' || value === null) return false
  return Object.values(value).some(hasInfinity)
}
