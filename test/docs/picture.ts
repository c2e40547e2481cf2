import { importsOf, type Sources } from '../check/imports.ts'

/** What each part of src/ holds, in the order in which parts may import each other. */
const parts: Readonly<Record<string, string>> = {
  core: 'errors, ids, page tokens',
  db: 'the port Database, SQL templates',
  router: 'which version answers a request, shadows, counts',
  platform: 'ports, settings, adapters',
  search: 'filter grammar, keyset pages',
  audit: 'the audit log, its seals',
  access: 'accounts, sign-in, permissions',
  artifacts: 'paths, blobs, manifests',
  tracking: 'experiments, runs, logged models',
  traces: 'traces, spans, assessments',
  judging: 'scorers, issues, review queues',
  registry: 'models, versions, stages, aliases',
  attestations: 'what others signed about versions, keys that are trusted',
  governance: 'policies, promotions, cards',
  bundles: 'what leaves the server with its evidence',
  transfer: 'taking other servers over',
  webhooks: 'events, webhooks, deliveries',
  serving: 'what a URI means, watches',
  workspaces: 'workspaces, who enters them',
  retention: 'versions that nobody needs',
  find: 'what somebody means by words',
  'background.ts': 'what follows a reply',
  http: 'guards, errors, files',
  mlflow: "MLflow's REST surface",
  dialects: 'what clients of other hubs speak',
  api: 'our own surface, /api/v1',
  ui: 'pages',
  client: 'the typed client',
  'app.ts': 'routes, one error handler',
  'worker.ts': 'Workers: D1, R2',
  'router-worker.ts': 'Workers: the router by itself',
  'node.ts': 'Node: libSQL, disk or S3',
  cli: 'the command line',
}

/**
 * The parts of src/ and their imports as a mermaid picture. An arrow points at what is imported; one
 * is left out where other arrows lead there too.
 *
 * @throws a part that has no words here
 */
export function importPicture(files: Sources): string {
  const edges = new Map<string, Set<string>>()
  for (const { from, to, isOurs } of importsOf(files)) {
    const [a = '', b = ''] = [from, to].map((path) => path.split('/')[1])
    if (!isOurs || !to.startsWith('src/') || a === b) continue
    edges.set(a, (edges.get(a) ?? new Set()).add(b))
  }
  const names = Object.keys(parts)
  const strange = [...edges.keys()].filter((name) => !names.includes(name))
  if (strange.length > 0) throw new Error(`no words for ${strange.join(', ')}`)
  const nodes = [...names]
    .reverse()
    .map((name) => `  ${id(name)}["src/${name}<br/>${parts[name]}"]`)
  const arrows = [...names].reverse().flatMap((a) => {
    const direct = [...(edges.get(a) ?? [])]
    const kept = direct.filter((b) => !direct.some((via) => via !== b && leads(edges, via, b)))
    const targets = kept.sort((b, c) => names.indexOf(c) - names.indexOf(b)).map(id)
    return targets.length > 0 ? [`  ${id(a)} --> ${targets.join(' & ')}`] : []
  })
  return ['```mermaid', 'flowchart TD', ...nodes, ...arrows, '```'].join('\n')
}

/** The order holds (the check of imports sees to it), so this ends. */
function leads(edges: ReadonlyMap<string, ReadonlySet<string>>, from: string, to: string): boolean {
  const next = edges.get(from) ?? new Set<string>()
  return next.has(to) || [...next].some((via) => leads(edges, via, to))
}

function id(name: string): string {
  return name.replace('.ts', '')
}
