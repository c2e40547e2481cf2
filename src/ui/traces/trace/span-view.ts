import { excerpt, invalid } from '../../../core/error.ts'
import type { SpanNode, SpanTree } from './span-tree.ts'

/** What of a trace an address asks for. */
export type SpanQuery = {
  /** The span whose inputs and outputs are shown. */
  readonly span: string | undefined
  /** The span whose part of the tree is shown. */
  readonly under: string | undefined
  /** How many spans directly below that are passed over. */
  readonly from: number | undefined
}

export type SpanRow = {
  readonly node: SpanNode
  readonly depth: number
  /** How many of its children have no row. */
  readonly folded: number
}

/** The part of a tree that one page shows. */
export type SpanView = {
  readonly rows: readonly SpanRow[]
  readonly chosen: SpanNode | undefined
  /** Undefined: the whole trace. */
  readonly under: SpanNode | undefined
  /** Of the spans directly below `under`, or of the roots, those from `from` on up to `to` are shown. */
  readonly from: number
  readonly to: number
  readonly siblings: number
}

/** Spans directly below that of the view which one page shows. */
export const siblingsMax = 60
/** Rows of a page: deeper spans are folded beyond. */
const rowsMax = 100
/** Children of one span that are shown without asking, where the span is not that of the view. */
const childrenMax = 20

/**
 * As much of the tree as a page has room for: whole levels first, and of each span so many children at
 * most. Everything else is reached by the span above it.
 *
 * @throws INVALID_PARAMETER_VALUE there is no such span
 */
export function viewOf(tree: SpanTree, query: SpanQuery): SpanView {
  const chosen = spanIn(tree, query.span)
  const [only, ...others] = tree.roots
  const whole = others.length === 0 ? only : undefined
  const asked = spanIn(tree, query.under)
  const first = viewAt(tree, { under: asked ?? whole, from: query.from ?? 0 })
  const isShown = !chosen || first.rows.some(({ node }) => node === chosen)
  // A span that has no row in the whole has one among its siblings.
  const view = isShown || asked ? first : viewAround(tree, chosen)
  return { ...view, chosen: chosen ?? view.rows[0]?.node }
}

function spanIn({ byId }: SpanTree, id: string | undefined): SpanNode | undefined {
  if (id === undefined) return undefined
  const node = byId.get(id)
  if (!node) throw invalid(`The trace has no span '${excerpt(id)}'`)
  return node
}

function viewAround(tree: SpanTree, node: SpanNode) {
  const siblings = node.parent?.children ?? tree.roots
  const at = siblings.indexOf(node)
  return viewAt(tree, { under: node.parent, from: at - (at % siblingsMax) })
}

function viewAt(
  { roots }: SpanTree,
  { under, from }: { readonly under: SpanNode | undefined; readonly from: number },
): Omit<SpanView, 'chosen'> {
  const siblings = under?.children ?? roots
  const first = Math.min(from, Math.max(0, siblings.length - 1))
  const page = siblings.slice(first, first + siblingsMax)
  const open = openNodes(page)
  const base = under ? 1 : 0
  const below = page.flatMap((node) => rowsFrom(node, base, open))
  const own = under ? [{ node: under, depth: 0, folded: 0 }] : []
  return {
    rows: [...own, ...below],
    under,
    from: first,
    to: first + page.length,
    siblings: siblings.length,
  }
}

/** How many children of each node are shown, level by level. */
function openNodes(page: readonly SpanNode[]): ReadonlyMap<SpanNode, number> {
  const open = new Map<SpanNode, number>()
  let left = rowsMax - page.length
  let level = page
  while (level.length > 0 && left > 0) {
    const next: SpanNode[] = []
    for (const node of level) {
      const count = Math.min(node.children.length, childrenMax, left)
      if (count === 0) continue
      open.set(node, count)
      left -= count
      next.push(...node.children.slice(0, count))
    }
    level = next
  }
  return open
}

/** At most `rowsMax` deep, since each level has a row. */
function rowsFrom(
  node: SpanNode,
  depth: number,
  open: ReadonlyMap<SpanNode, number>,
): readonly SpanRow[] {
  const count = open.get(node) ?? 0
  return [
    { node, depth, folded: node.children.length - count },
    ...node.children.slice(0, count).flatMap((child) => rowsFrom(child, depth + 1, open)),
  ]
}

/** The address of a view, on the page of the trace; what is the default is left out. */
export function viewQuery(query: Partial<SpanQuery>): string {
  const { under, from, span } = query
  const terms = [
    ...(under === undefined ? [] : [`under=${under}`]),
    ...(from ? [`from=${from}`] : []),
    ...(span === undefined ? [] : [`span=${span}`]),
  ]
  return `?${terms.join('&')}`
}
