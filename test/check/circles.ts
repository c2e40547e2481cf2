import { importsOf, type Sources } from './imports.ts'

/** Files that import each other in a circle, by imports of types too: one line for each circle. */
export function circlesOfFiles(files: Sources): string[] {
  return circles(files, (path) => path)
}

/**
 * Wings of one folder, which are the folders in it, that import each other in a circle. Files beside
 * the wings belong to all of them and to none.
 */
export function circlesOfWings(files: Sources): string[] {
  return circles(files, (path) => {
    const [root, part, wing, file] = path.split('/')
    return file === undefined ? undefined : `${root}/${part}/${wing}`
  })
}

function circles(files: Sources, nodeOf: (path: string) => string | undefined): string[] {
  const edges = new Map<string, Set<string>>()
  for (const { from, to, isOurs } of importsOf(files)) {
    const [a, b] = [nodeOf(from), nodeOf(to)]
    if (!isOurs || a === undefined || b === undefined || a === b) continue
    edges.set(a, (edges.get(a) ?? new Set()).add(b))
  }
  const reached = new Map([...edges.keys()].map((node) => [node, reachable(edges, node)]))
  const isTogether = (a: string, b: string) =>
    reached.get(a)?.has(b) === true && reached.get(b)?.has(a) === true
  const seen = new Set<string>()
  const found: string[] = []
  for (const node of [...edges.keys()].sort()) {
    if (seen.has(node) || !isTogether(node, node)) continue
    const together = [...edges.keys()].filter((other) => isTogether(node, other)).sort()
    for (const other of together) seen.add(other)
    const inside = together.flatMap((a) =>
      together.filter((b) => edges.get(a)?.has(b)).map((b) => `${a} -> ${b}`),
    )
    found.push(`a circle of imports: ${inside.join(', ')}`)
  }
  return found
}

/** What `start` leads to, itself only where a way leads back. */
function reachable(edges: ReadonlyMap<string, ReadonlySet<string>>, start: string): Set<string> {
  const reached = new Set<string>()
  const queue = [...(edges.get(start) ?? [])]
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    if (reached.has(node)) continue
    reached.add(node)
    queue.push(...(edges.get(node) ?? []))
  }
  return reached
}
