import type { LoggedSignature } from '../../registry/model-files/logged-signature.ts'
import { figuresByName } from '../version-traces.ts'
import { type Card, type CardField, fieldNames, fieldTitles, isFilled } from './card-shape.ts'
import type { Derived } from './derived.ts'
import { writeFrontMatter } from './front-matter.ts'
import { type Block, heading, listItem, parseMarkdown, plainInline, tableRow } from './markdown.ts'
import { writeMarkdown } from './write-markdown.ts'

/** Above what the server knows by itself. A card that is read in again leaves that section out. */
export const recordedTitle = 'On record'

/** Above what could not be read, or did not fit its field. */
export const problemsTitle = 'Could not be read as it was written'

/** Deepest headings of prose: those of the card's own sections lie above them. */
const proseLevel = 3

/** The contents of a version's card, authored and derived. */
export type CardText = {
  readonly name: string
  readonly version: number
  readonly card: Card
  readonly derived: Derived
}

/** The card as markdown in which nothing is markup that its author was not allowed. */
export async function renderCard({ name, version, card, derived }: CardText): Promise<string> {
  const record = recorded(derived)
  const sections: Block[] = []
  for (const field of fieldNames) {
    if (isFilled(card, field)) sections.push(...(await writeSection(card, field)))
  }
  const text = await writeMarkdown([
    titleOf(1, `Model card: ${name}, version ${version}`),
    ...sections,
    ...(record.length > 0 ? [titleOf(2, recordedTitle), ...record] : []),
  ])
  return `${text}\n`
}

/** The card as a README for Hugging Face: the same below YAML front matter. */
export async function renderForHuggingFace(text: CardText): Promise<string> {
  const { flavors, datasets } = text.derived
  const matter = writeFrontMatter(text.name, text.card, {
    library: flavors?.[0],
    datasets: [...new Set(datasets.map(({ name }) => name))],
  })
  return matter + (await renderCard(text))
}

async function writeSection(card: Card, field: CardField): Promise<Block[]> {
  return [titleOf(2, fieldTitles[field]), ...(await writeContent(card, field))]
}

async function writeContent(card: Card, field: CardField): Promise<Block[]> {
  const value = card[field]
  if (value === undefined) return []
  if (typeof value === 'string') {
    return field === 'licence' ? [paragraph(value)] : (await parseMarkdown(value)).map(lowered)
  }
  const rows = value.map((item) => (typeof item === 'string' ? [item] : Object.values(item)))
  if (field !== 'fairness')
    return [{ type: 'list', children: rows.map(([item]) => listItem([paragraph(item)], false)) }]
  return [
    table(
      ['Slice', 'Metric', 'Value'],
      card.fairness?.map((r) => [r.slice, r.metric, r.value]) ?? [],
    ),
  ]
}

/** Prose under the card's own headings. */
export function lowered(block: Block): Block {
  return block.type === 'heading' && block.depth < proseLevel
    ? { ...block, depth: proseLevel }
    : block
}

function recorded(derived: Derived): Block[] {
  const { datasets, environment, problems } = derived
  const known: [string, string | undefined][] = [
    ['Run', derived.run_id],
    ['Experiment', derived.experiment],
    ['Code version', derived.code_version],
    ['Flavors', derived.flavors?.join(', ') || undefined],
    ['Digest', derived.digest],
  ]
  const facts = known.filter(([, value]) => value !== undefined)
  return [
    ...(facts.length > 0 ? [table(['What', 'Value'], facts)] : []),
    ...titledTable('Metrics', ['Metric', 'Value'], Object.entries(derived.metrics)),
    ...titledTable(
      'Traces of the last 30 days',
      ['Figure', 'Value'],
      [...figuresByName(derived.traces)],
    ),
    ...titledTable('Params', ['Param', 'Value'], Object.entries(derived.params)),
    ...titledTable(
      'Datasets',
      ['Dataset', 'Digest', 'Source'],
      datasets.map(({ name, digest, source }) => [name, digest, source]),
    ),
    ...(derived.signature
      ? [titleOf(3, 'Signature'), code(writeSignature(derived.signature))]
      : []),
    ...(environment?.length ? [titleOf(3, 'Environment'), code(environment.join('\n'))] : []),
    ...(problems?.length ? [titleOf(3, problemsTitle), code(problems.join('\n'))] : []),
  ]
}

/** What is longer is not indented: deep lists of columns would grow many times. */
const indentedCharsMax = 20_000

/** A signature as JSON for people: indented or, if it is long, a column a line. */
export function writeSignature(signature: LoggedSignature): string {
  if (JSON.stringify(signature).length <= indentedCharsMax) {
    return JSON.stringify(signature, null, 2)
  }
  const parts = Object.entries(signature).map(([key, part]) => {
    const lines = Array.isArray(part) ? part.map((item) => JSON.stringify(item)) : undefined
    const text = lines ? `[\n${lines.join(',\n')}\n]` : JSON.stringify(part)
    return `${JSON.stringify(key)}: ${text}`
  })
  return `{\n${parts.join(',\n')}\n}`
}

type Cell = string | number | undefined

function titledTable(title: string, head: string[], rows: readonly (readonly Cell[])[]): Block[] {
  return rows.length === 0 ? [] : [titleOf(3, title), table(head, rows)]
}

function table(head: readonly string[], rows: readonly (readonly Cell[])[]): Block {
  return {
    type: 'table',
    children: [head, ...rows].map((row) => tableRow(row.map((cell) => plainInline(String(cell))))),
  }
}

function titleOf(level: number, text: string): Block {
  return heading(level, plainInline(text))
}

function paragraph(text: Cell): Block {
  return { type: 'paragraph', children: plainInline(String(text)) }
}

function code(text: string): Block {
  return { type: 'code', value: text }
}
