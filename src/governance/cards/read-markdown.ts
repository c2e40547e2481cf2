import { letOthersRun } from '../../core/rounds.ts'
import {
  type Card,
  type CardField,
  CardShape,
  fieldNames,
  fieldTitles,
  fitFields,
  fitsRow,
  replaceControls,
} from './card-shape.ts'
import { type FrontMatter, readFrontMatter, splitFrontMatter } from './front-matter.ts'
import { addSection, isProse } from './list-fields.ts'
import { findTopHeadings, type TopHeading } from './markdown.ts'
import { countMarks, marksPerTurn } from './markdown-pieces.ts'
import { recordedTitle } from './write-card.ts'

const problemsMax = 20

/** A card with more is not split into sections, each of which costs time. */
const headingsMax = 1_000

/** Headings that people write, beside our own titles, and the field each stands for. */
const alsoTitled: Readonly<Record<string, CardField>> = {
  'intended uses': 'intended_use',
  'intended uses & limitations': 'intended_use',
  uses: 'intended_use',
  'direct use': 'intended_use',
  'training dataset': 'training_data',
  evaluation: 'evaluation_data',
  'testing data': 'evaluation_data',
  'evaluation results': 'evaluation_data',
  'fairness metrics': 'fairness',
  'limitations and bias': 'limitations',
  'risks and limitations': 'limitations',
  'bias, risks, and limitations': 'limitations',
  'bias, risks and limitations': 'limitations',
  ethics: 'ethical_considerations',
  owner: 'owners',
  authors: 'owners',
  'model card authors': 'owners',
  license: 'licence',
  contact: 'contacts',
  'model card contact': 'contacts',
}
const titled = new Map<string, CardField>([
  ...Object.entries(alsoTitled),
  ...fieldNames.map((field) => [fieldTitles[field].toLowerCase(), field] as const),
])

/** A card that was read from a file, and what in the file did not fit its field. */
export type ReadCard = {
  readonly card: Card
  /** In words for its author; absent: everything fitted. */
  readonly problems?: readonly string[]
}

/**
 * Reads a card from markdown: YAML front matter in Hugging Face's form, if any, and sections by
 * their headings. What has no field of its own, and what does not fit its field, goes into `notes`,
 * so that nothing is lost. Only a title that begins with "Model card" and the `On record` section
 * of our own export are left out.
 *
 * @returns the card, or why the text is not a card, in words for its author
 */
export async function readMarkdownCard(text: string): Promise<ReadCard | { problem: string }> {
  const plain = replaceControls(text)
  const read = await readPlainCard(plain)
  if (plain === text || 'problem' in read) return read
  return withProblems(read.card, [
    'it has control characters, or is not valid Unicode; each such character is kept as �',
    ...(read.problems ?? []),
  ])
}

async function readPlainCard(text: string): Promise<ReadCard | { problem: string }> {
  const { matter, body } = splitFrontMatter(text)
  const read = matter === undefined ? undefined : await readFrontMatter(matter)
  // If nothing in the front matter can be read, the whole text says more than a part of it.
  if (read && 'problem' in read) return allNotes(text, read.problem)
  const headings = await findTopHeadings(body)
  if (headings.length > headingsMax)
    return allNotes(text, `it has more than ${headingsMax} headings`)
  const { given, problems } = await assemble(sectionsOf(body, headings), read)
  const { card, left } = fitFields(given)
  for (const { field, what } of left) {
    problems.push(`'${fieldTitles[field]}' has ${what}; what it cannot hold is kept in notes`)
  }
  const notes = [card.notes, ...left.map((over) => `## ${fieldTitles[over.field]}\n\n${over.text}`)]
    .filter((part) => part)
    .join('\n\n')
  const fitted = CardShape.safeParse(notes === '' ? card : { ...card, notes })
  if (fitted.success && fitsRow(fitted.data)) return withProblems(fitted.data, problems)
  return allNotes(text, 'it is longer than a card can be')
}

/** A text that cannot be split into fields. */
function allNotes(text: string, problem: string): ReadCard | { problem: string } {
  const card = CardShape.safeParse({ notes: text })
  if (!card.success) return { problem: card.error.issues[0]?.message ?? problem }
  if (!fitsRow(card.data)) return { problem }
  return withProblems(card.data, [`${problem}; all of it is kept in notes`])
}

