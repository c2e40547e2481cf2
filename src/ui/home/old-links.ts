import { workspacePath } from '../../core/names.ts'
import type { AppContext } from '../../http/app-env.ts'
import { serverPrefix } from '../../http/guards/reached.ts'
import { optionalQuery } from '../../http/guards/target.ts'
import { pagePrefix } from '../../http/guards/workspace.ts'
import { numberIn, type Paths, pathsUnder } from '../paths.ts'

/**
 * `GET /old-links?to=`: from an address of MLflow's own page, which is what follows `#` in its links, to
 * the page that means the same; home says so where there is none.
 */
export async function followOldLink(c: AppContext): Promise<Response> {
  const link = optionalQuery(c, 'to') ?? ''
  const to = pathsUnder(prefixOf(c, link))
  return c.redirect(pageOfOldLink(link, to) ?? to.query(to.home, { unknown: 'link' }), 302)
}

/** MLflow's client writes `?workspace=team-a` behind the addresses that it prints. */
function prefixOf(c: AppContext, link: string): string {
  const named = new URLSearchParams(link.split('?', 2)[1]).get('workspace')
  if (named === null || !c.var.ctx.settings.workspaces) return pagePrefix(c)
  return serverPrefix(c) + workspacePath(named)
}

/** @param link such as `/models/fraud/versions/3` */
export function pageOfOldLink(link: string, to: Paths): string | undefined {
  const [path = '', query = ''] = link.split('?', 2)
  const [kind = '', ...parts] = path.split('/').slice(1).map(decodedPart)
  const terms = new URLSearchParams(query)
  switch (kind) {
    case 'experiments':
      return tracesIn(parts, terms, to) ?? experimentOrRun(parts, to)
    case 'metric':
    case 'compare-runs':
      return runsIn({ key: kind === 'metric' ? (parts[0] ?? '') : undefined, terms }, to)
    case 'compare-model-versions':
      return comparison(terms, to)
    case 'prompts':
      return parts[0] ? to.prompt(parts[0]) : to.prompts
    case 'models':
      return modelOrVersion(parts, to)
    default:
      return undefined
  }
}

/** `/experiments`, `/experiments/1`, `/experiments/1/runs/<id>` and `/models/<id>`, and what hangs below these. */
function experimentOrRun(
  [id, below, runId, tab]: readonly string[],
  to: Paths,
): string | undefined {
  if (id === undefined || id === '') return to.experiments
  if (!/^\d{1,15}$/.test(id)) return undefined
  if (below === 'prompts') return runId ? to.prompt(runId) : to.prompts
  if (below === 'models' && runId) return loggedModel(runId, tab, to)
  if (below !== 'runs' || !runId) return to.experiment(Number(id))
  const isCharts = tab === 'model-metrics' || tab === 'system-metrics'
  if (isCharts) return `${to.run(runId)}/charts`
  return tab === 'artifacts' || tab === 'artifactPath' ? `${to.run(runId)}/files` : to.run(runId)
}

/** `/experiments/1/traces`, with one that is open in it, and `/experiments/1/chat-sessions`. */
function tracesIn([id = '', below, session]: readonly string[], terms: URLSearchParams, to: Paths) {
  if (!/^\d{1,15}$/.test(id)) return undefined
  const open = terms.get('selectedEvaluationId') ?? terms.get('selectedTraceId')
  if (below === 'traces') return open ? to.trace(open) : to.traces(Number(id))
  if (below !== 'chat-sessions') return undefined
  return session ? to.session(Number(id), session) : to.sessions(Number(id))
}

function loggedModel(modelId: string, tab: string | undefined, to: Paths): string {
  const page = to.loggedModel(modelId)
  return tab === 'artifacts' ? `${page}/files` : page
}

function modelOrVersion([name, versions, number]: readonly string[], to: Paths): string {
  if (name === undefined || name === '') return to.models
  const version = versions === 'versions' ? numberIn(number) : undefined
  return version === undefined ? to.model(name) : to.version(name, version)
}

/** `/compare-runs?runs=["<id>",...]`, and `/metric/<key>?runs=[...]`, each value as JSON. */
function runsIn(
  { key, terms }: { readonly key: string | undefined; readonly terms: URLSearchParams },
  to: Paths,
): string | undefined {
  const runs = parsedJson(terms.get('runs'))
  const given = parsedJson(terms.get('metric'))
  const metric = key === undefined ? undefined : typeof given === 'string' ? given : key
  if (!Array.isArray(runs)) return undefined
  const ids = runs.filter((id) => typeof id === 'string')
  const [only] = ids
  if (only === undefined) return undefined
  if (ids.length === 1) {
    return key === undefined ? to.run(only) : to.query(`${to.run(only)}/charts`, { metric })
  }
  const address = to.compareRuns(ids)
  return metric ? `${address}&metric=${encodeURIComponent(metric)}` : address
}

/** `?name="fraud"&runs={"3":"<run id>",...}`, each value as JSON; before 3.17 the other way round. */
function comparison(query: URLSearchParams, to: Paths): string | undefined {
  const name = parsedJson(query.get('name'))
  const runs = parsedJson(query.get('runs'))
  if (typeof name !== 'string' || typeof runs !== 'object' || runs === null) return undefined
  const versions = Object.entries(runs).flatMap(
    ([key, value]) => numberIn(key) ?? numberIn(String(value)) ?? [],
  )
  return versions.length > 1 ? to.compare(name, versions) : to.model(name)
}

function parsedJson(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null')
  } catch {
    // Somebody shortened the link; it leads to no page.
    return undefined
  }
}

function decodedPart(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** What home says after a link that led nowhere. */
export function noticeOf(kind: string | undefined): string | undefined {
  return kind === undefined
    ? undefined
    : 'The link that you followed leads to no page of this server.'
}
