import type { Nodes } from 'mdast'
import {
  type Card,
  type CardField,
  CardShape,
  type FairnessValue,
  fieldNames,
  fieldTitles,
  fitsRow,
  isFilled,
} from './card-shape.ts'
import { type FrontMatter, readFrontMatter, splitFrontMatter } from './front-matter.ts'
import { type Block, parseMarkdown, plainText, topHeadings } from './markdown.ts'
import { recordedTitle } from './write-card.ts'

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

/**
 * The card that a markdown text is: YAML front matter in Hugging Face's form, if any, and sections
 * by their headings. What has no field of its own goes into `notes`, so that nothing is lost; only
 * a title that begins with "Model card" and what our own export had recorded are left out.
 *
 * @returns the card, or what is wrong with it, in words for its author
 */
export function cardFromMarkdown(text: string): { card: Card } | { problem: string } {
  const { matter, body } = splitFrontMatter(text)
  const read = matter === undefined ? undefined : readFrontMatter(matter)
  // Where the front matter is no YAML, the text as it is says more than a part of it.
  const candidates = read && 'problem' in read ? [] : [assembled(sectionsOf(body), read)]
  for (const candidate of [...candidates, { notes: text }]) {
    const card = CardShape.safeParse(candidate)
    if (card.success && fitsRow(card.data)) return { card: card.data }
  }
  const problem = CardShape.safeParse({ notes: text }).error?.issues[0]?.message
  return { problem: problem ?? 'it is too large' }
}

/** Sections in the order they come; those of no field have the field `notes`. */
type Section = { readonly field: CardField; readonly text: string; readonly heading: string }

type Heading = ReturnType<typeof topHeadings>[number]
/** What a heading is: of a field, of what our export had recorded, below one of these, the title, or another. */
type Role = CardField | 'recorded' | 'below' | 'title' | 'other'
type Above = { readonly level: number; readonly role: Role }

function roleOf({ level, title }: Heading, above: Above | undefined): Role {
  const isBelow = above !== undefined && level > above.level
  if (isBelow && above.role === 'recorded') return 'below'
  if (title === recordedTitle) return 'recorded'
  const field = titled.get(title.trim().replace(/[:.]$/, '').toLowerCase())
  if (field) return field
  if (isBelow) return 'below'
  return level === 1 && /^model card\b/i.test(title) ? 'title' : 'other'
}

function sectionsOf(body: string): Section[] {
  const lines = body.split(/\r?\n/)
  const headings = topHeadings(body)
  const between = (from: number, to: number | undefined) => lines.slice(from, to).join('\n').trim()
  const sections: Section[] = [{ field: 'notes', text: between(0, headings[0]?.line), heading: '' }]
  let above: Above | undefined
  for (const [i, found] of headings.entries()) {
    const heading = between(found.line, found.end)
    const text = between(found.end, headings[i + 1]?.line)
    const role = roleOf(found, above)
    if (role !== 'below') {
      above = role === 'title' || role === 'other' ? undefined : { level: found.level, role }
      sections.push(...started(role, heading, text))
    } else if (above?.role !== 'recorded') {
      // A heading within a section belongs to its text.
      const last = sections.pop()
      if (last) sections.push({ ...last, text: `${last.text}\n\n${heading}\n\n${text}`.trim() })
    }
  }
  return sections
}

/** The section that a heading starts, if that is kept. */
function started(role: Exclude<Role, 'below'>, heading: string, text: string): Section[] {
  if (role === 'recorded') return []
  if (role === 'title') return [{ field: 'notes', text, heading }]
  if (role === 'other') return [{ field: 'notes', text: `${heading}\n\n${text}`.trim(), heading }]
  return [{ field: role, text, heading }]
}

function assembled(sections: readonly Section[], matter: FrontMatter | undefined): Card {
  const card: { [F in CardField]?: Card[F] } = { ...matter?.card }
  const notes: string[] = []
  for (const section of sections) {
    const { field, text, heading } = section
    if (text === '') continue
    if (field === 'notes') notes.push(text)
    else if (!addSection(card, section)) notes.push(`${heading}\n\n${text}`)
  }
  if (matter?.rest) notes.push(matter.rest)
  if (notes.length > 0) card.notes = notes.join('\n\n')
  return card
}

/** @returns false where the text is not what the field holds, and must be kept elsewhere */
function addSection(card: { [F in CardField]?: Card[F] }, { field, text }: Section): boolean {
  switch (field) {
    case 'fairness': {
      const rows = fairnessFrom(parseMarkdown(text))
      if (rows) card.fairness = [...(card.fairness ?? []), ...rows].filter(isFirst)
      return rows !== undefined
    }
    case 'owners':
    case 'contacts':
      card[field] = [...new Set([...(card[field] ?? []), ...listFrom(text)])]
      return true
    case 'licence': {
      const line = parseMarkdown(text).map(textOf).join(' ').trim()
      if (isFilled(card, 'licence')) return card.licence === line
      card.licence = line
      return true
    }
    default:
      card[field] = [card[field], text].filter((part) => part).join('\n\n')
      return true
  }
}

function isFirst(row: FairnessValue, i: number, rows: readonly FairnessValue[]): boolean {
  return rows.findIndex((r) => r.slice === row.slice && r.metric === row.metric) === i
}

/** The rows of a section that is one table of slice, metric and value, and nothing else. */
function fairnessFrom(blocks: readonly Block[]): FairnessValue[] | undefined {
  const [table, ...others] = blocks
  if (table?.type !== 'table' || others.length > 0) return undefined
  const [head = [], ...body] = table.children.map((row) => row.children.map(textOf))
  const at = ['slice', 'metric', 'value'].map((name) =>
    head.findIndex((cell) => cell.toLowerCase() === name),
  )
  if (at.includes(-1) || head.length !== at.length) return undefined
  const rows = body.map((cells) => {
    const [slice = '', metric = '', value = ''] = at.map((column) => cells[column])
    return { slice, metric, value: value === '' ? Number.NaN : Number(value) }
  })
  return rows.every(({ value }) => Number.isFinite(value)) ? rows : undefined
}

/** The items of lists, and of other text its parts between commas. */
function listFrom(text: string): string[] {
  return parseMarkdown(text)
    .flatMap((block) =>
      block.type === 'list'
        ? block.children.map((item) => item.children.map(textOf).join(' '))
        : textOf(block).split(','),
    )
    .map((item) => item.replace(/\s+/g, ' ').trim())
    .filter((item) => item !== '')
}

/** What a node says on one line: the items of a list and the cells of a table between commas. */
function textOf(node: Nodes): string {
  switch (node.type) {
    case 'blockquote':
    case 'listItem':
      return node.children.map(textOf).join(' ')
    case 'list':
    case 'table':
    case 'tableRow':
      return node.children.map(textOf).join(', ')
    default:
      return plainText([node]).trim()
  }
}
