import type { AppContext } from '../../http/app-env.ts'
import { ownCookie, setOwnCookie } from '../../http/session-cookie.ts'
import type { Experiment } from '../../tracking/experiments/experiment.ts'
import { searchExperiments } from '../../tracking/experiments/search-experiments.ts'

const cookie = 'gatehouse_recent'
const maxAgeS = 400 * 86_400

/** More than are shown, since a browser may go through several workspaces. */
const keptMax = 12
const shownMax = 3

/** Ids of the experiments that this browser opened, the last one first; what is no id counts as nothing. */
function recentIdsOf(c: AppContext): number[] {
  const ids = (ownCookie(c, cookie) ?? '').split('.').filter((id) => /^\d{1,15}$/.test(id))
  return [...new Set(ids.map(Number))].slice(0, keptMax)
}

/** Keep in this browser that somebody opened an experiment; a page that reads itself anew opens nothing. */
export function keepRecent(c: AppContext, id: number): void {
  const purpose = c.req.header('sec-fetch-dest') ?? 'document'
  const ids = recentIdsOf(c)
  if (purpose !== 'document' || ids[0] === id) return
  const kept = [id, ...ids.filter((other) => other !== id)].slice(0, keptMax)
  setOwnCookie(c, cookie, { value: kept.join('.'), maxAgeS })
}

/**
 * The experiments that this browser opened last, by the names that they have now: active ones of the workspace,
 * which the caller may read.
 */
export async function readRecent(c: AppContext): Promise<readonly Experiment[]> {
  const ids = recentIdsOf(c)
  if (ids.length === 0) return []
  const { items } = await searchExperiments(c.var.ctx, {
    filter: `experiment_id IN (${ids.map((id) => `'${id}'`).join(', ')})`,
    orderBy: [],
    maxResults: keptMax,
  })
  return items.toSorted((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id)).slice(0, shownMax)
}
