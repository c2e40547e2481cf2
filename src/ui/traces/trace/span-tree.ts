import type { Span } from '../../../traces/spans/span.ts'

/** A span in the tree of its trace. */
export type SpanNode = {
  readonly span: Span
  readonly parent: SpanNode | undefined
  /** By their start. */
  readonly children: readonly SpanNode[]
  /** All spans below it. */
  readonly below: number
  /** The trace would have ended earlier if this had. */
  readonly isCritical: boolean
}

export type SpanTree = {
  readonly roots: readonly SpanNode[]
  readonly byId: ReadonlyMap<string, SpanNode>
  /** From the first start to the last end. */
  readonly startNs: bigint
  readonly endNs: bigint
}

type Mutable = {
  span: Span
  parent: Mutable | undefined
  children: Mutable[]
  below: number
  isCritical: boolean
}

/**
 * The tree of spans. One whose parent is not there is a root; of spans that are above each other in a
 * circle, as senders may say, the first is one.
 *
 * @param spans by their start
 */
export function treeOf(spans: readonly Span[]): SpanTree {
  const byId = linked(spans)
  const roots = [...byId.values()].filter(({ parent }) => parent === undefined)
  const order = inOrder(roots)
  const seen = new Set(order)
  for (const one of byId.values()) {
    if (seen.has(one)) continue
    const root = cutFree(inCircle(one))
    roots.push(root)
    for (const found of inOrder([root])) {
      seen.add(found)
      order.push(found)
    }
  }
  for (const { parent, below } of order.reverse()) if (parent) parent.below += below + 1
  const first = spans.reduce((least, span) => (span.startNs < least ? span.startNs : least), lastNs)
  const endNs = spans.reduce((most, span) => (span.endNs > most ? span.endNs : most), 0n)
  const tree = { roots, byId, startNs: spans.length === 0 ? 0n : first, endNs }
  markCritical(tree)
  return tree
}

/** Each span with its parent and children, where these are there. */
function linked(spans: readonly Span[]): Map<string, Mutable> {
  const byId = new Map(
    spans.map((span): [string, Mutable] => [
      span.spanId,
      { span, parent: undefined, children: [], below: 0, isCritical: false },
    ]),
  )
  for (const node of byId.values()) {
    const { parentId, spanId } = node.span
    const parent = parentId === undefined || parentId === spanId ? undefined : byId.get(parentId)
    if (!parent) continue
    node.parent = parent
    parent.children.push(node)
  }
  return byId
}

/** The node as a root. */
function cutFree(node: Mutable): Mutable {
  const { parent } = node
  if (parent) parent.children = parent.children.filter((child) => child !== node)
  node.parent = undefined
  return node
}

const lastNs = 2n ** 64n

/** A node of the circle that is above a node without a root. */
function inCircle(node: Mutable): Mutable {
  const seen = new Set<Mutable>()
  let at = node
  for (; at.parent && !seen.has(at); at = at.parent) seen.add(at)
  return at
}

/** Each node before those below it, whatever the depth. */
function inOrder(roots: readonly Mutable[]): Mutable[] {
  const order: Mutable[] = []
  const waiting = roots.toReversed()
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    order.push(node)
    // Not by a spread: a span may have more children than a call takes arguments.
    for (const child of node.children.toReversed()) waiting.push(child)
  }
  return order
}

/** When a span ended; of one that is open, when the trace did. */
export function endOf({ span }: Pick<SpanNode, 'span'>, tree: Pick<SpanTree, 'endNs'>): bigint {
  return span.endNs === 0n ? tree.endNs : span.endNs
}

type Stretch = { readonly children: readonly Mutable[]; readonly endNs: bigint }

/** From the end backward: what ended last, what ended last before that began, and so within each. */
function markCritical(tree: { readonly roots: readonly Mutable[]; readonly endNs: bigint }): void {
  const waiting: Stretch[] = [{ children: tree.roots, endNs: tree.endNs }]
  for (let stretch = waiting.pop(); stretch; stretch = waiting.pop()) {
    const { children, endNs } = stretch
    const cut = children
      .map((node) => ({ node, at: least(endOf(node, tree), endNs) }))
      .sort((a, b) => Number(b.at - a.at))
    let at = endNs
    for (const one of cut) {
      if (one.at > at || one.node.span.startNs > one.at) continue
      one.node.isCritical = true
      at = one.node.span.startNs
      waiting.push({ children: one.node.children, endNs: one.at })
    }
  }
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

/** The spans above a span, the root first. */
export function aboveOf(node: SpanNode): SpanNode[] {
  const above: SpanNode[] = []
  for (let at = node.parent; at; at = at.parent) above.push(at)
  return above.reverse()
}
