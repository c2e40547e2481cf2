import { type ExactJson, exactJsonOf } from '../../../core/exact-json.ts'
import { inputsKey, outputsKey } from '../trace/span-panel.tsx'
import type { SpanNode, SpanTree } from '../trace/span-tree.ts'

/** The spans of two traces at one place; where one has none there, it is undefined. */
export type SpanPair = {
  readonly depth: number
  readonly first: SpanNode | undefined
  readonly second: SpanNode | undefined
}

/**
 * The spans of two traces beside each other, by place and name: within two spans that belong together, the
 * first of a name belongs to the first of that name, and so on. In the order of the first trace; what only
 * the second has follows its siblings.
 */
export function alignSpans(first: SpanTree, second: SpanTree): readonly SpanPair[] {
  const pairs: SpanPair[] = []
  const waiting = pairsOf(first.roots, second.roots, 0).toReversed()
  for (let pair = waiting.pop(); pair; pair = waiting.pop()) {
    pairs.push(pair)
    const { first: a, second: b, depth } = pair
    const below = pairsOf(a?.children ?? [], b?.children ?? [], depth + 1)
    for (const one of below.toReversed()) waiting.push(one)
  }
  return pairs
}

function pairsOf(
  first: readonly SpanNode[],
  second: readonly SpanNode[],
  depth: number,
): readonly SpanPair[] {
  const byName = Map.groupBy(second, ({ span }) => span.name)
  const places = new Map<string, number>()
  const taken = new Set<SpanNode>()
  const pairs = first.map((node): SpanPair => {
    const { name } = node.span
    const place = places.get(name) ?? 0
    places.set(name, place + 1)
    const other = byName.get(name)?.[place]
    if (other) taken.add(other)
    return { depth, first: node, second: other }
  })
  const others = second.filter((node) => !taken.has(node))
  return [...pairs, ...others.map((node): SpanPair => ({ depth, first: undefined, second: node }))]
}

/** What of two spans is not the same, but for their times. */
export function differencesIn({ first, second }: SpanPair): readonly string[] {
  if (!first) return ['only in the second']
  if (!second) return ['only in the first']
  const [a, b] = [first.span, second.span]
  const differs = (key: string) => textOf(a.attributes[key]) !== textOf(b.attributes[key])
  return [
    ...(a.status !== b.status ? ['status'] : []),
    ...(differs('mlflow.spanType') ? ['type'] : []),
    ...(differs(inputsKey) ? ['inputs'] : []),
    ...(differs(outputsKey) ? ['outputs'] : []),
  ]
}

function textOf(value: ExactJson | undefined): string | undefined {
  return value === undefined ? undefined : exactJsonOf(value)
}
