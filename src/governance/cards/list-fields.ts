import type { Nodes } from 'mdast'
import { type Card, type CardField, type FairnessValue, isFilled } from './card-shape.ts'
import { type Block, parseMarkdown, plainText } from './markdown.ts'
import { countMarks, marksPerTurn } from './markdown-pieces.ts'

/** Fields that are no markdown, and so hold less than a section may say. */
const listFields = ['fairness', 'owners', 'contacts', 'licence'] as const
type ListField = (typeof listFields)[number]
type ProseField = Exclude<CardField, ListField>

/** Whether a field of a card is markdown. */
export function isProse(field: CardField): field is ProseField {
  return !listFields.some((other) => other === field)
}

type ListSection = { readonly field: ListField; readonly text: string }

/**
 * Add a section of such a field to a card.
 *
 * @returns false if the text does not fit the field completely and must be kept elsewhere too
 */
export async function addSection(
  card: { [F in CardField]?: Card[F] },
  { field, text }: ListSection,
): Promise<boolean> {
  // As much as that fits into none of these fields.
  if (countMarks(text) > marksPerTurn) return false
  const blocks = await parseMarkdown(text)
  switch (field) {
    case 'fairness': {
      const rows = fairnessFrom(blocks)
      if (!rows) return false
      const all = [...(card.fairness ?? []), ...rows]
      const kept = byMeasure(all)
      card.fairness = [...kept.values()]
      return all.every((row) => kept.get(measureOf(row))?.value === row.value)
    }
    case 'owners':
    case 'contacts':
      card[field] = [...new Set([...(card[field] ?? []), ...listFrom(blocks)])]
      return !hasLink(blocks)
    case 'licence': {
      const line = blocks.map(textOf).join(' ').replace(/\s+/g, ' ').trim()
      if (isFilled(card, 'licence') && card.licence !== line) return false
      card.licence = line
      return !hasLink(blocks)
    }
  }
}

/** Whether a part contains a link, which a line of text cannot. */
function hasLink(nodes: readonly Nodes[]): boolean {
  return nodes.some(
    (node) =>
      (node.type === 'link' && plainText([node]) !== node.url.replace(/^mailto:/, '')) ||
      ('children' in node && hasLink(node.children)),
  )
}

/** Rows by slice and metric, the first of each. */
function byMeasure(rows: readonly FairnessValue[]): Map<string, FairnessValue> {
  const first = new Map<string, FairnessValue>()
  for (const row of rows) if (!first.has(measureOf(row))) first.set(measureOf(row), row)
  return first
}

function measureOf({ slice, metric }: FairnessValue): string {
  return JSON.stringify([slice, metric])
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

/** The items of lists; for other text, its parts between commas. */
function listFrom(blocks: readonly Block[]): string[] {
  return blocks
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
