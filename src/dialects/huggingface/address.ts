/** What a path below `/hf` asks for. */
export type HubAddress = { readonly owner?: string; readonly name: string } & (
  | { readonly ask: 'info' | 'refs' | 'auth-check' }
  | { readonly ask: 'revision' | 'commits' | 'paths-info'; readonly revision: string }
  | { readonly ask: 'tree' | 'resolve'; readonly revision: string; readonly path: string }
)

/** Of models, behind their name. */
const asks = ['revision', 'tree', 'refs', 'commits', 'paths-info', 'auth-check'] as const
type Ask = (typeof asks)[number]

/**
 * Read what follows `/hf` in a path: parts with a slash between them, each percent-encoded by itself, so
 * that a revision may have a slash in it.
 *
 * @returns undefined: nothing that is served
 */
export function parseHubAddress(path: string): HubAddress | undefined {
  const parts = decodeParts(path.split('/').slice(1))
  if (!parts) return undefined
  if (parts[0] === 'api') return parts[1] === 'models' ? parseApi(parts.slice(2)) : undefined
  const at = [2, 1].find((place) => parts[place] === 'resolve')
  if (at === undefined) return undefined
  const [revision, ...file] = parts.slice(at + 1)
  if (!revision || file.length === 0) return undefined
  return { ...idOf(parts.slice(0, at)), ask: 'resolve', revision, path: file.join('/') }
}

function parseApi(parts: readonly string[]): HubAddress | undefined {
  // `default/refs` is a model of that name, and `fraud/refs` asks for those of `fraud`.
  const at = [2, 1].find((place) => isAsk(parts[place]))
  if (at === undefined || (at === 1 && parts.length === 2 && parts[0] === 'default')) {
    return parts.length <= 2 && parts[0] ? { ...idOf(parts), ask: 'info' } : undefined
  }
  const ask = parts[at]
  const [revision, ...rest] = parts.slice(at + 1)
  const id = idOf(parts.slice(0, at))
  if (ask === 'refs' || ask === 'auth-check') {
    return revision === undefined ? { ...id, ask } : undefined
  }
  if (!revision || !isAsk(ask)) return undefined
  if (ask === 'tree') return { ...id, ask, revision, path: rest.join('/').replace(/\/$/, '') }
  return rest.length === 0 ? { ...id, ask, revision } : undefined
}

function isAsk(part: string | undefined): part is Ask {
  return asks.some((ask) => ask === part)
}

function idOf(parts: readonly string[]): { readonly owner?: string; readonly name: string } {
  const [first = '', second] = parts
  return second === undefined ? { name: first } : { owner: first, name: second }
}

/** Text that no database chokes on; undefined where escapes are no UTF-8. */
function decodeParts(parts: readonly string[]): readonly string[] | undefined {
  try {
    const texts = parts.map(decodeURIComponent)
    return texts.some((text) => text.includes('\0')) ? undefined : texts
  } catch (err) {
    if (err instanceof URIError) return undefined
    throw err
  }
}
