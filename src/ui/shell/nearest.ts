import { nearestOf } from '../../core/names.ts'
import type { AppContext } from '../../http/app-env.ts'
import { searchRegisteredModels } from '../../registry/models/search-models.ts'

const shownMax = 3
const readMax = 200

/** Names of models near the one that the address names, the nearest first; only those that the caller may read. */
export async function findNearest(c: AppContext): Promise<string[]> {
  const name = /\/models\/([^/]+)/.exec(c.req.path)?.[1]
  if (name === undefined) return []
  const wanted = decoded(name).slice(0, charsMax)
  // A name with another beginning is hardly what somebody meant to type.
  const start = [...wanted].slice(0, 2).join('')
  if (!/^[\p{L}\p{N}]+$/u.test(start)) return []
  const { items } = await searchRegisteredModels(c.var.ctx, {
    filter: `name ILIKE '${start}%'`,
    orderBy: [],
    maxResults: readMax,
    pageToken: undefined,
  })
  const names = items.map((model) => model.name)
  const nearest: string[] = []
  while (nearest.length < shownMax) {
    const found = nearestOf(
      wanted,
      names.filter((one) => !nearest.includes(one)),
    )
    if (found === undefined) break
    nearest.push(found)
  }
  return nearest
}

const charsMax = 100

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
