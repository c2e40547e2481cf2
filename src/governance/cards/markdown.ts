import MarkdownIt, { type Token } from 'markdown-it'
import type {
  Blockquote,
  Break,
  Code,
  Delete,
  Emphasis,
  Heading,
  InlineCode,
  Link,
  List,
  ListItem,
  Nodes,
  Paragraph,
  Strong,
  Table,
  TableRow,
  Text,
  ThematicBreak,
} from 'mdast'
import { letOthersRun } from '../../core/rounds.ts'
import { piecesOf } from './markdown-pieces.ts'

/**
 * Markdown as an mdast tree without anything unsafe: no HTML, no images, no links but to http,
 * https and mailto. HTML and markdown are both written from this tree, and both escape every text,
 * so what an author writes can never become markup.
 */
export type Block = Blockquote | Code | Heading | List | Paragraph | Table | ThematicBreak
export type Inline = Break | Delete | Emphasis | InlineCode | Link | Strong | Text

/**
 * mdast's own parser, micromark, takes minutes for 200 kB of `*a `. This one takes time in proportion
 * to the text, and drops what is nested deeper than `maxNesting`.
 */
const parser = new MarkdownIt({ html: false, linkify: false, typographer: false, maxNesting: 50 })
// Links are judged where they enter the tree; one that is refused leaves its text.
parser.validateLink = () => true

/** A token of markdown-it with what stands between it and its end. */
type TokenNode = { readonly token: Token; readonly children: readonly TokenNode[] }

/**
 * Parse markdown, a long text in turns with other requests.
 *
 * @param text the caller limits its size
 */
export async function parseMarkdown(text: string): Promise<Block[]> {
  const pieces = await parsePieces(text)
  const blocks: Block[] = []
  for (const { nodes, verbatim } of pieces) {
    if (verbatim !== undefined) blocks.push({ type: 'code', value: verbatim })
    blocks.push(...blocksFrom(nodes))
    if (pieces.length > 1) await letOthersRun()
  }
  return blocks
}

type ParsedPiece = {
  readonly nodes: readonly TokenNode[]
  /** The line of the whole text that the lines of `nodes` count from. */
  readonly line: number
  /** The text of a piece with too much markup to be parsed. */
  readonly verbatim?: string
}

/** All pieces are split into blocks first, since a link may be defined at the end of the text. */
async function parsePieces(text: string): Promise<ParsedPiece[]> {
  const pieces = piecesOf(text.replace(/\r\n?/g, '\n').replaceAll('\0', '\ufffd'))
  const environment = {}
  const parsed: (ParsedPiece & { readonly tokens: readonly Token[] })[] = []
  for (const { text: own, line, isTooMuch } of pieces) {
    const tokens: Token[] = []
    if (!isTooMuch) parser.block.parse(own, parser, environment, tokens)
    parsed.push({ tokens, nodes: [], line, ...(isTooMuch ? { verbatim: own } : {}) })
    if (pieces.length > 1) await letOthersRun()
  }
  const results: ParsedPiece[] = []
  for (const { tokens, ...piece } of parsed) {
    for (const token of tokens) {
      if (token.type !== 'inline') continue
      token.children ??= []
      parser.inline.parse(token.content, parser, environment, token.children)
    }
    results.push({ ...piece, nodes: nested(tokens) })
    if (pieces.length > 1) await letOthersRun()
  }
  return results
}

/** The text of the tree, without markup. */
export function plainText(nodes: readonly Nodes[]): string {
  return nodes
    .map((node) => {
      if (node.type === 'break') return '\n'
      if ('value' in node) return node.value
      return 'children' in node ? plainText(node.children) : ''
    })
    .join('')
}

export type TopHeading = {
  readonly level: number
  readonly title: string
  readonly line: number
  readonly end: number
}

/** The headings outside lists and quotes, each with its line and the line after it. */
export async function findTopHeadings(text: string): Promise<TopHeading[]> {
  const pieces = await parsePieces(text)
  return pieces.flatMap(({ nodes, line }) =>
    nodes.flatMap(({ token, children }) =>
      token.type === 'heading_open' && token.map
        ? [
            {
              level: Number(token.tag.slice(1)),
              title: plainText(inlinesFrom(children)),
              line: line + token.map[0],
              end: line + token.map[1],
            },
          ]
        : [],
    ),
  )
}

