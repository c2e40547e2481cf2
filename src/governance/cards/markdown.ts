import MarkdownIt, { type Token } from 'markdown-it'

/**
 * Markdown as a tree that has no place for anything unsafe: no HTML, no images, no links but to
 * http, https and mailto. Both renderings, HTML and markdown again, are made from it and escape
 * every text, so what an author writes can never become markup.
 */
export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly children: readonly Inline[] }
  | { readonly kind: 'paragraph'; readonly children: readonly Inline[] }
  | { readonly kind: 'quote'; readonly children: readonly Block[] }
  /** `start` is the first number; absent for bullets. */
  | {
      readonly kind: 'list'
      readonly start?: number
      readonly items: readonly (readonly Block[])[]
    }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'rule' }
  /** Rows of cells; the first row is the head. */
  | { readonly kind: 'table'; readonly rows: readonly (readonly (readonly Inline[])[])[] }

export type Inline =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'break' }
  | {
      readonly kind: 'strong' | 'emphasis' | 'deletion'
      readonly children: readonly Inline[]
    }
  | { readonly kind: 'link'; readonly href: string; readonly children: readonly Inline[] }

const parser = new MarkdownIt({ html: false, linkify: false, typographer: false, maxNesting: 50 })
// Links are judged where they enter the tree; one that is refused leaves its text.
parser.validateLink = () => true

/** A token of markdown-it with what stands between it and its end. */
type Node = { readonly token: Token; readonly children: readonly Node[] }

/** @param text markdown; its size is the caller's to bound */
export function parseMarkdown(text: string): Block[] {
  return blocks(nested(parser.parse(text, {})))
}

/** Text as it is, for where a tree is wanted. */
export function plainInline(text: string): Inline[] {
  return [{ kind: 'text', text }]
}

/** What the tree says, without its markup. */
export function plainText(children: readonly Inline[]): string {
  return children
    .map((inline) => {
      if (inline.kind === 'break') return '\n'
      return 'text' in inline ? inline.text : plainText(inline.children)
    })
    .join('')
}

/** The headings that lie in no list or quote, with the line each stands on and the line after it. */
export function topHeadings(text: string): {
  readonly level: number
  readonly title: string
  readonly line: number
  readonly end: number
}[] {
  return nested(parser.parse(text, {})).flatMap(({ token, children }) =>
    token.type === 'heading_open' && token.map
      ? [
          {
            level: Number(token.tag.slice(1)),
            title: plainText(inlines(children)),
            line: token.map[0],
            end: token.map[1],
          },
        ]
      : [],
  )
}

/** Whether a link may lead there. */
function isSafeHref(href: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: browsers skip these in a scheme
  return /^(?:https?:\/\/[^/]|mailto:)/i.test(href) && !/[\u0000-\u0020"'<>`\\]/.test(href)
}

/** markdown-it's flat list, where `nesting` is 1 at a start and -1 at an end, as a tree. */
function nested(tokens: readonly Token[]): Node[] {
  const root: Node[] = []
  const open: Node[][] = [root]
  for (const token of tokens) {
    if (token.nesting === -1) {
      open.pop()
      continue
    }
    const children: Node[] = token.children ? nested(token.children) : []
    open.at(-1)?.push({ token, children })
    if (token.nesting === 1) open.push(children)
  }
  return root
}

function blocks(nodes: readonly Node[]): Block[] {
  return nodes.flatMap(block)
}

function block({ token, children }: Node): Block[] {
  switch (token.type) {
    case 'heading_open':
      return [{ kind: 'heading', level: Number(token.tag.slice(1)), children: inlines(children) }]
    case 'paragraph_open':
    case 'inline':
      return [{ kind: 'paragraph', children: inlines(children) }]
    case 'blockquote_open':
      return [{ kind: 'quote', children: blocks(children) }]
    case 'bullet_list_open':
      return [{ kind: 'list', items: children.map((item) => blocks(item.children)) }]
    case 'ordered_list_open': {
      const start = Number(token.attrGet('start') ?? 1)
      return [{ kind: 'list', start, items: children.map((item) => blocks(item.children)) }]
    }
    case 'fence':
    case 'code_block':
      return [{ kind: 'code', text: token.content.replace(/\n$/, '') }]
    case 'hr':
      return [{ kind: 'rule' }]
    case 'table_open':
      return [{ kind: 'table', rows: tableRows(children) }]
    default:
      return blocks(children)
  }
}

/** @param parts head and body, each a list of rows of cells */
function tableRows(parts: readonly Node[]): Inline[][][] {
  return parts.flatMap((part) =>
    part.children.map((row) => row.children.map((cell) => inlines(cell.children))),
  )
}

function inlines(nodes: readonly Node[]): Inline[] {
  return nodes.flatMap(inline)
}

function inline({ token, children }: Node): Inline[] {
  switch (token.type) {
    case 'code_inline':
      return [{ kind: 'code', text: token.content }]
    case 'hardbreak':
      return [{ kind: 'break' }]
    case 'softbreak':
      return plainInline('\n')
    case 'strong_open':
      return [{ kind: 'strong', children: inlines(children) }]
    case 'em_open':
      return [{ kind: 'emphasis', children: inlines(children) }]
    case 's_open':
      return [{ kind: 'deletion', children: inlines(children) }]
    case 'link_open':
      return linked(token.attrGet('href'), inlines(children))
    case 'image':
      // Never fetched: a picture elsewhere would tell its host who reads the card.
      return linked(token.attrGet('src'), plainInline(token.content || 'image'))
    default:
      return children.length > 0 ? inlines(children) : plainInline(token.content)
  }
}

function linked(href: ReturnType<Token['attrGet']>, children: Inline[]): Inline[] {
  return typeof href === 'string' && isSafeHref(href)
    ? [{ kind: 'link', href, children }]
    : children
}
