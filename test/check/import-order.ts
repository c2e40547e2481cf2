import { type Import, importsOf, type Sources } from './imports.ts'

/**
 * The folders and files directly in src/, from the first to the last. Each may import what stands
 * before it; what stands on one line may not import each other.
 */
const order: readonly (readonly string[])[] = [
  ['core'],
  ['db', 'router'],
  ['platform'],
  ['search'],
  ['audit'],
  ['access'],
  ['artifacts'],
  ['tracking'],
  ['traces'],
  ['judging'],
  ['registry'],
  ['attestations'],
  ['governance'],
  ['bundles', 'transfer'],
  ['webhooks'],
  ['serving', 'workspaces'],
  ['retention'],
  ['find'],
  ['background.ts'],
  ['http'],
  ['mlflow', 'api', 'ui', 'dialects'],
  ['client', 'app.ts'],
  ['worker.ts', 'router-worker.ts', 'node.ts'],
  ['cli'],
]

const surfaces = ['mlflow', 'api', 'ui', 'dialects', 'client', 'cli', 'app.ts']
const nodeSide = ['platform/node', 'node.ts', 'cli']
const workersSide = ['platform/workers', 'worker.ts']

/** Packages that only some places may import; every other may be imported anywhere. */
const packages: readonly { names: RegExp; places: readonly string[]; reason: string }[] = [
  {
    names: /^(node:.*|@hono\/node-server|libsql|@libsql\/.*|prom-client|@opentelemetry\/.*)$/,
    places: nodeSide,
    reason: 'only adapters and entries know a runtime or a driver; ask a port',
  },
  {
    names: /^(cloudflare:.*|@cloudflare\/.*)$/,
    places: workersSide,
    reason: 'only adapters and entries know a runtime or a driver; ask a port',
  },
  {
    names: /^aws4fetch$/,
    places: ['platform/s3'],
    reason: 'only adapters know a store; ask a port',
  },
  { names: /^commander$/, places: ['cli'], reason: 'only the command line reads arguments' },
  {
    names: /^hono(\/.*)?$/,
    places: [
      ...['platform/node', 'http', 'mlflow', 'api', 'ui', 'dialects'],
      ...['app.ts', 'node.ts', 'worker.ts'],
    ],
    reason: 'capabilities know no HTTP',
  },
]

/** Adapters, and who chooses them. */
const adapters: readonly { folder: string; places: readonly string[] }[] = [
  { folder: 'platform/node', places: nodeSide },
  { folder: 'platform/workers', places: workersSide },
]

/** A line for each import in src/ that goes against the order or a rule: `src/a.ts:1: imports b: why`. */
export function importsOutOfOrder(files: Sources): string[] {
  return importsOf(files).flatMap((found) => {
    const reason = found.isOurs ? against(found) : againstPackages(found)
    return reason ? [`${found.from}:${found.line}: imports ${found.to}: ${reason}`] : []
  })
}

function against({ from, to }: Import): string | undefined {
  if (partOf(from) === 'cli' && to === 'package.json') return undefined
  // The list of migrations, which a database must have, and what they make of an empty one.
  if (partOf(from) === 'db' && /^drizzle\/(migrations|schema)\.json$/.test(to)) return undefined
  if (!to.startsWith('src/')) return 'src/ imports only what is in it'
  return againstRules(from, to) ?? againstOrder(partOf(from), partOf(to))
}

function againstRules(from: string, to: string): string | undefined {
  const [mine, theirs] = [partOf(from), partOf(to)]
  const adapter = adapters.find(({ folder }) => isIn(to, [folder]))
  if (adapter && !isIn(from, adapter.places))
    return 'only the entries choose an adapter; ask a port'
  if (mine === 'cli' && theirs === 'worker.ts') return 'the command line runs on Node'
  if (isIn(from, surfaces) && (theirs === 'db' || to.endsWith('/tables.ts'))) {
    return 'surfaces write no SQL; call a capability'
  }
  if (mine === 'client' && theirs !== 'client' && theirs !== 'api') {
    return 'the client holds declarations of api/ alone'
  }
  return undefined
}

function againstOrder(mine: string, theirs: string): string | undefined {
  const [place, other] = [rankOf(mine), rankOf(theirs)]
  if (place < 0 || other < 0) return 'a folder that the order lacks; give it a place there'
  return mine !== theirs && other >= place ? `imports point one way: ${describeOrder()}` : undefined
}

function againstPackages({ from, to }: Import): string | undefined {
  if (/^drizzle-orm(\/|$)/.test(to)) {
    return isIn(from, surfaces) ? 'surfaces write no SQL; call a capability' : undefined
  }
  const rule = packages.find(({ names }) => names.test(to))
  return rule && !isIn(from, rule.places) ? rule.reason : undefined
}

/** The order in one line, as the documentation has it. */
export function describeOrder(): string {
  return order.map((parts) => parts.map((part) => part.replace('.ts', '')).join(', ')).join(' <- ')
}

/** The folder or file directly in src/ that `path` belongs to. */
function partOf(path: string): string {
  return path.split('/')[1] ?? ''
}

function rankOf(part: string): number {
  return order.findIndex((parts) => parts.includes(part))
}

function isIn(path: string, places: readonly string[]): boolean {
  return places.some((place) => path === `src/${place}` || path.startsWith(`src/${place}/`))
}