/** Whether a link may lead there. */
function isSafeUrl(url: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: browsers skip these in a scheme
  return /^(?:https?:\/\/[^/]|mailto:)/i.test(url) && !/[\u0000-\u0020"'<>`\\]/.test(url)
}

/** markdown-it's flat list, where `nesting` is 1 at a start and -1 at an end, as a tree. */
function nested(tokens: readonly Token[]): TokenNode[] {
  const root: TokenNode[] = []
  const open: TokenNode[][] = [root]
  for (const token of tokens) {
    if (token.nesting === -1) {
      open.pop()
      continue
    }
    const children: TokenNode[] = token.children ? nested(token.children) : []
    open.at(-1)?.push({ token, children })
    if (token.nesting === 1) open.push(children)
  }
  return root
}

function blocksFrom(nodes: readonly TokenNode[]): Block[] {
  return nodes.flatMap(blockFrom)
}

function blockFrom({ token, children }: TokenNode): Block | Block[] {
  switch (token.type) {
    case 'heading_open':
      return heading(Number(token.tag.slice(1)), inlinesFrom(children))
    case 'paragraph_open':
    case 'inline':
      return { type: 'paragraph', children: inlinesFrom(children) }
    case 'blockquote_open':
      return { type: 'blockquote', children: blocksFrom(children) }
    case 'bullet_list_open':
      return { type: 'list', ordered: false, ...itemsFrom(children) }
    case 'ordered_list_open':
      return {
        type: 'list',
        ordered: true,
        start: Number(token.attrGet('start') ?? 1),
        ...itemsFrom(children),
      }
    case 'fence':
    case 'code_block':
      return { type: 'code', value: token.content.replace(/\n$/, '') }
    case 'hr':
      return { type: 'thematicBreak' }
    case 'table_open':
      return { type: 'table', children: rowsFrom(children) }
    default:
      return blocksFrom(children)
  }
}

/** markdown-it hides the paragraphs of a tight list. */
function itemsFrom(items: readonly TokenNode[]): Pick<List, 'spread' | 'children'> {
  const spread = items.some((item) =>
    item.children.some(({ token }) => token.type === 'paragraph_open' && !token.hidden),
  )
  return { spread, children: items.map((item) => listItem(blocksFrom(item.children), spread)) }
}

/**
 * markdown-it fills short rows up with empty cells. In a wide table these are thousands, so they
 * are left out.
 *
 * @param parts head and body, each with rows of cells
 */
function rowsFrom(parts: readonly TokenNode[]): TableRow[] {
  const [head, body] = parts
  return [
    ...(head?.children ?? []).map((row) => tableRow(cellsFrom(row))),
    ...(body?.children ?? []).map((row) => {
      const cells = cellsFrom(row)
      return tableRow(cells.slice(0, cells.findLastIndex((cell) => cell.length > 0) + 1))
    }),
  ]
}

function cellsFrom(row: TokenNode): Inline[][] {
  return row.children.map((cell) => inlinesFrom(cell.children))
}

/** Joins adjacent texts: in hostile markdown there may be 100,000. */
function inlinesFrom(nodes: readonly TokenNode[]): Inline[] {
  const merged: Inline[] = []
  for (const inline of nodes.flatMap(inlineFrom)) {
    const last = merged.at(-1)
    if (inline.type === 'text' && inline.value === '') continue
    if (inline.type === 'text' && last?.type === 'text') last.value += inline.value
    else merged.push(inline)
  }
  return merged
}

function inlineFrom({ token, children }: TokenNode): Inline | Inline[] {
  switch (token.type) {
    case 'code_inline':
      return { type: 'inlineCode', value: token.content }
    case 'hardbreak':
      return { type: 'break' }
    case 'softbreak':
      return plainInline('\n')
    case 'strong_open':
      return { type: 'strong', children: inlinesFrom(children) }
    case 'em_open':
      return { type: 'emphasis', children: inlinesFrom(children) }
    case 's_open':
      return { type: 'delete', children: inlinesFrom(children) }
    case 'link_open':
      return linked(token.attrGet('href'), inlinesFrom(children))
    case 'image':
      // Never fetched: a picture elsewhere would tell its host who reads the card.
      return linked(token.attrGet('src'), plainInline(token.content || 'image'))
    default:
      return children.length > 0 ? inlinesFrom(children) : plainInline(token.content)
  }
}

function linked(url: ReturnType<Token['attrGet']>, children: Inline[]): Inline[] {
  return typeof url === 'string' && isSafeUrl(url) ? [{ type: 'link', url, children }] : children
}

/** Plain text as a tree. */
export function plainInline(text: string): Inline[] {
  return [{ type: 'text', value: text }]
}

export function heading(level: number, children: Inline[]): Heading {
  // Levels of markdown are 1 to 6.
  return { type: 'heading', depth: level as Heading['depth'], children }
}

export function listItem(children: Block[], spread: boolean): ListItem {
  return { type: 'listItem', spread, children }
}

export function tableRow(cells: readonly Inline[][]): TableRow {
  return {
    type: 'tableRow',
    children: cells.map((children) => ({ type: 'tableCell', children })),
  }
}