/** The most problems that are shown. */
function withProblems(card: Card, problems: readonly string[]): ReadCard {
  if (problems.length === 0) return { card }
  const more = problems.length - problemsMax
  return {
    card,
    problems:
      more > 0 ? [...problems.slice(0, problemsMax), `and ${more} more like these`] : problems,
  }
}

/** Sections in their order; those without a field of their own have the field `notes`. */
type Section = { readonly field: CardField; readonly text: string; readonly heading: string }

/** What a heading is: of a field, of what our export had recorded, below one of these, the title, or another. */
type Role = CardField | 'recorded' | 'below' | 'title' | 'other'
type Above = { readonly level: number; readonly role: Role }

function roleOf({ level, title }: TopHeading, above: Above | undefined): Role {
  const isBelow = above !== undefined && level > above.level
  if (isBelow && above.role === 'recorded') return 'below'
  if (title === recordedTitle) return 'recorded'
  const field = titled.get(title.trim().replace(/[:.]$/, '').toLowerCase())
  if (field) return field
  if (isBelow) return 'below'
  return level === 1 && /^model card\b/i.test(title) ? 'title' : 'other'
}

function sectionsOf(body: string, headings: readonly TopHeading[]): Section[] {
  const lines = body.split(/\r?\n/)
  const between = (from: number, to: number | undefined) => lines.slice(from, to).join('\n').trim()
  const first: Section = { field: 'notes', text: between(0, headings[0]?.line), heading: '' }
  /** Each with the parts of its text that stand below headings within it. */
  const sections: { readonly section: Section; readonly below: string[] }[] = [
    { section: first, below: [] },
  ]
  let above: Above | undefined
  for (const [i, found] of headings.entries()) {
    const heading = between(found.line, found.end)
    const text = between(found.end, headings[i + 1]?.line)
    const role = roleOf(found, above)
    if (role !== 'below') {
      above = role === 'title' || role === 'other' ? undefined : { level: found.level, role }
      sections.push(...started(role, heading, text).map((section) => ({ section, below: [] })))
    } else if (above?.role !== 'recorded') {
      // A heading within a section belongs to its text.
      sections.at(-1)?.below.push(`${heading}\n\n${text}`.trim())
    }
  }
  return sections.map(({ section, below }) => ({
    ...section,
    text: [section.text, ...below].filter((part) => part !== '').join('\n\n'),
  }))
}

/** The section that a heading starts, if that is kept. */
function started(role: Exclude<Role, 'below'>, heading: string, text: string): Section[] {
  if (role === 'recorded') return []
  if (role === 'title') return [{ field: 'notes', text, heading }]
  if (role === 'other') return [{ field: 'notes', text: `${heading}\n\n${text}`.trim(), heading }]
  return [{ field: role, text, heading }]
}

/** A card of these parts, not checked against the limits of a card. */
async function assemble(sections: readonly Section[], matter: FrontMatter | undefined) {
  const given: { [F in CardField]?: Card[F] } = { ...matter?.card }
  const written = sections.filter(({ text }) => text !== '')
  const over = await addLists(given, written)
  const notes = written.flatMap((section) => {
    if (over.has(section)) return [`${section.heading}\n\n${section.text}`]
    return section.field === 'notes' ? [section.text] : []
  })
  const problems = [
    ...(matter?.problems ?? []),
    ...Array.from(
      over,
      ({ field }) => `'${fieldTitles[field]}' says more than its field holds; it is kept in notes`,
    ),
  ]
  for (const [field, found] of Map.groupBy(written, (section) => section.field)) {
    if (field === 'notes' || !isProse(field)) continue
    const texts = found.map(({ text }) => text)
    given[field] = [given[field], ...texts].filter((part) => part).join('\n\n')
  }
  if (matter?.rest) notes.push(matter.rest)
  if (notes.length > 0) given.notes = notes.join('\n\n')
  return { given, problems }
}

/** Add what belongs into fields that are no prose. @returns the sections that do not fit */
async function addLists(
  given: { [F in CardField]?: Card[F] },
  sections: readonly Section[],
): Promise<Set<Section>> {
  const over = new Set<Section>()
  let marks = 0
  for (const section of sections) {
    const { field, text } = section
    if (isProse(field)) continue
    marks += countMarks(text)
    if (marks > marksPerTurn) {
      await letOthersRun()
      marks = 0
    }
    if (!(await addSection(given, { field, text }))) over.add(section)
  }
  return over
}
