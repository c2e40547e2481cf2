import type { AppContext } from '../../http/app-env.ts'
import { optionalQuery } from '../../http/guards/target.ts'
import { pagePrefix } from '../../http/guards/workspace.ts'
import { numberIn, type Paths, pathsUnder } from '../paths.ts'

/**
 * `GET /old-links?to=`: from an address of MLflow's own page, which is what follows `#` in its links, to
 * the page that means the same; home says so where there is none.
 */
export async function followOldLink(c: AppContext): Promise<Response> {
  const to = pathsUnder(pagePrefix(c))
  const link = optionalQuery(c, 'to') ?? ''
  return c.redirect(pageOfOldLink(link, to) ?? to.query(to.home, { unknown: kindOf(link) }), 302)
}

/** @param link such as `/models/fraud/versions/3` */
export function pageOfOldLink(link: string, to: Paths): string | undefined {
  const [path = '', query = ''] = link.split('?', 2)
  const parts = path.split('/').slice(1).map(decodedPart)
  const [kind, name, versions, number] = parts
  if (kind === 'compare-model-versions') return comparison(new URLSearchParams(query), to)
  if (kind !== 'models') return undefined
  if (name === undefined || name === '') return to.models
  const version = versions === 'versions' ? numberIn(number) : undefined
  return version === undefined ? to.model(name) : to.version(name, version)
}

/** `?name="fraud"&runs={"<run id>":"3",...}`, each value as JSON. */
function comparison(query: URLSearchParams, to: Paths): string | undefined {
  const name = parsedJson(query.get('name'))
  const runs = parsedJson(query.get('runs'))
  if (typeof name !== 'string' || typeof runs !== 'object' || runs === null) return undefined
  const versions = Object.values(runs).flatMap((version) => numberIn(String(version)) ?? [])
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

const notices = {
  experiments:
    'Experiments and runs have no pages here yet. Their data is in the API, and in MLflow’s client.',
  other: 'The link that you followed leads to no page of this server.',
} as const

function kindOf(link: string): keyof typeof notices {
  return /^\/(experiments|compare-runs|compare-experiments|metric|runs)\b/.test(link)
    ? 'experiments'
    : 'other'
}

/** What home says after a link that led nowhere. */
export function noticeOf(kind: string | undefined): string | undefined {
  if (kind === undefined) return undefined
  return kind === 'experiments' ? notices.experiments : notices.other
}
